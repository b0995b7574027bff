import Text

/// The first words of a prompt, for logs that may hold them.
enum PromptPreview {
  /// Longest preview in characters, the "..." behind it not counted.
  private static let limit = 100

  /// The beginning of the first user message's text; its text parts joined by blanks. Empty if there
  /// is none. `messages`: the request's array of them.
  static func make(_ body: Span<UInt8>, messages: JSONNode) -> String {
    let bytes = body.extracting(messages.range).withUnsafeBufferPointer { Array($0) }
    guard let document = JSONDocument(bytes) else { return "" }
    var text: String?
    document.forEachElement(document.root) { message in
      guard text == nil, document.equals(document.member(message, "role"), "user") else { return }
      text = self.text(document, document.member(message, "content"))
    }
    guard let text else { return "" }
    let start = text.prefix(limit)
    return start.endIndex == text.endIndex ? text : start + "..."
  }

  private static func text(_ document: JSONDocument, _ content: JSONNode?) -> String {
    if let whole = document.string(content) { return String(decoding: whole, as: UTF8.self) }
    var parts: [String] = []
    document.forEachElement(content) { part in
      guard let text = document.string(document.member(part, "text")) else { return }
      parts.append(String(decoding: text, as: UTF8.self))
    }
    return parts.joined(separator: " ")
  }
}

import Config
import Text

/// The JSON object of an administrator's request. Every mistake names the member and what it may be.
struct AdminBody {
  private let document: JSONDocument
  private let values: [String: JSONNode]

  /// Reads `bytes`, which must be one object with no other members than these, each once.
  init(_ bytes: [UInt8], members: [String]) throws(AdminError) {
    do {
      document = try JSONDocument.parse(bytes)
    } catch {
      throw .bad("The body is not valid JSON: \(error.message) at byte \(error.offset).")
    }
    guard document.root.kind == .object else { throw .bad("The body is not a JSON object.") }
    var values: [String: JSONNode] = [:]
    var fault: AdminError?
    document.forEachMember(document.root) { [document] key, value in
      let name = String(decoding: document.string(key) ?? [], as: UTF8.self)
      if !members.contains(name) {
        let hint = Suggestion.hint(for: name, among: members)
        fault = .bad(
          "There is no member '\(name.prefix(100))'.\(hint) Known are"
            + " \(members.joined(separator: ", ")).")
      } else if values.updateValue(value, forKey: name) != nil {
        fault = .bad("'\(name)' stands there twice; give it once.")
      }
    }
    if let fault { throw fault }
    self.values = values
  }

  /// A text of 1 to 512 bytes without control characters; nil if it is absent or null.
  func text(_ name: String) throws(AdminError) -> String? {
    guard let node = present(name) else { return nil }
    guard let bytes = document.string(node), (1...512).contains(bytes.count),
      bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { throw .bad("'\(name)' must be a text of 1 to 512 letters.") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A whole number within `range`; nil if it is absent or null.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(AdminError) -> Int? {
    guard let node = present(name) else { return nil }
    guard let number = document.integer(node), let value = Int(exactly: number),
      range.contains(value)
    else {
      throw .bad(
        "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  /// One of the words of an enumeration; nil if it is absent or null.
  func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, as type: Word.Type
  ) throws(AdminError) -> Word? where Word.RawValue == String {
    guard let text = try text(name) else { return nil }
    if let word = Word(rawValue: text.lowercased()) { return word }
    let words = Word.allCases.map(\.rawValue)
    let hint = Suggestion.hint(for: text, among: words)
    throw .bad("'\(name)' must be one of \(words.joined(separator: ", ")).\(hint)")
  }

  private func present(_ name: String) -> JSONNode? {
    values[name].flatMap { $0.kind == .null ? nil : $0 }
  }
}

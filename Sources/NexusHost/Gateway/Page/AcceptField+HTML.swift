import Text

extension AcceptField {
  /// Whether a field names HTML, and likes it as well as plain text. Programs that take everything did
  /// not ask for a page.
  static func prefersHTML(_ field: String) -> Bool {
    let html = quality(in: field) { type, _ in
      type == "text/html" || type == "application/xhtml+xml"
    }
    return html > 0 && html >= quality(in: field) { type, _ in type == "text/plain" }
  }
}

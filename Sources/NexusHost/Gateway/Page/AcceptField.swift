/// What a client wants to read (RFC 9110 §12.5.1).
enum AcceptField {
  /// Whether it names HTML, and likes it as well as plain text. Programs that take everything did not
  /// ask for a page.
  static func prefersHTML(_ accept: String) -> Bool {
    var html = 0.0
    var plain = 0.0
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard let type = parts.first?.lowercased() else { continue }
      let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
      let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      switch type {
      case "text/html", "application/xhtml+xml": html = max(html, quality)
      case "text/plain": plain = max(plain, quality)
      default: break
      }
    }
    return html > 0 && html >= plain
  }
}

/// Shows a place of a text file with its line, as compilers do.
///
/// ```
/// nexus.toml:12:8: Text stands in quotes; write type = "ollama".
///   12 | type = ollama
///      |        ^^^^^^
/// ```
public enum SourceExcerpt {
  /// How many characters of a line are shown on each side of the place.
  private static let reach = 60

  /// Three lines, or four with a hint; the last without a line feed. Control characters and what
  /// turns the direction of writing are shown as "?", tabs as they are. A line too long for a
  /// terminal is cut around the place. Any place is taken, also one outside of the bytes.
  public static func render(
    file: String, bytes: [UInt8], place: TOMLPlace, message: String, hint: String? = nil
  ) -> String {
    let window = Window(bytes, place)
    let number = String(place.line)
    let margin = String(repeating: " ", count: number.utf8.count)
    var text = "\(file):\(place.line):\(place.column): \(message)\n"
    text += "  \(number) | \(window.line)\n"
    text += "  \(margin) | \(window.carets)"
    if let hint { text += "\n  \(margin) = \(hint)" }
    return text
  }

  /// A text of the file as a part of a message: on one line, cut where it gets long, with "?" for
  /// what a terminal does not show as a sign of its own.
  public static func word(_ text: String) -> String {
    let scalars = text.unicodeScalars
    var shown = ""
    shown.unicodeScalars.append(
      contentsOf: scalars.prefix(reach).lazy.map { TOMLCharacter.isVisible($0) ? $0 : "?" })
    return scalars.dropFirst(reach).isEmpty ? shown : shown + "…"
  }

  /// The part of a line that is shown, and what points at the place below it.
  private struct Window {
    var line = ""
    var carets = ""

    init(_ bytes: [UInt8], _ place: TOMLPlace) {
      let start = min(max(place.bytes.lowerBound, 0), bytes.count)
      let lineStart = Self.start(of: start, in: bytes)
      let lineEnd = Self.end(of: start, in: bytes)
      let end = min(max(place.bytes.upperBound, start), lineEnd)
      let before = Self.shown(bytes[lineStart..<start])
      let marked = Self.shown(bytes[start..<end])
      let after = Self.shown(bytes[end..<lineEnd])

      let isCutBefore = before.count > SourceExcerpt.reach || Self.isCut(lineStart, in: bytes)
      let head = isCutBefore ? ["…"] + before.suffix(SourceExcerpt.reach) : before
      let tail = (marked + after).prefix(SourceExcerpt.reach)
      let isCutAfter = tail.count < marked.count + after.count
      let width = max(1, min(marked.count, tail.count))
      line = Self.text(head + tail) + (isCutAfter ? "…" : "")
      carets = Self.text(head.map { $0 == "\t" ? "\t" : " " })
      carets += String(repeating: "^", count: width)
    }

    /// The start of the line, or a character well outside of what can be shown.
    private static func start(of offset: Int, in bytes: [UInt8]) -> Int {
      var start = offset
      while start > 0, bytes[start - 1] != .lineFeed, offset - start < SourceExcerpt.reach * 8 {
        start -= 1
      }
      while start < offset, bytes[start] & 0xC0 == 0x80 { start += 1 }
      return start
    }

    /// The end of the line without carriage return, or a byte well outside of what can be shown.
    private static func end(of offset: Int, in bytes: [UInt8]) -> Int {
      var end = offset
      while end < bytes.count, bytes[end] != .lineFeed, end - offset < SourceExcerpt.reach * 8 {
        end += 1
      }
      let isReturn = end > offset && bytes[end - 1] == .carriageReturn
      return isReturn && (end == bytes.count || bytes[end] == .lineFeed) ? end - 1 : end
    }

    private static func isCut(_ start: Int, in bytes: [UInt8]) -> Bool {
      start > 0 && bytes[start - 1] != .lineFeed
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
      String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
        scalar == "\t" || TOMLCharacter.isVisible(scalar) ? scalar : "?"
      }
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      return text
    }
  }
}

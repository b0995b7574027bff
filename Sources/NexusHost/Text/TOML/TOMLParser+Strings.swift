/// Strings (TOML 1.0 "String").
extension TOMLParser {
  /// A string that is being read.
  private struct Quoted {
    let start: TOMLCursor.Mark
    let quote: UInt8
    let isMultiLine: Bool
    /// How many faults there were before it.
    let told: Int
    var bytes: [UInt8] = []
    /// One fault tells the matter with backslashes.
    var hasBadEscape = false

    var isLiteral: Bool { quote == UInt8(ascii: "'") }
    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// The string that starts with the quotes at the cursor. Odd characters and escapes in it are
  /// noted and passed over; only a string without an end throws.
  mutating func string() throws(Skip) -> String {
    let quote = cursor.peek ?? 0
    let isMultiLine = cursor.peek(1) == quote && cursor.peek(2) == quote
    var quoted = Quoted(
      start: cursor.mark(), quote: quote, isMultiLine: isMultiLine, told: faults.count)
    if isMultiLine {
      try readMultiLine(&quoted)
    } else {
      try readSingleLine(&quoted)
    }
    return quoted.text
  }

  private mutating func readSingleLine(_ quoted: inout Quoted) throws(Skip) {
    cursor.advance()
    while true {
      readPlain(&quoted)
      if cursor.take(quoted.quote) { return }
      if cursor.isAtLineEnd { throw unclosed(quoted) }
      readOdd(&quoted)
    }
  }

  private mutating func readMultiLine(_ quoted: inout Quoted) throws(Skip) {
    cursor.advance(3)
    _ = cursor.takeNewline()
    while true {
      readPlain(&quoted)
      if cursor.isAtEnd { throw unclosed(quoted) }
      if cursor.takeNewline() {
        quoted.bytes.append(.lineFeed)
      } else if cursor.peek == quoted.quote {
        // Up to two quotes may stand before the three that close.
        let count = (0..<5).first { cursor.peek($0) != quoted.quote } ?? 5
        cursor.advance(count)
        let inside = count < 3 ? count : count - 3
        quoted.bytes += repeatElement(quoted.quote, count: inside)
        if count >= 3 { return }
      } else {
        readOdd(&quoted)
      }
    }
  }

  private mutating func unclosed(_ quoted: Quoted) -> Skip {
    let sign = Unicode.Scalar(quoted.quote)
    forgetFaults(after: quoted.told)
    if quoted.isMultiLine {
      cursor.rewind(to: quoted.start)
      let place = quoted.start.upTo(cursor.offset + 3)
      note(place, "The closing quotes \(sign)\(sign)\(sign) are missing.")
      return .toEntry
    }
    let isEscaped = cursor.peek(-1) == quoted.quote && cursor.peek(-2) == UInt8(ascii: "\\")
    let hint =
      isEscaped && !quoted.isLiteral
      ? "; the backslash before the last one makes it a part of the text. "
        + "Single quotes take backslashes as they are."
      : "."
    note(
      cursor.place(from: quoted.start), "The closing quote \(sign) is missing on this line\(hint)")
    return .value
  }

  private mutating func readPlain(_ quoted: inout Quoted) {
    let start = cursor.offset
    let quote = quoted.quote
    cursor.skip {
      $0 == quote || $0 == UInt8(ascii: "\\") || ($0 < .space && $0 != .tab) || $0 == 0x7F
    }
    quoted.bytes += cursor.bytes[start..<cursor.offset]
  }

  /// A backslash or control character.
  private mutating func readOdd(_ quoted: inout Quoted) {
    if cursor.peek == .carriageReturn {
      takeLoneReturn()
    } else if cursor.peek != UInt8(ascii: "\\") {
      readControl(quoted)
    } else if quoted.isLiteral {
      quoted.bytes.append(UInt8(ascii: "\\"))
      cursor.advance()
    } else if quoted.isMultiLine, lineEndsAfterBackslash {
      cursor.advance()
      repeat { cursor.skipBlanks() } while cursor.takeNewline()
    } else {
      readEscape(&quoted)
    }
  }

  private mutating func readControl(_ quoted: Quoted) {
    let start = cursor.mark()
    let name = TOMLCharacter.name(cursor.bytes, at: cursor.offset)
    let how = quoted.isLiteral ? "delete it" : "write \\u\(name.dropFirst(2)) or delete it"
    note(start.upTo(start.offset + 1), "The control character \(name) is not allowed; \(how).")
    cursor.advance()
  }

  private var lineEndsAfterBackslash: Bool {
    var ahead = cursor
    ahead.advance()
    ahead.skipBlanks()
    return ahead.isAtLineEnd && !ahead.isAtEnd
  }

  // MARK: escapes

  private mutating func readEscape(_ quoted: inout Quoted) {
    let start = cursor.mark()
    cursor.advance()
    let letter = cursor.peek ?? 0
    switch letter {
    case UInt8(ascii: "b"): quoted.bytes.append(8)
    case UInt8(ascii: "t"): quoted.bytes.append(.tab)
    case UInt8(ascii: "n"): quoted.bytes.append(.lineFeed)
    case UInt8(ascii: "f"): quoted.bytes.append(12)
    case UInt8(ascii: "r"): quoted.bytes.append(.carriageReturn)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted.bytes.append(letter)
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      cursor.advance()
      readCodePoint(start, digits: letter == UInt8(ascii: "u") ? 4 : 8, &quoted)
      return
    default:
      let end = cursor.isAtLineEnd ? cursor.offset : cursor.offset + characterLength
      noteEscape(
        start.upTo(end),
        "A backslash starts an escape, and this is none; write two backslashes for one, or put "
          + "the text in single quotes.", &quoted)
      return
    }
    cursor.advance()
  }

  /// The digits of `\uXXXX` or `\UXXXXXXXX`.
  private mutating func readCodePoint(
    _ start: TOMLCursor.Mark, digits: Int, _ quoted: inout Quoted
  ) {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = cursor.peek.flatMap(JSONLexer.hexDigit) else {
        noteEscape(
          cursor.place(from: start),
          "\(digits) hexadecimal digits belong here; if this is a backslash of a path, write two, "
            + "or put the path in single quotes.", &quoted)
        return
      }
      value = value &<< 4 | digit
      cursor.advance()
    }
    if Unicode.Scalar(value) == nil {
      noteEscape(cursor.place(from: start), "There is no character with this number.", &quoted)
    } else {
      UTF8Sequence.append(value, to: &quoted.bytes)
    }
  }

  private mutating func noteEscape(
    _ place: TOMLPlace, _ message: String, _ quoted: inout Quoted
  ) {
    if !quoted.hasBadEscape { note(place, message) }
    quoted.hasBadEscape = true
  }
}

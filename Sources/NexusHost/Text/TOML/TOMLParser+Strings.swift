/// Strings (TOML 1.0 "String").
extension TOMLParser {
  /// The string that starts with the quotes at the cursor. Odd characters and escapes in it are
  /// noted and passed over; only a string without an end throws.
  mutating func string() throws(Skip) -> String {
    let quote = cursor.peek ?? 0
    if cursor.peek(1) == quote, cursor.peek(2) == quote { return try multiLineString(quote) }
    let start = cursor.mark()
    cursor.advance()
    var text: [UInt8] = []
    while true {
      appendPlain(quote, to: &text)
      if cursor.take(quote) { return String(decoding: text, as: UTF8.self) }
      if cursor.isAtLineEnd {
        let sign = Unicode.Scalar(quote)
        note(start.upTo(cursor.offset), "The closing quote \(sign) is missing on this line.")
        throw .value
      }
      readOdd(quote, isMultiLine: false, into: &text)
    }
  }

  private mutating func multiLineString(_ quote: UInt8) throws(Skip) -> String {
    let start = cursor.mark()
    cursor.advance(3)
    _ = cursor.takeNewline()
    var text: [UInt8] = []
    while true {
      appendPlain(quote, to: &text)
      if cursor.isAtEnd {
        let signs = String(repeating: Character(Unicode.Scalar(quote)), count: 3)
        cursor.rewind(to: start)
        note(start.upTo(start.offset + 3), "The closing quotes \(signs) are missing.")
        throw .toEntry
      }
      if cursor.takeNewline() {
        text.append(.lineFeed)
      } else if cursor.peek == quote {
        // Up to two quotes may stand before the three that close.
        let count = countOf(quote, atMost: 5)
        cursor.advance(count)
        let inside = count < 3 ? count : count - 3
        text += repeatElement(quote, count: inside)
        if count >= 3 { return String(decoding: text, as: UTF8.self) }
      } else {
        readOdd(quote, isMultiLine: true, into: &text)
      }
    }
  }

  private mutating func appendPlain(_ quote: UInt8, to text: inout [UInt8]) {
    let start = cursor.offset
    cursor.skip {
      $0 == quote || $0 == UInt8(ascii: "\\") || ($0 < .space && $0 != .tab) || $0 == 0x7F
    }
    text += cursor.bytes[start..<cursor.offset]
  }

  private func countOf(_ byte: UInt8, atMost limit: Int) -> Int {
    (0..<limit).first { cursor.peek($0) != byte } ?? limit
  }

  /// What is neither plain text nor a quote nor the end of a line.
  private mutating func readOdd(_ quote: UInt8, isMultiLine: Bool, into text: inout [UInt8]) {
    if cursor.peek != UInt8(ascii: "\\") {
      if cursor.peek == .carriageReturn { takeLoneReturn() } else { noteOddInString() }
    } else if quote == UInt8(ascii: "'") {
      text.append(UInt8(ascii: "\\"))
      cursor.advance()
    } else if isMultiLine, lineEndsAfterBackslash {
      cursor.advance()
      skipBlankLines()
    } else {
      readEscape(into: &text)
    }
  }

  private mutating func noteOddInString() {
    let start = cursor.mark()
    let name = TOMLCharacter.name(cursor.bytes, at: cursor.offset)
    let digits = name.dropFirst(2)
    note(
      start.upTo(start.offset + 1),
      "The control character \(name) is not allowed in a string; write \\u\(digits) or delete it.")
    cursor.advance()
  }

  private var lineEndsAfterBackslash: Bool {
    var ahead = cursor
    ahead.advance()
    ahead.skipBlanks()
    return ahead.isAtLineEnd && !ahead.isAtEnd
  }

  private mutating func skipBlankLines() {
    repeat { cursor.skipBlanks() } while cursor.takeNewline()
  }

  private mutating func readEscape(into text: inout [UInt8]) {
    let start = cursor.mark()
    cursor.advance()
    let letter = cursor.peek ?? 0
    if let plain = Self.escapes[letter] {
      text.append(plain)
      cursor.advance()
    } else if letter == UInt8(ascii: "u") || letter == UInt8(ascii: "U") {
      readCodePoint(start, digits: letter == UInt8(ascii: "u") ? 4 : 8, into: &text)
    } else {
      let end = cursor.isAtLineEnd ? cursor.offset : cursor.offset + characterLength
      note(
        start.upTo(end),
        "A backslash starts an escape, and this is none; write two backslashes for one, "
          + "or put the text in single quotes.")
    }
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
    UInt8(ascii: "r"): 13, UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92,
  ]

  /// `\uXXXX` or `\UXXXXXXXX`, at its letter.
  private mutating func readCodePoint(
    _ start: TOMLCursor.Mark, digits: Int, into text: inout [UInt8]
  ) {
    var value: UInt32 = 0
    cursor.advance()
    for _ in 0..<digits {
      guard let digit = cursor.peek.flatMap(JSONLexer.hexDigit) else {
        note(
          cursor.place(from: start),
          "\(digits) hexadecimal digits belong here; for a path with backslashes use single "
            + "quotes: 'C:\\Users'.")
        return
      }
      value = value &<< 4 | digit
      cursor.advance()
    }
    guard Unicode.Scalar(value) != nil else {
      note(cursor.place(from: start), "There is no character with this number; see unicode.org.")
      return
    }
    UTF8Sequence.append(value, to: &text)
  }
}

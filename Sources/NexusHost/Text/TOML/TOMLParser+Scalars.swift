/// Values of one word, and what stands in the place of a value or behind one.
extension TOMLParser {
  mutating func scalar(of key: TOMLKeyPart?) throws(Skip) -> TOMLValue {
    let start = cursor.mark()
    skipWord()
    guard cursor.offset > start.offset else { throw missingValue(of: key) }
    let word = Array(cursor.bytes[start.offset..<cursor.offset])
    do throws(TOMLScalar.Complaint) {
      return try TOMLScalar.read(word)
    } catch .wrong(let message) {
      note(cursor.place(from: start), message)
    } catch {
      noteText(start, of: key)
    }
    throw .value
  }

  private mutating func skipWord() {
    let start = cursor.offset
    skipWordPart()
    // A date and a time may have one space between them.
    guard cursor.offset == start + 10, cursor.peek == .space, cursor.peek(1)?.isDigit == true,
      cursor.peek(2)?.isDigit == true, cursor.peek(3) == UInt8(ascii: ":"),
      TOMLDateTime.isLike(Array(cursor.bytes[start..<cursor.offset]))
    else { return }
    cursor.advance()
    skipWordPart()
  }

  private mutating func skipWordPart() {
    cursor.skip { $0 <= .space || $0 == 0x7F || ",[]{}#=\"'".utf8.contains($0) }
  }

  // MARK: faults

  private mutating func missingValue(of key: TOMLKeyPart?) -> Skip {
    let start = cursor.mark()
    if cursor.peek?.isControl == true {
      noteControl()
    } else if cursor.peek == UInt8(ascii: "=") {
      note(start.upTo(start.offset + 1), "One '=' is enough; delete this one.")
    } else {
      let name = key.map { "'\($0.shown)' has no value" } ?? "A value is missing"
      let length = cursor.isAtLineEnd ? 0 : 1
      note(start.upTo(start.offset + length), "\(name); write one here.")
    }
    return .value
  }

  /// A word that is nothing but text, up to the cursor.
  private mutating func noteText(_ start: TOMLCursor.Mark, of key: TOMLKeyPart?) {
    let bytes = cursor.bytes
    if TOMLCharacter.isCurlyQuote(bytes, at: start.offset) {
      let name = TOMLCharacter.name(bytes, at: start.offset)
      let end = start.offset + TOMLCharacter.length(bytes, at: start.offset)
      note(start.upTo(end), "\(name) is a curly quote; write straight ones on both sides: \"…\".")
      return
    }
    if TOMLCharacter.isBlank(bytes, at: start.offset) {
      let name = TOMLCharacter.name(bytes, at: start.offset)
      note(cursor.place(from: start), "\(name) is no plain space; delete it or write one.")
      return
    }
    if isQuoteAtEnd, let quote = cursor.peek {
      note(cursor.place(from: start), "The opening quote \(Unicode.Scalar(quote)) is missing here.")
      return
    }
    let isOnLine = brackets == 0
    cursor.skip { $0 < .space || $0 == UInt8(ascii: "#") || (!isOnLine && ",]}".utf8.contains($0)) }
    var end = cursor.offset
    while end > start.offset, bytes[end - 1] == .space { end -= 1 }
    let phrase = bytes[start.offset..<end]
    let isPlain = phrase.count <= 60 && !phrase.contains { "\"\\".utf8.contains($0) }
    let example = isPlain ? TOMLScalar.shown(Array(phrase)) : "…"
    let shown = key.map { "\($0.shown) = \"\(example)\"" } ?? "\"\(example)\""
    note(start.upTo(end), "Text stands in quotes; write \(shown).")
  }

  /// Whether a quote stands here that nothing but the end of the value follows.
  private var isQuoteAtEnd: Bool {
    guard let quote = cursor.peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      return false
    }
    var ahead = cursor
    ahead.skip { $0 != quote }
    ahead.skipBlanks()
    return ahead.peek.map { $0 < .space || ",]}#".utf8.contains($0) } ?? true
  }

  /// Something stands behind a value or header where the line should end.
  mutating func oddAfterValue() -> Skip {
    let start = cursor.mark()
    let place = start.upTo(start.offset + characterLength)
    let name = TOMLCharacter.name(cursor.bytes, at: start.offset)
    if cursor.peek?.isControl == true {
      noteControl()
    } else if cursor.peek == UInt8(ascii: ","), cursor.peek(-1)?.isDigit == true,
      cursor.peek(1)?.isDigit == true
    {
      note(place, "A number has a decimal point, no comma; write '.' here.")
    } else if cursor.peek == UInt8(ascii: ",") || cursor.peek == UInt8(ascii: ";") {
      note(place, "A line ends without \(name); delete it.")
    } else if cursor.holds("//") {
      note(start.upTo(start.offset + 2), "A comment starts with #, not with //.")
    } else if TOMLCharacter.isBlank(cursor.bytes, at: start.offset) {
      note(place, "\(name) is no plain space; delete it or write one.")
    } else if cursor.peek(-1) == UInt8(ascii: "'") {
      note(place, "The text ended at the quote before; put a text with ' in it in double quotes.")
    } else if cursor.peek(-1) == UInt8(ascii: "\"") {
      note(place, "The text ended at the quote before; write \\\" for a quote inside of it.")
    } else {
      note(
        place,
        "Nothing but a comment can follow here; start it with #, or begin a new line for the next "
          + "key.")
    }
    return .value
  }
}

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
      let name = key.map { "'\($0.text)' has no value" } ?? "A value is missing"
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
    let word = String(decoding: bytes[start.offset..<cursor.offset], as: UTF8.self)
    if let quote = cursor.peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      note(
        start.upTo(cursor.offset), "The opening quote \(Unicode.Scalar(quote)) is missing here.")
      return
    }
    cursor.skip { $0 < .space || ",[]{}#=\"'\\".utf8.contains($0) }
    var end = cursor.offset
    while end > start.offset, bytes[end - 1] == .space { end -= 1 }
    let phrase = String(decoding: bytes[start.offset..<end], as: UTF8.self)
    let example = phrase.utf8.count <= 60 ? phrase : word
    let shown = key.map { "\($0.text) = \"\(example)\"" } ?? "\"\(example)\""
    note(start.upTo(end), "Text stands in quotes; write \(shown).")
  }

  /// Something stands behind a value or header where the line should end.
  mutating func oddAfterValue() -> Skip {
    let start = cursor.mark()
    let place = start.upTo(start.offset + characterLength)
    let name = TOMLCharacter.name(cursor.bytes, at: start.offset)
    if cursor.peek?.isControl == true {
      noteControl()
    } else if cursor.peek == UInt8(ascii: ",") || cursor.peek == UInt8(ascii: ";") {
      note(place, "A line ends without \(name); delete it.")
    } else if cursor.holds("//") {
      note(start.upTo(start.offset + 2), "A comment starts with #, not with //.")
    } else if TOMLCharacter.isBlank(cursor.bytes, at: start.offset) {
      note(place, "\(name) is no plain space; delete it or write one.")
    } else {
      note(
        place,
        "Nothing but a comment can follow here; start it with #, or begin a new line for the next "
          + "key.")
    }
    return .value
  }
}

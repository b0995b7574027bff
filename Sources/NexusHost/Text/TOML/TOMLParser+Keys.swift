extension TOMLParser {
  /// A key, dotted or not, with the blanks behind it (TOML 1.0 "Keys").
  mutating func key(depth: Int) throws(Skip) -> [TOMLKeyPart] {
    var parts: [TOMLKeyPart] = []
    repeat {
      cursor.skipBlanks()
      parts.append(try part(after: parts.last))
      try limitDepth(depth + parts.count)
      cursor.skipBlanks()
    } while cursor.take(UInt8(ascii: "."))
    return parts
  }

  private mutating func part(after previous: TOMLKeyPart?) throws(Skip) -> TOMLKeyPart {
    let start = cursor.mark()
    let quote = cursor.peek
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      if cursor.holds("\"\"\"") || cursor.holds("'''") {
        note(start.upTo(start.offset + 3), "A key has one quote on each side; delete two of these.")
        throw .value
      }
      let text = try string()
      return TOMLKeyPart(text: text, place: cursor.place(from: start))
    }
    cursor.skip { !$0.isBareKey }
    if cursor.offset == start.offset { throw missingPart(after: previous) }
    let text = String(decoding: cursor.bytes[start.offset..<cursor.offset], as: UTF8.self)
    return TOMLKeyPart(text: text, place: cursor.place(from: start))
  }

  /// Refuses what would take too much stack to read, and more to handle.
  mutating func limitDepth(_ depth: Int) throws(Skip) {
    guard depth > TOMLDocument.depthLimit else { return }
    let start = cursor.mark()
    note(
      start.upTo(start.offset),
      "This is nested deeper than \(TOMLDocument.depthLimit) levels; make it flatter.")
    throw .toEntry
  }

  // MARK: faults

  private mutating func missingPart(after previous: TOMLKeyPart?) -> Skip {
    let start = cursor.mark()
    let message: String
    switch cursor.peek {
    case UInt8(ascii: "=") where previous == nil: message = "A key is missing before '='."
    case UInt8(ascii: "]") where previous == nil:
      message = "The header has no name; write it between the brackets."
    case UInt8(ascii: "["): message = "A header has the form [name], or [[name]] for a list."
    case nil, .lineFeed, .carriageReturn, UInt8(ascii: "="), UInt8(ascii: "]"), UInt8(ascii: "."):
      message =
        previous.map { "After '\($0.text).' the rest of the key is missing." }
        ?? "A key does not start with a dot; delete it, or put the key in quotes."
    case UInt8(ascii: "/"), UInt8(ascii: ";"):
      message = "A key cannot start so; if this is to be a comment, start it with #."
    default:
      return oddInKey(after: previous, inHeader: false)
    }
    note(start.upTo(start.offset + (cursor.isAtLineEnd ? 0 : 1)), message)
    return .value
  }

  /// What follows a key is not what belongs there, on a line or in an inline table.
  mutating func missingEquals(after key: [TOMLKeyPart]) -> Skip {
    let start = cursor.mark()
    let name = key.last?.text ?? ""
    let next = cursor.peek(1)
    let endsWord = next.map { !$0.isBareKey } ?? true
    if cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "#") {
      note(start.upTo(start.offset), "'\(name)' has no value; write \(name) = and the value.")
    } else if cursor.peek == UInt8(ascii: ":"), endsWord {
      note(start.upTo(start.offset + 1), "Write '=' between key and value, not ':'.")
    } else if isAfterBlank, !lineHolds(UInt8(ascii: "=")) {
      note(
        start.upTo(start.offset + characterLength),
        "'=' is missing after '\(name)'; write \(name) = and the value.")
    } else {
      return oddInKey(after: key.last, inHeader: false)
    }
    return .value
  }

  /// A character that a key without quotes does not take, or a blank inside of a key.
  mutating func oddInKey(after previous: TOMLKeyPart?, inHeader: Bool) -> Skip {
    let start = cursor.mark()
    let place = start.upTo(start.offset + characterLength)
    let name = TOMLCharacter.name(cursor.bytes, at: cursor.offset)
    if TOMLCharacter.isCurlyQuote(cursor.bytes, at: cursor.offset) {
      note(place, "\(name) is a curly quote; write a straight one: \" or '.")
    } else if cursor.peek?.isControl == true
      || TOMLCharacter.isBlank(cursor.bytes, at: start.offset)
    {
      note(place, "\(name) cannot stand here; delete it, or write a plain space.")
    } else if isAfterBlank, let previous, !inHeader || cursor.peek?.isBareKey == true {
      note(place, "A key with a space in it needs quotes: \"\(previous.text) …\".")
    } else if inHeader {
      note(place, "\(name) cannot stand here; the header ends with ']' after its name.")
    } else {
      note(place, "A key with \(name) in it needs quotes: \"\(previous?.text ?? "")\(name)…\".")
    }
    return .value
  }

  /// The bytes of the character at the cursor.
  var characterLength: Int {
    TOMLCharacter.length(cursor.bytes, at: cursor.offset)
  }

  private var isAfterBlank: Bool {
    let before = cursor.peek(-1)
    return before == .space || before == .tab
  }

  private func lineHolds(_ byte: UInt8) -> Bool {
    var ahead = cursor
    ahead.skip { $0 == byte || $0 == .lineFeed }
    return ahead.peek == byte
  }
}

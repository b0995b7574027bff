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
    case UInt8(ascii: ".") where previous == nil:
      message = "A key does not start with a dot; delete it, or put the key in quotes."
    case nil, .lineFeed, .carriageReturn, UInt8(ascii: "="), UInt8(ascii: "]"), UInt8(ascii: "."):
      message =
        previous.map { "After '\($0.shown).' the rest of the key is missing." }
        ?? "A name is missing here."
    case UInt8(ascii: "/"), UInt8(ascii: ";"):
      message = "A key cannot start so; if this is to be a comment, start it with #."
    default:
      return oddInKey(after: nil, inHeader: false)
    }
    note(start.upTo(start.offset + (cursor.isAtLineEnd ? 0 : 1)), message)
    return .value
  }

  /// What follows a key is not what belongs there, on a line or in an inline table.
  mutating func missingEquals(after key: [TOMLKeyPart]) -> Skip {
    let start = cursor.mark()
    let name = (key.first?.place.bytes.lowerBound).map(source) ?? ""
    let endsWord = cursor.peek(1).map { !$0.isBareKey } ?? true
    if cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "#") {
      note(start.upTo(start.offset), "'\(name)' has no value; write \(name) = and the value.")
    } else if cursor.peek == UInt8(ascii: ":"), endsWord {
      note(start.upTo(start.offset + 1), "Write '=' between key and value, not ':'.")
    } else if isAfterBlank, !hasEqualsAhead {
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
    } else if cursor.peek?.isControl == true {
      noteControl()
    } else if TOMLCharacter.isBlank(cursor.bytes, at: start.offset) {
      note(place, "\(name) is no plain space; delete it or write one.")
    } else if inHeader, cursor.peek == UInt8(ascii: "=") || cursor.peek == UInt8(ascii: "#") {
      note(place, "\(name) cannot stand here; the header ends with ']' after its name.")
    } else {
      let what = isAfterBlank ? "a space" : name
      let example = wholeKey(from: previous?.place.bytes.lowerBound ?? start.offset)
      note(place, "A key with \(what) in it needs quotes\(example.map { ": \"\($0)\"" } ?? "").")
    }
    return .value
  }

  /// The key from `start` to where somebody meant it to end, if quotes around it mend it.
  private func wholeKey(from start: Int) -> String? {
    var ahead = cursor
    ahead.skip { $0 < .space || "=[]{},#".utf8.contains($0) }
    let key = cursor.bytes[start..<ahead.offset].reversed().drop { $0 == .space }.reversed()
    if key.isEmpty || key.count > 60 || key.contains(where: { "\"\\".utf8.contains($0) }) {
      return nil
    }
    return TOMLScalar.shown(Array(key))
  }

  /// The text from `start` to here, without blanks at its end.
  private func source(from start: Int) -> String {
    let text = cursor.bytes[start..<cursor.offset].reversed().drop { $0 == .space || $0 == .tab }
    return TOMLScalar.shown(text.reversed())
  }

  /// The bytes of the character at the cursor.
  var characterLength: Int {
    TOMLCharacter.length(cursor.bytes, at: cursor.offset)
  }

  private var isAfterBlank: Bool {
    let before = cursor.peek(-1)
    return before == .space || before == .tab
  }

  /// Whether `=` stands between here and the end of the entry.
  private var hasEqualsAhead: Bool {
    let isOnLine = brackets == 0
    var ahead = cursor
    ahead.skip {
      $0 == .lineFeed || $0 == UInt8(ascii: "=") || (!isOnLine && ",}".utf8.contains($0))
    }
    return ahead.peek == UInt8(ascii: "=")
  }
}

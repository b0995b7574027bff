/// Reads the lines of a TOML text into a draft. After a fault it goes on where the text makes sense
/// again.
struct TOMLParser {
  /// Thrown after a fault has been noted: where the text makes sense again.
  enum Skip: Error {
    /// Behind this value: in a list at the next comma, else on the next line.
    case value
    /// On this line, which looks like a new entry or header.
    case toHere
    /// On the next line that looks like an entry or a header.
    case toEntry
  }

  var cursor: TOMLCursor
  private(set) var draft = TOMLDraft()
  private(set) var faults: [TOMLFault] = []
  /// The table to which keys belong, and how many parts its header has.
  private var table = TOMLDraft.rootID
  private var headerDepth = 0
  /// How many lists and inline tables are open.
  var brackets = 0
  /// One fault is enough for a file with the line ends of old Macs.
  private var hasToldOfReturns = false

  init(_ bytes: [UInt8]) { cursor = TOMLCursor(bytes) }

  /// Reads to the end, or until there are `faultLimit` faults.
  mutating func readAll() {
    while !cursor.isAtEnd, !isFull {
      do throws(Skip) {
        try readLine()
      } catch {
        resume(error)
      }
    }
  }

  /// Whether there are as many faults as anybody wants to read.
  var isFull: Bool { faults.count >= TOMLDocument.faultLimit }

  /// Notes a fault, unless one at the same place has been noted: the first tells the cause.
  mutating func note(_ place: TOMLPlace, _ message: String) {
    let end = min(place.bytes.upperBound, cursor.bytes.count)
    let inside = TOMLPlace(
      line: place.line, column: place.column, bytes: place.bytes.lowerBound..<end)
    if let last = faults.last, last.place.bytes.lowerBound == place.bytes.lowerBound { return }
    faults.append(TOMLFault(place: inside, message: message))
  }

  /// Forgets the faults after the first `count`: they follow from one that is noted next.
  mutating func forgetFaults(after count: Int) { faults.removeLast(faults.count - count) }

  // MARK: lines

  private mutating func readLine() throws(Skip) {
    cursor.skipBlanks()
    guard let byte = cursor.peek else { return }
    switch byte {
    case .lineFeed, .carriageReturn, UInt8(ascii: "#"): break
    case UInt8(ascii: "["): try readHeader()
    default: try readEntry()
    }
    try readLineEnd()
  }

  private mutating func readEntry() throws(Skip) {
    let (key, node) = try keyAndValue(depth: headerDepth)
    do throws(TOMLFault) {
      try draft.set(key, to: node, in: table)
    } catch {
      // The rest of the line can still be right or wrong by itself.
      note(error.place, error.message)
    }
  }

  /// A key, `=` and a value, on a line or in an inline table. `depth` counts what contains them.
  mutating func keyAndValue(depth: Int) throws(Skip) -> ([TOMLKeyPart], TOMLNode) {
    let key = try key(depth: depth)
    guard cursor.take(UInt8(ascii: "=")) else { throw missingEquals(after: key) }
    cursor.skipBlanks()
    return (key, try value(of: key.last, depth: depth + key.count))
  }

  private mutating func readHeader() throws(Skip) {
    let start = cursor.mark()
    cursor.advance()
    let isList = cursor.take(UInt8(ascii: "["))
    // Until the header has proved right, keys below it belong nowhere.
    table = draft.addLooseTable(start.upTo(start.offset))
    headerDepth = 0
    let key = try key(depth: 0)
    headerDepth = key.count
    try closeHeader(key, isList: isList)
    let place = cursor.place(from: start)
    do throws(TOMLFault) {
      table = try isList ? draft.append(key, place) : draft.define(key, place)
    } catch {
      note(error.place, error.message)
    }
  }

  private mutating func closeHeader(_ key: [TOMLKeyPart], isList: Bool) throws(Skip) {
    if cursor.holds("]]"), isList {
      cursor.advance(2)
    } else if cursor.peek == UInt8(ascii: "]"), !isList {
      cursor.advance()
    } else if cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "]") {
      let name = TOMLKeyPart.dotted(key)
      let whole = isList ? "[[\(name)]]" : "[\(name)]"
      let end = cursor.mark()
      note(end.upTo(end.offset), "The header of '\(name)' is not closed; write \(whole).")
      cursor.skip { $0 == .lineFeed }
    } else {
      throw oddInKey(after: key.last, inHeader: true)
    }
  }

  /// Blanks, a comment and the end of the line: all that may follow a value or header.
  private mutating func readLineEnd() throws(Skip) {
    cursor.skipBlanks()
    readComment()
    if cursor.takeNewline() || cursor.isAtEnd { return }
    if cursor.peek == .carriageReturn {
      takeLoneReturn()
      return
    }
    throw oddAfterValue()
  }

  /// Steps over a comment, up to the end of its line.
  mutating func readComment() {
    guard cursor.take(UInt8(ascii: "#")) else { return }
    while true {
      cursor.skip { $0 == .lineFeed || $0 == .carriageReturn || $0.isControl }
      if cursor.isAtLineEnd { return }
      if cursor.peek == .carriageReturn {
        takeLoneReturn()
      } else {
        noteControl()
        cursor.advance()
      }
    }
  }

  /// A carriage return without a line feed, where a line may end.
  mutating func takeLoneReturn() {
    if !hasToldOfReturns {
      hasToldOfReturns = true
      let start = cursor.mark()
      note(
        start.upTo(start.offset + 1),
        "A carriage return stands here without a line feed; "
          + "save the file with the line ends of Unix (LF) or Windows (CRLF).")
    }
    cursor.advance()
  }

  /// Notes the control character at the cursor.
  mutating func noteControl() {
    let start = cursor.mark()
    let name = TOMLCharacter.name(cursor.bytes, at: cursor.offset)
    note(start.upTo(start.offset + 1), "The control character \(name) is not allowed; delete it.")
  }

  // MARK: after a fault

  private mutating func resume(_ skip: Skip) {
    switch skip {
    case .toHere: return
    case .value: skipLine()
    case .toEntry:
      skipLine()
      while !cursor.isAtEnd, !startsEntry { skipLine() }
    }
  }

  private mutating func skipLine() {
    cursor.skip { $0 == .lineFeed }
    cursor.advance()
  }

  /// Whether this looks like the start of an entry, `key =`, or of a header.
  var startsEntry: Bool {
    var ahead = cursor
    ahead.skipBlanks()
    let isHeader = ahead.take(UInt8(ascii: "["))
    if isHeader { _ = ahead.take(UInt8(ascii: "[")) }
    let start = ahead.offset
    ahead.skip { !$0.isBareKey && $0 != UInt8(ascii: ".") }
    let word = ahead.bytes[start..<ahead.offset]
    guard word.contains(where: \.isLetter), ahead.offset > start else { return false }
    if isHeader { return ahead.peek == UInt8(ascii: "]") && !TOMLScalar.isValue(Array(word)) }
    ahead.skipBlanks()
    return ahead.peek == UInt8(ascii: "=")
  }
}

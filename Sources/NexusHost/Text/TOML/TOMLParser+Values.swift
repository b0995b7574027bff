/// Values (TOML 1.0 "Array", "Inline Table").
extension TOMLParser {
  /// A list or inline table that is being read.
  private struct Bracket {
    let start: TOMLCursor.Mark
    let closing: UInt8
    /// Where the last comma stands, if nothing has followed it.
    var comma: TOMLCursor.Mark?
    var isEmpty = true
    /// Whether a fault in it may be the cause of the next.
    var isTold = false

    var name: String { closing == UInt8(ascii: "]") ? "list" : "inline table" }
  }

  /// The value at the cursor; `key` is what it is for, nil in a list. `depth` counts what contains
  /// it: lists and parts of keys.
  mutating func value(of key: TOMLKeyPart?, depth: Int) throws(Skip) -> TOMLNode {
    let start = cursor.mark()
    let value: TOMLValue
    switch cursor.peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): value = .string(try string())
    case UInt8(ascii: "["): value = .array(try list(depth: depth + 1))
    case UInt8(ascii: "{"): value = .table(try inlineTable(depth: depth))
    default: value = try scalar(of: key)
    }
    return TOMLNode(value: value, place: cursor.place(from: start))
  }

  private mutating func list(depth: Int) throws(Skip) -> [TOMLNode] {
    var bracket = try open(closing: UInt8(ascii: "]"), depth: depth)
    defer { brackets -= 1 }
    var nodes: [TOMLNode] = []
    while try !closes(&bracket) {
      if try hasComma(&bracket) { continue }
      do throws(Skip) {
        nodes.append(try value(of: nil, depth: depth))
      } catch {
        try skipElement(&bracket, after: error)
      }
    }
    return nodes
  }

  private mutating func inlineTable(depth: Int) throws(Skip) -> TOMLTable {
    var bracket = try open(closing: UInt8(ascii: "}"), depth: depth)
    defer { brackets -= 1 }
    var inner = TOMLDraft(place: bracket.start.upTo(cursor.offset))
    while try !closes(&bracket) {
      if try hasComma(&bracket) { continue }
      do throws(Skip) {
        let (key, node) = try keyAndValue(depth: depth)
        set(key, to: node, in: &inner)
      } catch {
        try skipElement(&bracket, after: error)
      }
    }
    return inner.root.at(cursor.place(from: bracket.start))
  }

  private mutating func set(_ key: [TOMLKeyPart], to node: TOMLNode, in table: inout TOMLDraft) {
    do throws(TOMLFault) {
      try table.set(key, to: node, in: TOMLDraft.rootID)
    } catch {
      note(error.place, error.message)
    }
  }

  // MARK: brackets and commas

  private mutating func open(closing: UInt8, depth: Int) throws(Skip) -> Bracket {
    try limitDepth(depth)
    let start = cursor.mark()
    cursor.advance()
    brackets += 1
    return Bracket(start: start, closing: closing)
  }

  /// Steps over what may stand between elements, and over the closing bracket. Throws if the list
  /// or table has no end.
  private mutating func closes(_ bracket: inout Bracket) throws(Skip) -> Bool {
    if isFull { throw .toHere }
    let line = cursor.mark()
    let hasNewLine = skipLines()
    if cursor.isAtEnd || (hasNewLine && isBeyond(bracket)) {
      let place = bracket.start.upTo(bracket.start.offset + 1)
      let closing = Unicode.Scalar(bracket.closing)
      note(&bracket, place, "This \(bracket.name) has no end; close it with '\(closing)'.")
      throw .toHere
    }
    if hasNewLine, bracket.closing == UInt8(ascii: "}") {
      note(
        &bracket, line.upTo(line.offset),
        "An inline table { … } stands on one line; join the lines, or use a [header].")
    }
    guard cursor.take(bracket.closing) else { return false }
    if let comma = bracket.comma, bracket.closing == UInt8(ascii: "}") {
      let place = comma.upTo(comma.offset + 1)
      note(&bracket, place, "An inline table has no comma before '}'; delete it.")
    }
    return true
  }

  /// Whether the line here is not meant to be inside of the bracket.
  private func isBeyond(_ bracket: Bracket) -> Bool {
    if bracket.closing == UInt8(ascii: "]") { return startsEntry }
    // Whoever goes on to write a table on the next line has not forgotten the brace.
    let goesOn = cursor.peek == UInt8(ascii: "}") || cursor.peek == UInt8(ascii: ",")
    let expectsKey = bracket.isEmpty || bracket.comma != nil
    return !goesOn && (!expectsKey || cursor.peek == UInt8(ascii: "["))
  }

  /// Steps over the comma between two elements. True if there is one. Where one must stand and
  /// does not, what follows is taken for the next element if it looks like one.
  private mutating func hasComma(_ bracket: inout Bracket) throws(Skip) -> Bool {
    let start = cursor.mark()
    let expectsElement = bracket.isEmpty || bracket.comma != nil
    if cursor.take(UInt8(ascii: ",")) {
      if expectsElement {
        note(
          start.upTo(start.offset + 1),
          "There is nothing before this comma; delete it, or write what is missing.")
        bracket.isTold = true
      }
      bracket.comma = start
      bracket.isEmpty = false
      return true
    }
    bracket.comma = nil
    bracket.isEmpty = false
    if expectsElement { return false }
    let closing = Unicode.Scalar(bracket.closing)
    note(
      &bracket, start.upTo(start.offset + characterLength),
      "A comma is missing here between two parts of the \(bracket.name), or the '\(closing)' "
        + "that closes it.")
    let next = cursor.peek ?? 0
    if "\"'[{".utf8.contains(next) || next.isBareKey { return false }
    skipElement(bracket)
    return true
  }

  /// After a fault in an element: on to what may follow it.
  private mutating func skipElement(_ bracket: inout Bracket, after skip: Skip) throws(Skip) {
    guard case .value = skip else { throw skip }
    bracket.isTold = true
    skipElement(bracket)
  }

  private mutating func skipElement(_ bracket: Bracket) {
    let closing = bracket.closing
    cursor.skip { $0 == UInt8(ascii: ",") || $0 == closing || $0 == .lineFeed }
  }

  /// Notes a fault unless another one in the same brackets is its cause.
  private mutating func note(_ bracket: inout Bracket, _ place: TOMLPlace, _ message: String) {
    if !bracket.isTold { note(place, message) }
    bracket.isTold = true
  }

  /// Steps over blanks, ends of lines and comments. Tells whether there was an end of a line.
  private mutating func skipLines() -> Bool {
    var hasNewLine = false
    while true {
      cursor.skipBlanks()
      readComment()
      if cursor.takeNewline() {
        hasNewLine = true
      } else if cursor.peek == .carriageReturn {
        takeLoneReturn()
      } else {
        return hasNewLine
      }
    }
  }
}

/// Values (TOML 1.0 "Array", "Inline Table").
extension TOMLParser {
  /// The value at the cursor; `key` is what it is for, nil in a list. `depth` counts what contains
  /// it.
  mutating func value(of key: TOMLKeyPart?, depth: Int) throws(Skip) -> TOMLNode {
    let start = cursor.mark()
    let value: TOMLValue
    switch cursor.peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): value = .string(try string())
    case UInt8(ascii: "["): value = .array(try list(depth: depth + 1))
    case UInt8(ascii: "{"): value = .table(try inlineTable(depth: depth + 1))
    default: value = try scalar(of: key)
    }
    return TOMLNode(value: value, place: cursor.place(from: start))
  }

  private mutating func list(depth: Int) throws(Skip) -> [TOMLNode] {
    try limitDepth(depth)
    let start = cursor.mark()
    cursor.advance()
    var nodes: [TOMLNode] = []
    while true {
      if try closesList(start) { return nodes }
      if cursor.peek == UInt8(ascii: ",") {
        let place = cursor.mark().upTo(cursor.offset + 1)
        note(place, "A value is missing before this comma; write one, or delete the comma.")
        cursor.advance()
        continue
      }
      do throws(Skip) {
        nodes.append(try value(of: nil, depth: depth))
      } catch {
        guard case .value = error else { throw error }
        skipElement(closing: UInt8(ascii: "]"))
      }
      if try closesList(start) { return nodes }
      if !cursor.take(UInt8(ascii: ",")) { missingComma(in: "list", closing: UInt8(ascii: "]")) }
    }
  }

  /// Steps over blanks, lines and comments in a list, and over `]`. Throws if the list has no end.
  private mutating func closesList(_ start: TOMLCursor.Mark) throws(Skip) -> Bool {
    let hasNewLine = skipLines()
    if cursor.take(UInt8(ascii: "]")) { return true }
    guard cursor.isAtEnd || (hasNewLine && startsEntry) else { return false }
    note(start.upTo(start.offset + 1), "This list has no end; close it with ']'.")
    throw .toHere
  }

  private mutating func inlineTable(depth: Int) throws(Skip) -> TOMLTable {
    try limitDepth(depth)
    let start = cursor.mark()
    cursor.advance()
    var inner = TOMLDraft(place: start.upTo(start.offset + 1))
    var comma: TOMLCursor.Mark?
    while true {
      if try closesTable(start, afterComma: comma) {
        return inner.root.at(cursor.place(from: start))
      }
      do throws(Skip) {
        let (key, node) = try keyAndValue(depth: depth)
        set(key, to: node, in: &inner)
      } catch {
        guard case .value = error else { throw error }
        skipElement(closing: UInt8(ascii: "}"))
      }
      if try closesTable(start, afterComma: nil) {
        return inner.root.at(cursor.place(from: start))
      }
      comma = cursor.mark()
      if !cursor.take(UInt8(ascii: ",")) {
        missingComma(in: "table", closing: UInt8(ascii: "}"))
        comma = nil
      }
    }
  }

  private mutating func set(_ key: [TOMLKeyPart], to node: TOMLNode, in table: inout TOMLDraft) {
    do throws(TOMLFault) {
      try table.set(key, to: node, in: TOMLDraft.rootID)
    } catch {
      note(error.place, error.message)
    }
  }

  /// Steps over blanks in an inline table, and over `}`. Throws if the table has no end.
  private mutating func closesTable(
    _ start: TOMLCursor.Mark, afterComma comma: TOMLCursor.Mark?
  ) throws(Skip) -> Bool {
    cursor.skipBlanks()
    let isFirst = cursor.offset == start.offset + 1 || comma != nil
    if cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "#") {
      // Whoever goes on to write on the next line has not forgotten the brace.
      let line = cursor.mark()
      _ = skipLines()
      let goesOn = cursor.peek == UInt8(ascii: "}") || cursor.peek == UInt8(ascii: ",")
      guard !cursor.isAtEnd, goesOn || (isFirst && cursor.peek != UInt8(ascii: "[")) else {
        note(start.upTo(start.offset + 1), "This inline table has no end; close it with '}'.")
        throw .toHere
      }
      note(
        line.upTo(line.offset),
        "An inline table { … } stands on one line; join the lines, or use a [header].")
    }
    guard cursor.take(UInt8(ascii: "}")) else { return false }
    if let comma {
      note(comma.upTo(comma.offset + 1), "An inline table has no comma before '}'; delete it.")
    }
    return true
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

  /// After a fault: on to what may follow an element.
  private mutating func skipElement(closing: UInt8) {
    cursor.skip { $0 == UInt8(ascii: ",") || $0 == closing || $0 == .lineFeed }
  }

  private mutating func missingComma(in container: String, closing: UInt8) {
    let start = cursor.mark()
    note(
      start.upTo(start.offset + characterLength),
      "A comma is missing here between two parts of the \(container), or the "
        + "'\(Unicode.Scalar(closing))' that closes it before.")
    let startsValue = "\"'[{".utf8.contains(cursor.peek ?? 0) || cursor.peek?.isBareKey == true
    guard !startsValue else { return }
    skipElement(closing: closing)
    _ = cursor.take(UInt8(ascii: ","))
  }
}

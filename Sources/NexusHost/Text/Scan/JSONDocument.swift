/// A whole JSON text that has been checked, with access to its parts by offset. Made for drivers
/// and for the control path; lookups scan, so take a node once and keep it.
///
/// A value: may be copied and read on any thread. A node of another document never traps, it only
/// yields nonsense.
public struct JSONDocument: Sendable {
  /// The text.
  public let bytes: [UInt8]
  /// The one value that the text is.
  public let root: JSONNode

  /// Checks `bytes`; nil unless the whole is one valid JSON value in UTF-8 (RFC 8259), nested at
  /// most 128 deep.
  public init?(_ bytes: [UInt8]) {
    do throws(JSONError) { self = try Self.parse(bytes) } catch { return nil }
  }

  /// Checks `bytes`, and throws at the first byte that is wrong.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONDocument {
    let span = bytes.span
    let start = JSONLexer.blankEnd(span, from: 0)
    let end = try JSONLexer.valueEnd(span, at: start, outer: 0)
    try JSONLexer.expectEnd(span, from: end)
    return JSONDocument(checked: bytes, root: Self.node(span, start, end))
  }

  private init(checked bytes: [UInt8], root: JSONNode) {
    self.bytes = bytes
    self.root = root
  }

  /// The first member of `object` with that name, escapes in keys decoded; nil if there is none or
  /// `object` is not an object.
  public func member(_ object: JSONNode?, _ name: StaticString) -> JSONNode? {
    guard let object else { return nil }
    var found: JSONNode?
    walkMembers(object) { key, value in
      guard JSONString.equals(bytes.span, inner(key), name) else { return true }
      found = value
      return false
    }
    return found
  }

  /// The first member of the root with that name.
  public func member(_ name: StaticString) -> JSONNode? { member(root, name) }

  /// The value found by following member names from the root, or nil where one is missing.
  public func path(_ names: StaticString...) -> JSONNode? {
    var node: JSONNode? = root
    for name in names { node = member(node, name) }
    return node
  }

  /// Calls `body` with each element in order; does nothing if `array` is not an array.
  public func forEachElement(_ array: JSONNode?, _ body: (JSONNode) -> Void) {
    guard let array, array.kind == .array else { return }
    let span = bytes.span
    var offset = JSONLexer.blankEnd(span, from: array.start &+ 1)
    while offset < array.end, let end = skip(offset) {
      body(Self.node(span, offset, end))
      guard let next = afterComma(end) else { return }
      offset = next
    }
  }

  /// Calls `body` with key (a string node) and value of each member in order, repeated keys too;
  /// does nothing if `object` is not an object.
  public func forEachMember(
    _ object: JSONNode?, _ body: (_ key: JSONNode, _ value: JSONNode) -> Void
  ) {
    guard let object else { return }
    walkMembers(object) { key, value in
      body(key, value)
      return true
    }
  }

  /// How many elements an array has; 0 if it is not an array.
  public func count(_ array: JSONNode?) -> Int {
    var count = 0
    forEachElement(array) { _ in count += 1 }
    return count
  }

  /// The decoded string as UTF-8 (lone surrogates become U+FFFD), or nil if it is not a string.
  public func string(_ node: JSONNode?) -> [UInt8]? {
    guard let node, node.kind == .string else { return nil }
    return JSONString.decode(bytes.span, inner(node))
  }

  /// Whether the node is a string that, decoded, equals `text`.
  public func equals(_ node: JSONNode?, _ text: StaticString) -> Bool {
    guard let node, node.kind == .string else { return false }
    return JSONString.equals(bytes.span, inner(node), text)
  }

  /// The number as an integer, also where it is written as 12.0 or 1e3; nil if it is not integral,
  /// does not fit or is not a number.
  public func integer(_ node: JSONNode?) -> Int64? {
    guard let node, node.kind == .number else { return nil }
    return JSONNumber(bytes.span, node.range).integer
  }

  /// The number as a double; nil if it is not a number or too large. Within a few units in the
  /// last place, exact for what people write.
  public func double(_ node: JSONNode?) -> Double? {
    guard let node, node.kind == .number else { return nil }
    return JSONNumber(bytes.span, node.range).double
  }

  /// The truth value, or nil if it is neither `true` nor `false`.
  public func bool(_ node: JSONNode?) -> Bool? {
    guard let node, node.kind == .bool else { return nil }
    return ByteSearch.peek(bytes.span, node.start) == UInt8(ascii: "t")
  }

  /// A copy of the bytes of the value, as they stand in the text.
  public func raw(_ node: JSONNode) -> [UInt8] {
    var out: [UInt8] = []
    out.append(bytes.span, node.range)
    return out
  }

  /// Walks the members of an object until `body` returns false.
  private func walkMembers(_ object: JSONNode, _ body: (JSONNode, JSONNode) -> Bool) {
    guard object.kind == .object else { return }
    let span = bytes.span
    var offset = JSONLexer.blankEnd(span, from: object.start &+ 1)
    while ByteSearch.peek(span, offset) == UInt8(ascii: "\""), let keyEnd = skip(offset) {
      let colon = JSONLexer.blankEnd(span, from: keyEnd)
      let value = JSONLexer.blankEnd(span, from: colon &+ 1)
      guard let end = skip(value) else { return }
      let key = JSONNode(kind: .string, start: offset, end: keyEnd)
      guard body(key, Self.node(span, value, end)), let next = afterComma(end) else { return }
      offset = next
    }
  }

  /// Offset after the value at `offset`; nil where there is none, as at the end of a container.
  private func skip(_ offset: Int) -> Int? {
    do throws(JSONError) {
      return try JSONLexer.valueEnd(bytes.span, at: offset, outer: 0)
    } catch { return nil }
  }

  /// Offset of what follows the comma after a value, or nil if no comma follows.
  private func afterComma(_ end: Int) -> Int? {
    let span = bytes.span
    let offset = JSONLexer.blankEnd(span, from: end)
    guard ByteSearch.peek(span, offset) == UInt8(ascii: ",") else { return nil }
    return JSONLexer.blankEnd(span, from: offset &+ 1)
  }

  /// The bytes between the quotes of a string.
  private func inner(_ node: JSONNode) -> Range<Int> {
    let start = node.start &+ 1
    return start..<max(start, node.end &- 1)
  }

  private static func node(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> JSONNode {
    JSONNode(
      kind: JSONNode.Kind(first: ByteSearch.peek(bytes, start)) ?? .null, start: start, end: end)
  }
}

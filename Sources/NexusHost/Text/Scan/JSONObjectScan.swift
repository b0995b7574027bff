/// Validates one JSON object strictly and finds the wanted top-level members, in one pass and
/// without copying: what a gateway does to every request body.
public struct JSONObjectScan {
  /// Scans `bytes`, which must be exactly one JSON object (RFC 8259, UTF-8, nested at most 128
  /// deep, nothing but white space around it).
  ///
  /// - Parameters:
  ///   - bytes: the whole text.
  ///   - wanted: names of top-level members; keys that are written with escapes match too.
  ///   - found: becomes as long as `wanted`: the value of each wanted member, or nil. Its storage
  ///     is reused. Meaningless after an error.
  /// - Throws: `JSONError` at the first byte that is wrong. A wanted key that occurs twice is an
  ///   error at its second opening quote: servers differ in whether the first or the last one
  ///   counts, so a request that has both could be routed as one thing and executed as another.
  public static func scan(
    _ bytes: Span<UInt8>, wanted: [StaticString], found: inout [JSONNode?]
  ) throws(JSONError) {
    reset(&found, count: wanted.count)
    var offset = JSONLexer.blankEnd(bytes, from: 0)
    guard ByteSearch.peek(bytes, offset) == UInt8(ascii: "{") else {
      throw JSONLexer.failure(.notObject, bytes, at: offset)
    }
    offset = JSONLexer.blankEnd(bytes, from: offset &+ 1)
    if ByteSearch.peek(bytes, offset) == UInt8(ascii: "}") {
      return try JSONLexer.expectEnd(bytes, from: offset &+ 1)
    }
    while true {
      offset = try member(bytes, at: offset, wanted, &found)
      offset = JSONLexer.blankEnd(bytes, from: offset)
      let byte = ByteSearch.peek(bytes, offset)
      if byte == UInt8(ascii: "}") { break }
      guard byte == UInt8(ascii: ",") else {
        throw JSONLexer.failure(.expectedCommaOrBrace, bytes, at: offset)
      }
      offset = JSONLexer.blankEnd(bytes, from: offset &+ 1)
    }
    try JSONLexer.expectEnd(bytes, from: offset &+ 1)
  }

  /// Scans the member at `start`, notes it if it is wanted, and returns the offset after it.
  private static func member(
    _ bytes: Span<UInt8>, at start: Int, _ wanted: [StaticString], _ found: inout [JSONNode?]
  ) throws(JSONError) -> Int {
    guard ByteSearch.peek(bytes, start) == UInt8(ascii: "\"") else {
      throw JSONLexer.failure(.expectedKey, bytes, at: start)
    }
    let keyEnd = try JSONLexer.stringEnd(bytes, from: start &+ 1)
    let value = try JSONLexer.colonEnd(bytes, at: keyEnd)
    let end = try JSONLexer.valueEnd(bytes, at: value, outer: 1)
    for index in wanted.indices
    where JSONString.equals(bytes, (start &+ 1)..<(keyEnd &- 1), wanted[index]) {
      if found[index] != nil { throw JSONError(.duplicateKey, at: start) }
      guard let kind = JSONNode.Kind(first: ByteSearch.peek(bytes, value)) else { continue }
      found[index] = JSONNode(kind: kind, start: value, end: end)
    }
    return end
  }

  private static func reset(_ found: inout [JSONNode?], count: Int) {
    guard found.count == count else {
      found = Array(repeating: nil, count: count)
      return
    }
    for index in found.indices { found[index] = nil }
  }
}

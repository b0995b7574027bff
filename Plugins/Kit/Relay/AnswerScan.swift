/// Judges an answer without a stream in one pass: whether it is one JSON object with what was asked
/// for and without anything that may be an error. Where it has the least doubt it says so, and the
/// answer is looked at with care; it never accepts what that look would refuse.
struct AnswerScan: JSONKeyWatcher {
  private let expectsData: Bool
  private var isDoubtful = false
  private var hasExpected = false
  private var keys = UsageKeys()

  private init(expectsData: Bool) { self.expectsData = expectsData }

  /// The usage of an answer that is beyond doubt, empty if it has none; nil for any other text.
  ///
  /// - Parameter expectsData: whether the answer has to have the array "data" and not "choices".
  static func accept(_ bytes: Span<UInt8>, expectsData: Bool) -> Usage? {
    var scan = AnswerScan(expectsData: expectsData)
    do throws(JSONError) {
      let start = JSONLexer.blankEnd(bytes, from: 0)
      guard ByteSearch.peek(bytes, start) == UInt8(ascii: "{") else { return nil }
      let end = try JSONLexer.walk(bytes, at: start, outer: 0, &scan)
      try JSONLexer.expectEnd(bytes, from: end)
    } catch { return nil }
    guard scan.hasExpected, !scan.isDoubtful, !scan.keys.isOdd else { return nil }
    return scan.keys.usage
  }

  mutating func saw(
    _ key: Range<Int>, isPlain: Bool, value: Int, depth: Int, in bytes: Span<UInt8>
  ) {
    // A key with an escape may stand for any other.
    if !isPlain, key.hasEscape(bytes) { isDoubtful = true }
    if depth == 1 {
      sawMember(key, value, bytes)
    } else if keys.isInside {
      keys.sawInside(key, value: value, depth: depth, in: bytes)
    } else if key.holds("finish_reason", bytes), mayBeError(value, bytes) {
      // At any depth, because that of the choices costs more to tell.
      isDoubtful = true
    }
  }

  /// A member of the answer itself.
  @inline(__always)
  private mutating func sawMember(_ key: Range<Int>, _ value: Int, _ bytes: Span<UInt8>) {
    keys.leave()
    switch key.upperBound &- key.lowerBound {
    case 4:
      if expectsData, key.holds("data", bytes) { sawExpected(value, bytes) }
    case 5:
      if key.holds("usage", bytes) {
        keys.enter(value, bytes)
      } else if key.holds("error", bytes), ByteSearch.peek(bytes, value) != UInt8(ascii: "n") {
        // An error that is null is none.
        isDoubtful = true
      }
    case 6:
      if key.holds("object", bytes), mayBeError(value, bytes) { isDoubtful = true }
    case 7:
      if !expectsData, key.holds("choices", bytes) { sawExpected(value, bytes) }
    default: break
    }
  }

  private mutating func sawExpected(_ value: Int, _ bytes: Span<UInt8>) {
    if hasExpected || ByteSearch.peek(bytes, value) != UInt8(ascii: "[") { isDoubtful = true }
    hasExpected = true
  }

  /// Whether the value may be the string "error" or "abort".
  private func mayBeError(_ value: Int, _ bytes: Span<UInt8>) -> Bool {
    guard ByteSearch.peek(bytes, value) == UInt8(ascii: "\"") else { return false }
    switch ByteSearch.peek(bytes, value &+ 1) {
    case UInt8(ascii: "e"), UInt8(ascii: "a"), UInt8(ascii: "\\"): return true
    default: return false
    }
  }
}

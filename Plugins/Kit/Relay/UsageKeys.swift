/// Reads the `usage` of an OpenAI-shaped answer while a walk checks the answer: no second look at
/// the text. Only what every server writes is read here, plain numbers under plain keys that occur
/// once; anything else makes it odd, and then a `JSONDocument` has to be asked.
struct UsageKeys: JSONKeyWatcher {
  /// What was found so far.
  private(set) var usage = Usage()
  /// Whether something was met that this reader does not judge.
  private(set) var isOdd = false

  /// The members that were met, one bit each.
  private var seen: UInt8 = 0
  /// Whether the next key of depth 2 and more belongs to the usage.
  private(set) var isInside = false
  private var details = Details.none

  private enum Details { case none, prompt, completion }

  /// Whether a usage was found that says something.
  var isFound: Bool { usage.input != nil || usage.output != nil }

  mutating func saw(
    _ key: Range<Int>, isPlain: Bool, value: Int, depth: Int, in bytes: Span<UInt8>
  ) {
    // A key with an escape may stand for any other.
    if !isPlain, key.hasEscape(bytes) { isOdd = true }
    if depth == 1 {
      if key.holds("usage", bytes) { enter(value, bytes) } else { leave() }
    } else if isInside {
      sawInside(key, value: value, depth: depth, in: bytes)
    }
  }

  /// The member "usage" of the answer, with the value at `value`.
  mutating func enter(_ value: Int, _ bytes: Span<UInt8>) {
    isInside = ByteSearch.peek(bytes, value) == UInt8(ascii: "{")
    meet(1)
  }

  /// Another member of the answer.
  @inline(__always)
  mutating func leave() { isInside = false }

  /// A key inside of "usage".
  mutating func sawInside(_ key: Range<Int>, value: Int, depth: Int, in bytes: Span<UInt8>) {
    if depth == 2 { return note(key, value, bytes) }
    if depth == 3, details != .none { noteDetail(key, value, bytes) }
  }

  /// A member of `usage` itself.
  @inline(__always)
  private mutating func note(_ key: Range<Int>, _ value: Int, _ bytes: Span<UInt8>) {
    details = .none
    switch key.upperBound &- key.lowerBound {
    case 13:
      guard key.holds("prompt_tokens", bytes) else { return }
      meet(2)
      usage.input = count(value, bytes)
    case 17:
      guard key.holds("completion_tokens", bytes) else { return }
      meet(4)
      usage.output = count(value, bytes)
    case 21:
      guard key.holds("prompt_tokens_details", bytes) else { return }
      meet(8)
      details = .prompt
    case 25:
      guard key.holds("completion_tokens_details", bytes) else { return }
      meet(16)
      details = .completion
    case 16:
      // Stands in for the one among the details.
      if key.holds("reasoning_tokens", bytes) { isOdd = true }
    default: break
    }
  }

  /// A member of the details of one of the two counts.
  private mutating func noteDetail(_ key: Range<Int>, _ value: Int, _ bytes: Span<UInt8>) {
    if details == .prompt, key.holds("cached_tokens", bytes) {
      meet(32)
      usage.cached = count(value, bytes)
    } else if details == .completion, key.holds("reasoning_tokens", bytes) {
      meet(64)
      usage.reasoning = count(value, bytes)
    }
  }

  /// Of members with the same name the first one counts, which is not the one that is kept here.
  private mutating func meet(_ bit: UInt8) {
    if seen & bit != 0 { isOdd = true }
    seen |= bit
  }

  /// The count at `offset`; nil for null, and for anything that is no plain number.
  private mutating func count(_ offset: Int, _ bytes: Span<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var end = offset
    while true {
      let digit = ByteSearch.peek(bytes, end) &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      value = value &* 10 &+ UInt64(digit)
      end &+= 1
    }
    switch ByteSearch.peek(bytes, end) {
    // Fifteen digits are below 2^53, beyond which nothing is counted.
    case UInt8(ascii: ","), UInt8(ascii: "}"), 0x20, 0x09, 0x0A, 0x0D:
      if end > offset, end &- offset <= 15 { return value }
      isOdd = true
    case UInt8(ascii: "n") where end == offset: break
    default: isOdd = true
    }
    return nil
  }
}

/// The range of a key.
extension Range<Int> {
  /// Whether the key is that name, written without escapes.
  @inline(__always)
  func holds(_ name: StaticString, _ bytes: Span<UInt8>) -> Bool {
    upperBound &- lowerBound == name.utf8CodeUnitCount
      && ByteSearch.holds(bytes, lowerBound, name)
  }

  /// Whether there is an escape in the key.
  func hasEscape(_ bytes: Span<UInt8>) -> Bool {
    for offset in self where ByteSearch.peek(bytes, offset) == UInt8(ascii: "\\") { return true }
    return false
  }
}

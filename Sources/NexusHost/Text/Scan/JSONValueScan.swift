/// The containers that are open around a position, one bit each, the innermost lowest. A fixed
/// bit stack: no input can make it grow, and no function has to call itself.
struct JSONNesting {
  /// Deepest nesting that is accepted, in containers.
  static let limit = 128

  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private(set) var depth = 0
  private let allowed: Int

  /// An empty stack inside of `outer` containers that the caller keeps track of.
  init(outer: Int) { allowed = Self.limit - outer }

  /// Whether the innermost open container is an object; meaningless at depth 0.
  var inObject: Bool { low & 1 == 1 }

  /// Opens a container. Returns false, and does nothing, beyond the limit.
  @inline(__always)
  mutating func push(object: Bool) -> Bool {
    guard depth < allowed else { return false }
    high = high &<< 1 | low &>> 63
    low = low &<< 1 | (object ? 1 : 0)
    depth &+= 1
    return true
  }

  /// Closes the innermost container.
  @inline(__always)
  mutating func pop() {
    low = low &>> 1 | high &<< 63
    high &>>= 1
    depth &-= 1
  }
}

extension JSONLexer {
  /// Offset after the value at `start`, whatever it contains. White space around it is not the
  /// value's. `outer` is how many containers are open around it (RFC 8259 §3 to §5).
  static func valueEnd(
    _ bytes: Span<UInt8>, at start: Int, outer: Int
  ) throws(JSONError) -> Int {
    var nesting = JSONNesting(outer: outer)
    var offset = start
    while true {
      switch ByteSearch.peek(bytes, offset) {
      case UInt8(ascii: "\""):
        offset = try stringEnd(bytes, from: offset &+ 1)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if try !open(bytes, &offset, &nesting) { continue }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        offset = try numberEnd(bytes, at: offset)
      case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
        offset = try literalEnd(bytes, at: offset)
      default:
        throw failure(.expectedValue, bytes, at: offset)
      }
      if nesting.depth == 0 { return offset }
      if try !goOn(bytes, &offset, &nesting) { return offset }
    }
  }

  /// Enters the container at `offset`. Returns true if it is empty and so already left again;
  /// otherwise `offset` is at its first value.
  @inline(__always)
  private static func open(
    _ bytes: Span<UInt8>, _ offset: inout Int, _ nesting: inout JSONNesting
  ) throws(JSONError) -> Bool {
    let object = ByteSearch.peek(bytes, offset) == UInt8(ascii: "{")
    guard nesting.push(object: object) else { throw JSONError(.tooDeep, at: offset) }
    offset = blankEnd(bytes, from: offset &+ 1)
    if ByteSearch.peek(bytes, offset) == (object ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
      nesting.pop()
      offset &+= 1
      return true
    }
    if object { offset = try memberValue(bytes, at: offset) }
    return false
  }

  /// After a value inside a container: goes to the next value, closing containers on the way.
  /// Returns false when the outermost one has been closed.
  @inline(__always)
  private static func goOn(
    _ bytes: Span<UInt8>, _ offset: inout Int, _ nesting: inout JSONNesting
  ) throws(JSONError) -> Bool {
    while nesting.depth > 0 {
      offset = blankEnd(bytes, from: offset)
      let byte = ByteSearch.peek(bytes, offset)
      let object = nesting.inObject
      if byte == UInt8(ascii: ",") {
        offset = blankEnd(bytes, from: offset &+ 1)
        if object { offset = try memberValue(bytes, at: offset) }
        return true
      }
      guard byte == (object ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
        let reason = object ? JSONError.Reason.expectedCommaOrBrace : .expectedCommaOrBracket
        throw failure(reason, bytes, at: offset)
      }
      nesting.pop()
      offset &+= 1
    }
    return false
  }

  /// Throws unless only white space follows from `from` (§2: one value, nothing after it).
  static func expectEnd(_ bytes: Span<UInt8>, from: Int) throws(JSONError) {
    let offset = blankEnd(bytes, from: from)
    if offset < bytes.count { throw JSONError(.trailingBytes, at: offset) }
  }
}

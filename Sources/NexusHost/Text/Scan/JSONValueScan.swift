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

  /// What closes the innermost open container; meaningless at depth 0.
  var close: UInt8 { inObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

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

/// Is shown every key that a walk comes past, so that one pass can check a text and find what
/// matters in it. What it is shown counts only if the walk does not throw afterwards.
protocol JSONKeyWatcher {
  /// A key of an object: `key` are the bytes between its quotes, which hold no escape if `isPlain`.
  /// Its value begins at `value`; `depth` containers are open, 1 for the members of the root.
  mutating func saw(
    _ key: Range<Int>, isPlain: Bool, value: Int, depth: Int, in bytes: Span<UInt8>)
}

/// Watches nothing.
private struct NoKeys: JSONKeyWatcher {
  @inline(__always)
  mutating func saw(
    _ key: Range<Int>, isPlain: Bool, value: Int, depth: Int, in bytes: Span<UInt8>
  ) {}
}

extension JSONLexer {
  /// Offset after the value at `start`, whatever it contains. White space around it is not the
  /// value's. `outer` is how many containers are open around it (RFC 8259 §3 to §5).
  static func valueEnd(
    _ bytes: Span<UInt8>, at start: Int, outer: Int
  ) throws(JSONError) -> Int {
    var nothing = NoKeys()
    return try walk(bytes, at: start, outer: outer, &nothing)
  }

  /// `valueEnd` under the eyes of a watcher. One loop, so that its state stays in registers.
  @inline(__always)
  static func walk<Watcher: JSONKeyWatcher>(
    _ bytes: Span<UInt8>, at start: Int, outer: Int, _ watcher: inout Watcher
  ) throws(JSONError) -> Int {
    var nesting = JSONNesting(outer: outer)
    var offset = start
    while true {
      if nesting.inObject { offset = try member(bytes, at: offset, nesting.depth, &watcher) }
      let byte = ByteSearch.peek(bytes, offset)
      switch byte {
      case UInt8(ascii: "\""):
        offset = try stringEnd(bytes, from: offset &+ 1)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard nesting.push(object: byte == UInt8(ascii: "{")) else {
          throw JSONError(.tooDeep, at: offset)
        }
        offset = blankEnd(bytes, from: offset &+ 1)
        // The closing one is two after the opening one. An empty container is left below.
        guard ByteSearch.peek(bytes, offset) == byte &+ 2 else { continue }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        offset = try numberEnd(bytes, at: offset)
      case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
        offset = try literalEnd(bytes, at: offset)
      default:
        throw failure(.expectedValue, bytes, at: offset)
      }
      // After a value: closes what ends here, and goes to the next value.
      while nesting.depth > 0 {
        offset = blankEnd(bytes, from: offset)
        let mark = ByteSearch.peek(bytes, offset)
        offset &+= 1
        if mark == UInt8(ascii: ",") { break }
        guard mark == nesting.close else { throw unclosed(bytes, at: offset &- 1, nesting) }
        nesting.pop()
      }
      if nesting.depth == 0 { return offset }
      offset = blankEnd(bytes, from: offset)
    }
  }

  /// Offset of the value of the member whose key should start at `start`: after key, colon and
  /// white space (§4).
  @inline(__always)
  private static func member<Watcher: JSONKeyWatcher>(
    _ bytes: Span<UInt8>, at start: Int, _ depth: Int, _ watcher: inout Watcher
  ) throws(JSONError) -> Int {
    guard ByteSearch.peek(bytes, start) == UInt8(ascii: "\"") else {
      throw failure(.expectedKey, bytes, at: start)
    }
    var end = plainStringEnd(bytes, from: start &+ 1)
    let isPlain = end > 0
    if !isPlain {
      var dropped = 0
      end = try longStringEnd(bytes, from: start &+ 1 &- end, &dropped)
    }
    let value = try colonEnd(bytes, at: end)
    watcher.saw(
      Range(uncheckedBounds: (start &+ 1, end &- 1)), isPlain: isPlain, value: value, depth: depth,
      in: bytes)
    return value
  }

  /// The error where neither a comma nor the end of the innermost container follows a value.
  private static func unclosed(
    _ bytes: Span<UInt8>, at offset: Int, _ nesting: JSONNesting
  ) -> JSONError {
    failure(
      nesting.inObject ? .expectedCommaOrBrace : .expectedCommaOrBracket, bytes, at: offset)
  }

  /// Throws unless only white space follows from `from` (§2: one value, nothing after it).
  static func expectEnd(_ bytes: Span<UInt8>, from: Int) throws(JSONError) {
    let offset = blankEnd(bytes, from: from)
    if offset < bytes.count { throw JSONError(.trailingBytes, at: offset) }
  }
}

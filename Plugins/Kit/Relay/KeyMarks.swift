/// Finds the few keys of a streamed event that matter, without parsing the event.
///
/// A quote inside of a JSON string is always escaped, so a quoted word followed by a colon can only
/// be a key, and `"error"` never occurs inside of what a model says. This is the byte scanner of
/// the drivers: 64 bytes at a time, because it sees every event of every stream.
struct KeyMarks: OptionSet {
  let rawValue: UInt8

  /// An error that is not null.
  static let error = KeyMarks(rawValue: 1)
  /// A usage that is not null.
  static let usage = KeyMarks(rawValue: 2)
  /// llama.cpp's own count of tokens.
  static let timings = KeyMarks(rawValue: 4)
  /// A finish reason that is a string.
  static let finished = KeyMarks(rawValue: 8)
  /// A finish reason that says that the server could not go on, as vLLM and SGLang say it.
  static let givenUp = KeyMarks(rawValue: 16)
  /// A finish reason that is neither a string nor null: what it means is not known.
  static let oddReason = KeyMarks(rawValue: 32)

  /// Looks for the keys in all lines of `bytes`.
  static func all(in bytes: Span<UInt8>) -> KeyMarks {
    var all: KeyMarks = []
    var offset = 0
    while offset < bytes.count {
      let (end, marks) = scan(bytes, from: offset)
      all.formUnion(marks)
      offset = end &+ 1
    }
    return all
  }

  /// Looks for the keys from `from` to the end of the line. Returns with them the offset of the
  /// line break, or the end of the bytes if there is none.
  @inline(__always)
  static func scan(_ bytes: Span<UInt8>, from: Int) -> (end: Int, marks: KeyMarks) {
    var marks: KeyMarks = []
    var offset = from
    while offset < bytes.count {
      offset = nextMark(bytes, from: offset)
      let byte = ByteSearch.peek(bytes, offset)
      if byte == UInt8(ascii: "\"") {
        let (next, mark) = note(bytes, offset &+ 1)
        marks.formUnion(mark)
        offset = next
      } else if byte == 0x0A || byte == 0x0D || offset == bytes.count {
        break
      } else {
        offset &+= 1
      }
    }
    return (offset, marks)
  }

  /// The first offset from `from` that may hold the quote before one of the words, or a line break.
  private static func nextMark(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = from
    // What follows a mark is mostly the end of the event, so one block is looked at alone first.
    if bytes.count &- offset > 16 {
      let mark = ByteSearch.firstMark(marks(bytes, offset))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    // One byte more than a block is read, to see what follows the quote.
    while bytes.count &- offset > 64 {
      let first = marks(bytes, offset)
      let second = marks(bytes, offset &+ 16)
      let third = marks(bytes, offset &+ 32)
      let fourth = marks(bytes, offset &+ 48)
      if ByteSearch.isAny((first .| second) .| (third .| fourth)) {
        var mark = ByteSearch.firstMark(first)
        if mark != 16 { return offset &+ mark }
        mark = ByteSearch.firstMark(second)
        if mark != 16 { return offset &+ 16 &+ mark }
        mark = ByteSearch.firstMark(third)
        if mark != 16 { return offset &+ 32 &+ mark }
        return offset &+ 48 &+ ByteSearch.firstMark(fourth)
      }
      offset &+= 64
    }
    while bytes.count &- offset > 16 {
      let mark = ByteSearch.firstMark(marks(bytes, offset))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while offset < bytes.count {
      let byte = ByteSearch.peek(bytes, offset)
      if byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D { break }
      offset &+= 1
    }
    return offset
  }

  /// The marks among the sixteen bytes at `offset`: quotes before e, f, t and u, and line breaks.
  /// Some other control characters are among them, which do not occur in an event.
  @inline(__always)
  private static func marks(_ bytes: Span<UInt8>, _ offset: Int) -> ByteSearch.Mask {
    let block = ByteSearch.block(bytes, offset)
    let next = ByteSearch.block(bytes, offset &+ 1)
    let quotes: ByteSearch.Mask = block .== SIMD16(repeating: UInt8(ascii: "\""))
    let breaks: ByteSearch.Mask = block .<= SIMD16(repeating: 0x0D)
    // "e" and "u" differ in one bit.
    let eu: ByteSearch.Mask = (next | SIMD16(repeating: 0x10)) .== SIMD16(repeating: 0x75)
    let f: ByteSearch.Mask = next .== SIMD16(repeating: UInt8(ascii: "f"))
    let t: ByteSearch.Mask = next .== SIMD16(repeating: UInt8(ascii: "t"))
    return (quotes .& (eu .| f .| t)) .| breaks
  }

  /// Looks at the word that begins at `start`, after a quote. Returns where to go on.
  @inline(__always)
  private static func note(
    _ bytes: Span<UInt8>, _ start: Int
  ) -> (next: Int, mark: KeyMarks) {
    var mark: KeyMarks = []
    switch ByteSearch.peek(bytes, start) {
    case UInt8(ascii: "f"):
      if ByteSearch.holds(bytes, start, "finish_reason\"") {
        // What nearly every event says.
        if ByteSearch.holds(bytes, start &+ 14, ":null") { return (start &+ 19, []) }
        mark = finish(bytes, valueStart(bytes, start &+ 14))
      }
    case UInt8(ascii: "e"):
      if ByteSearch.holds(bytes, start, "error\""), !isNull(bytes, start &+ 6) { mark = .error }
    case UInt8(ascii: "u"):
      if ByteSearch.holds(bytes, start, "usage\""), !isNull(bytes, start &+ 6) { mark = .usage }
    case UInt8(ascii: "t"):
      if ByteSearch.holds(bytes, start, "timings\"") { mark = .timings }
    default: break
    }
    return (start, mark)
  }

  /// The marks of the finish reason at `value`.
  private static func finish(_ bytes: Span<UInt8>, _ value: Int) -> KeyMarks {
    guard ByteSearch.peek(bytes, value) == UInt8(ascii: "\"") else {
      return ByteSearch.peek(bytes, value) == UInt8(ascii: "n") ? [] : .oddReason
    }
    let hasGivenUp =
      ByteSearch.holds(bytes, value, "\"abort\"") || ByteSearch.holds(bytes, value, "\"error\"")
    return hasGivenUp ? [.finished, .givenUp] : .finished
  }

  /// Whether the value after the key that ends at `offset` is null.
  private static func isNull(_ bytes: Span<UInt8>, _ offset: Int) -> Bool {
    ByteSearch.peek(bytes, valueStart(bytes, offset)) == UInt8(ascii: "n")
  }

  /// The offset of the value after a key that ends at `offset`.
  static func valueStart(_ bytes: Span<UInt8>, _ offset: Int) -> Int {
    var offset = offset
    while true {
      switch ByteSearch.peek(bytes, offset) {
      case 0x20, UInt8(ascii: ":"): offset &+= 1
      default: return offset
      }
    }
  }
}

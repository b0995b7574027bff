/// Finds the few keys of a streamed event that matter, without parsing the event.
///
/// A quote inside of a JSON string is always escaped, so a quoted word followed by a colon can only
/// be a key, and `"error"` never occurs inside of what a model says. This is the byte scanner of
/// the drivers: 16 bytes at a time, because it sees every event of every stream.
struct KeyMarks {
  /// Words that were found.
  private(set) var hasError = false
  private(set) var hasUsage = false
  private(set) var hasTimings = false
  /// Offset after `"finish_reason"` whose value is not null.
  private(set) var finishReason: Int?
  /// Whether some finish reason says that the server could not go on, as vLLM and SGLang say it.
  private(set) var hasGivenUp = false

  /// Looks for them in `line[range]`.
  init(_ line: Span<UInt8>, _ range: Range<Int>) {
    var offset = range.lowerBound
    let quote = SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
    // One byte more than a block is read, to see what follows the quote.
    while range.upperBound &- offset > 16 {
      let next = ByteSearch.block(line, offset &+ 1)
      let candidates: ByteSearch.Mask =
        (next .== SIMD16(repeating: UInt8(ascii: "e")))
        .| (next .== SIMD16(repeating: UInt8(ascii: "u")))
        .| (next .== SIMD16(repeating: UInt8(ascii: "f")))
        .| (next .== SIMD16(repeating: UInt8(ascii: "t")))
      let quotes: ByteSearch.Mask = ByteSearch.block(line, offset) .== quote
      let mark = ByteSearch.firstMark(quotes .& candidates)
      if mark == 16 {
        offset &+= 16
      } else {
        note(line, offset &+ mark &+ 1, range.upperBound)
        offset &+= mark &+ 1
      }
    }
    while offset < range.upperBound {
      if ByteSearch.peek(line, offset) == UInt8(ascii: "\"") {
        note(line, offset &+ 1, range.upperBound)
      }
      offset &+= 1
    }
  }

  /// Looks at the word that begins at `start`, after a quote.
  private mutating func note(_ line: Span<UInt8>, _ start: Int, _ end: Int) {
    switch ByteSearch.peek(line, start) {
    case UInt8(ascii: "e"):
      if ByteText.matches("error\"", line, at: start), !isNull(line, start &+ 6) { hasError = true }
    case UInt8(ascii: "u"):
      if ByteText.matches("usage\"", line, at: start), !isNull(line, start &+ 6) { hasUsage = true }
    case UInt8(ascii: "t"):
      if ByteText.matches("timings\"", line, at: start) { hasTimings = true }
    case UInt8(ascii: "f"):
      if ByteText.matches("finish_reason\"", line, at: start), !isNull(line, start &+ 14) {
        finishReason = start &+ 14
        let value = Self.valueStart(line, start &+ 14)
        if ByteText.matches("\"abort\"", line, at: value)
          || ByteText.matches("\"error\"", line, at: value)
        {
          hasGivenUp = true
        }
      }
    default: break
    }
  }

  /// Whether the value after the key that ends at `offset` is null.
  private func isNull(_ line: Span<UInt8>, _ offset: Int) -> Bool {
    let value = Self.valueStart(line, offset)
    return ByteSearch.peek(line, value) == UInt8(ascii: "n")
  }

  /// The offset of the value after a key that ends at `offset`.
  static func valueStart(_ line: Span<UInt8>, _ offset: Int) -> Int {
    var offset = offset
    while true {
      switch ByteSearch.peek(line, offset) {
      case 0x20, UInt8(ascii: ":"): offset &+= 1
      default: return offset
      }
    }
  }
}

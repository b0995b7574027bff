/// Whether an event stream stands between two events (WHATWG HTML §9.2.6), judged by its last bytes.
struct EventTail {
  private(set) var isBetweenEvents = true
  /// The last bytes before the present range, newest lowest.
  private var history: UInt32 = 0

  /// Takes in the next bytes of the stream.
  mutating func note(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let wasBetween = isBetweenEvents
    for index in max(range.lowerBound, range.upperBound - 4)..<range.upperBound {
      history = history << 8 | UInt32(bytes[index])
    }
    isBetweenEvents = Self.endsEvent(history) || endsComment(bytes, range, wasBetween)
  }

  /// The end of the last whole event in the ranges, which lie one behind the other and begin with a
  /// line; nil if no event ends there. Looks from the end, where it is mostly near, back to `from`.
  static func lastBoundary(
    _ bytes: Span<UInt8>, _ ranges: [Range<Int>], from: Int
  ) -> Int? {
    for place in ranges.indices.reversed() where ranges[place].upperBound > from {
      let range = max(ranges[place].lowerBound, from)..<ranges[place].upperBound
      for index in range.reversed() where bytes[index] == 0x0a || bytes[index] == 0x0d {
        if endsEvent(history(bytes, ranges[...place], upTo: index)) { return index + 1 }
      }
    }
    return nil
  }

  /// The four bytes that end at `index` of the last range, newest lowest.
  private static func history(
    _ bytes: Span<UInt8>, _ ranges: ArraySlice<Range<Int>>, upTo index: Int
  ) -> UInt32 {
    var history: UInt32 = 0
    var count: UInt32 = 0
    for range in ranges.reversed() {
      for offset in range.reversed() where offset <= index {
        history |= UInt32(bytes[offset]) << (8 * count)
        count += 1
        if count == 4 { return history }
      }
    }
    // A line begins behind the end of another, whichever of the three it was.
    return count < 3 ? history | 0x0d0a << (8 * count) : history | 0x0a << 24
  }

  /// An empty line: LF LF, CR LF CR LF, or CR CR.
  private static func endsEvent(_ history: UInt32) -> Bool {
    history & 0xffff == 0x0a0a || history == 0x0d0a_0d0a || history & 0xffff == 0x0d0d
  }

  /// A comment line between two events may be sent by itself: it keeps the connection alive.
  private func endsComment(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ wasBetween: Bool
  ) -> Bool {
    guard bytes[range.upperBound - 1] == 0x0a else { return false }
    var start = range.upperBound - 1
    while start > range.lowerBound, bytes[start - 1] != 0x0a { start -= 1 }
    guard bytes[start] == UInt8(ascii: ":") else { return false }
    guard start > range.lowerBound else { return wasBetween }
    return start - 2 >= range.lowerBound && bytes[start - 2] == 0x0a
  }
}

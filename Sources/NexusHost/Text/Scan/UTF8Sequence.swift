/// Checking and writing UTF-8 (RFC 3629) a sequence at a time. Pure.
enum UTF8Sequence {
  /// U+FFFD, which stands for what cannot be decoded.
  static let replacement: UInt32 = 0xFFFD

  /// The length in bytes of the well-formed sequence above ASCII that starts `word` (four bytes,
  /// little-endian, zeros after the end of the input), or 0 if there is none: no continuation
  /// byte on its own, no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629 §4).
  @inline(__always)
  static func length(_ word: UInt32) -> Int {
    if word & 0x00C0_C0F0 == 0x0080_80E0 {
      // Low bits of the first byte and bit 5 of the second: E0 80..9F is overlong, ED A0..BF a
      // surrogate.
      let lead = word & 0x200F
      return lead != 0 && lead != 0x200D ? 3 : 0
    }
    if word & 0xC0E0 == 0x80C0 { return word & 0x1E != 0 ? 2 : 0 }
    if word & 0xC0C0_C0F8 == 0x8080_80F0 {
      let lead = word & 7
      let second = word & 0x3000
      return lead == 0 ? (second != 0 ? 4 : 0) : (lead < 4 || (lead == 4 && second == 0) ? 4 : 0)
    }
    return 0
  }

  /// The first offset from `from` at which no well-formed sequence above ASCII starts.
  static func runEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = from
    while true {
      let length = length(ByteSearch.word(bytes, offset))
      if length == 0 { return offset }
      offset &+= length
    }
  }

  /// The first offset from `from`, where text above ASCII begins, of something that needs a second look
  /// inside a JSON string: a quote, a backslash, a control character, or a sequence that is not well
  /// formed; or of a longer run of plain ASCII. `from` itself only if no sequence starts there.
  static func textEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = from
    // A block is judged together with the three bytes before it, in which a sequence may begin.
    while offset >= 3, bytes.count &- offset >= 16 {
      let block = ByteSearch.block(bytes, offset)
      let marks = ByteSearch.asciiMarks(block)
      let bad = Self.badLanes(bytes, offset, block)
      let all: ByteSearch.Mask = marks .| bad
      if ByteSearch.isAny(all) {
        let mark = ByteSearch.firstMark(marks)
        // Whatever comes after the mark is none of the string's text.
        if ByteSearch.firstMark(bad) > mark { return offset &+ mark }
        break
      }
      if !ByteSearch.isAny(ByteSearch.highLanes(block)) { return offset }
      offset &+= 16
    }
    return runEnd(bytes, from: sequenceStart(bytes, offset, notBefore: from))
  }

  /// Where the sequence begins that goes on at `offset`; all before it are well formed and complete.
  private static func sequenceStart(
    _ bytes: Span<UInt8>, _ offset: Int, notBefore first: Int
  ) -> Int {
    for (back, lead) in [(1, 0xC0 as UInt8), (2, 0xE0), (3, 0xF0)] where offset &- back >= first {
      if ByteSearch.peek(bytes, offset &- back) >= lead { return offset &- back }
    }
    return offset
  }

  /// The lanes of the sixteen bytes at `offset` that are no part of a well-formed sequence (RFC 3629
  /// §4), by comparisons alone: there is no table look-up that every processor has.
  @inline(__always)
  private static func badLanes(
    _ bytes: Span<UInt8>, _ offset: Int, _ block: SIMD16<UInt8>
  ) -> ByteSearch.Mask {
    typealias Mask = ByteSearch.Mask
    let one = ByteSearch.block(bytes, offset &- 1)
    let two = ByteSearch.block(bytes, offset &- 2)
    let three = ByteSearch.block(bytes, offset &- 3)
    // A lead byte is followed by one, two or three tails, and nothing else is.
    let after: Mask = ByteSearch.isAtLeast(two, 0xE0) .| ByteSearch.isAtLeast(three, 0xF0)
    let isAwaited: Mask = ByteSearch.isAtLeast(one, 0xC0) .| after
    let misplaced: Mask = ByteSearch.isBelow(block, -64) .^ isAwaited
    // C0 and C1 are overlong, and nothing begins with F5 or above.
    let even: SIMD16<UInt8> = block & SIMD16<UInt8>(repeating: 0xFE)
    let noLead: Mask = ByteSearch.isEqual(even, 0xC0) .| ByteSearch.isAtLeast(block, 0xF5)
    // Overlong after E0 and F0, a surrogate after ED, beyond U+10FFFF after F4.
    let low: Mask = ByteSearch.isBelow(block, -96)
    let lowest: Mask = ByteSearch.isBelow(block, -112)
    let notLow: Mask = .!low
    let notLowest: Mask = .!lowest
    let overlongThree: Mask = ByteSearch.isEqual(one, 0xE0) .& low
    let overlongFour: Mask = ByteSearch.isEqual(one, 0xF0) .& lowest
    let surrogate: Mask = ByteSearch.isEqual(one, 0xED) .& notLow
    let beyond: Mask = ByteSearch.isEqual(one, 0xF4) .& notLowest
    let overlong: Mask = overlongThree .| overlongFour
    let outside: Mask = surrogate .| beyond
    let second: Mask = overlong .| outside
    let shape: Mask = misplaced .| noLead
    return shape .| second
  }

  /// The bytes of a scalar value, first byte lowest, and how many they are (1...4). Surrogates and
  /// values above U+10FFFF become U+FFFD.
  static func encode(_ value: UInt32) -> (word: UInt32, count: Int) {
    if value < 0x80 { return (value, 1) }
    if value < 0x800 { return (0xC0 | value &>> 6 | tail(value) &<< 8, 2) }
    if value > 0x10FFFF || value & 0xFFFF_F800 == 0xD800 { return encode(replacement) }
    if value < 0x1_0000 {
      return (0xE0 | value &>> 12 | tail(value &>> 6) &<< 8 | tail(value) &<< 16, 3)
    }
    let upper = 0xF0 | value &>> 18 | tail(value &>> 12) &<< 8
    return (upper | tail(value &>> 6) &<< 16 | tail(value) &<< 24, 4)
  }

  /// Appends a scalar value as UTF-8.
  static func append(_ value: UInt32, to out: inout [UInt8]) {
    var (word, count) = encode(value)
    while count > 0 {
      out.append(UInt8(truncatingIfNeeded: word))
      word &>>= 8
      count &-= 1
    }
  }

  private static func tail(_ value: UInt32) -> UInt32 { 0x80 | value & 0x3F }
}

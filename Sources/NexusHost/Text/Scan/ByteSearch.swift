/// Searches in bytes at the speed of `memchr`, shared by the JSON, SSE and HTTP parsers.
///
/// This is the byte scanner of the house: the only code of this folder that reads without the
/// bounds checks of `Span`. Every function takes any offset, checks it itself, and returns an
/// offset of at most `bytes.count` if it was given one. Pure; may be called on any thread.
public enum ByteSearch {
  /// One lane for each of sixteen bytes. Comparisons must have this type written down: where it is
  /// inferred, the compiler takes a generic operator that works lane by lane, fifty times slower.
  @usableFromInline typealias Mask = SIMDMask<SIMD16<Int8>>

  /// The byte at `offset`, or 0 outside of the bytes. No grammar here gives NUL a meaning, so a
  /// parser needs no separate test for the end.
  @inlinable @inline(__always)
  public static func peek(_ bytes: Span<UInt8>, _ offset: Int) -> UInt8 {
    UInt(bitPattern: offset) < UInt(bitPattern: bytes.count) ? bytes[unchecked: offset] : 0
  }

  /// The first offset from `from` whose byte needs a second look inside a JSON string: a quote, a
  /// backslash, a control character or a byte above ASCII. `bytes.count` if there is none.
  public static func plainTextEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    // Most runs are short, so one block is looked at alone before four at a time.
    if bytes.count &- offset >= 16 {
      let mark = firstMark(textMarks(block(bytes, offset)))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while bytes.count &- offset >= 64 {
      let first = textMarks(block(bytes, offset))
      let second = textMarks(block(bytes, offset &+ 16))
      let third = textMarks(block(bytes, offset &+ 32))
      let fourth = textMarks(block(bytes, offset &+ 48))
      let low: Mask = first .| second
      let high: Mask = third .| fourth
      let all: Mask = low .| high
      if isAny(all) {
        let mark = firstMark(first)
        if mark != 16 { return offset &+ mark }
        let next = firstMark(second)
        if next != 16 { return offset &+ 16 &+ next }
        let later = firstMark(third)
        return offset &+ 32 &+ (later != 16 ? later : 16 &+ firstMark(fourth))
      }
      offset &+= 64
    }
    while bytes.count &- offset >= 16 {
      let mark = firstMark(textMarks(block(bytes, offset)))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while offset < bytes.count, !isTextMark(bytes[unchecked: offset]) { offset &+= 1 }
    return offset
  }

  /// The first offset from `from` that holds `byte`, or `bytes.count` if there is none.
  public static func firstIndex(of byte: UInt8, in bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    let wanted = SIMD16<UInt8>(repeating: byte)
    while bytes.count &- offset >= 16 {
      let mark = firstMark(block(bytes, offset) .== wanted)
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while offset < bytes.count, bytes[unchecked: offset] != byte { offset &+= 1 }
    return offset
  }

  /// The first offset from `from` that holds a carriage return or a line feed, or the end.
  public static func lineBreak(in bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    while bytes.count &- offset >= 16 {
      let block = block(bytes, offset)
      let mark = firstMark(
        (block .== SIMD16(repeating: 0x0A)) .| (block .== SIMD16(repeating: 0x0D)))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while offset < bytes.count, bytes[unchecked: offset] != 0x0A, bytes[unchecked: offset] != 0x0D {
      offset &+= 1
    }
    return offset
  }

  /// The four bytes at `offset` as a little-endian word, with zeros for those beyond the end.
  @inline(__always)
  static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt32 {
    if offset >= 0, bytes.count &- offset >= 4 {
      let raw = bytes.bytes
      return UInt32(
        littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }
    return UInt32(peek(bytes, offset)) | UInt32(peek(bytes, offset &+ 1)) << 8
      | UInt32(peek(bytes, offset &+ 2)) << 16 | UInt32(peek(bytes, offset &+ 3)) << 24
  }

  /// Whether `text` stands at `offset`. Where `text` is a literal, this compiles to a comparison of
  /// one or two words.
  @inlinable @inline(__always)
  public static func holds(_ bytes: Span<UInt8>, _ offset: Int, _ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard offset >= 0, bytes.count &- offset >= count else { return false }
    return isEqual(bytes, offset, text.utf8Start, count)
  }

  /// Whether the `count` bytes at `offset`, which the caller has checked to be there, are those at
  /// `other`. By words, because a driver has no `memcmp` that the compiler knows.
  ///
  /// - Parameter ignored: bits in which bytes may differ, the same in each byte of the word.
  @inlinable @inline(__always)
  static func isEqual(
    _ bytes: Span<UInt8>, _ offset: Int, _ other: UnsafePointer<UInt8>, _ count: Int,
    ignoring ignored: UInt64 = 0
  ) -> Bool {
    var index = 0
    while count &- index >= 8 {
      if !sameWord(bytes, offset, other, index, ignored) { return false }
      index &+= 8
    }
    // The rest in words that overlap what was compared.
    if count >= 8 { return sameWord(bytes, offset, other, count &- 8, ignored) }
    if count >= 4 {
      let half = UInt32(truncatingIfNeeded: ignored)
      return sameWord(bytes, offset, other, 0, half)
        && sameWord(bytes, offset, other, count &- 4, half)
    }
    while index < count {
      if !sameWord(bytes, offset, other, index, UInt8(truncatingIfNeeded: ignored)) {
        return false
      }
      index &+= 1
    }
    return true
  }

  @inlinable @inline(__always)
  static func sameWord<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, _ offset: Int, _ other: UnsafePointer<UInt8>, _ index: Int,
    _ ignored: Word
  ) -> Bool {
    let word = bytes.bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: offset &+ index, as: Word.self)
    let wanted = UnsafeRawPointer(other).loadUnaligned(fromByteOffset: index, as: Word.self)
    return word | ignored == wanted | ignored
  }

  /// Sixteen bytes at `offset`. The caller has checked that they are there.
  @inlinable @inline(__always)
  static func block(_ bytes: Span<UInt8>, _ offset: Int) -> SIMD16<UInt8> {
    bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  /// The first lane that is set, or 16 if none is.
  @inlinable @inline(__always)
  static func firstMark(_ marks: Mask) -> Int {
    // Two 64-bit halves: the instruction that gathers mask bits has no name in Swift, and this
    // compiles to moves and a bit scan on every architecture. Lane 0 is the lowest byte.
    let halves = unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    if halves.x != 0 { return halves.x.littleEndian.trailingZeroBitCount &>> 3 }
    if halves.y != 0 { return 8 &+ halves.y.littleEndian.trailingZeroBitCount &>> 3 }
    return 16
  }

  /// The lanes that are set, one bit in each byte of two words, the first lane lowest.
  @inline(__always)
  static func lanes(_ marks: Mask) -> (low: UInt64, high: UInt64) {
    let halves = unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    let ones: UInt64 = 0x0101_0101_0101_0101
    return (halves.x.littleEndian & ones, halves.y.littleEndian & ones)
  }

  /// Whether any lane is set.
  @inline(__always)
  static func isAny(_ marks: Mask) -> Bool {
    let halves = unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    return halves.x | halves.y != 0
  }

  /// As signed bytes, everything above ASCII is negative: one comparison finds it together with
  /// the control characters.
  @inline(__always)
  static func textMarks(_ block: SIMD16<UInt8>) -> Mask {
    let signed = unsafeBitCast(block, to: SIMD16<Int8>.self)
    return (signed .== SIMD16(repeating: 0x22)) .| (signed .== SIMD16(repeating: 0x5C))
      .| (signed .< SIMD16(repeating: 0x20))
  }

  /// The same without the bytes above ASCII.
  @inline(__always)
  static func asciiMarks(_ block: SIMD16<UInt8>) -> Mask {
    let signed = unsafeBitCast(block, to: SIMD16<Int8>.self)
    let isLow: Mask = signed .< SIMD16(repeating: 0x20)
    let isASCII: Mask = signed .>= SIMD16(repeating: 0)
    let isControl: Mask = isLow .& isASCII
    let isQuote: Mask = signed .== SIMD16(repeating: 0x22)
    let isMark: Mask = (signed .== SIMD16(repeating: 0x5C)) .| isQuote
    return isMark .| isControl
  }

  /// The bytes above ASCII.
  @inline(__always)
  static func highLanes(_ block: SIMD16<UInt8>) -> Mask { isBelow(block, 0) }

  /// The bytes that, taken as signed, are below a number.
  @inline(__always)
  static func isBelow(_ block: SIMD16<UInt8>, _ bound: Int8) -> Mask {
    let signed = unsafeBitCast(block, to: SIMD16<Int8>.self)
    let mask: Mask = signed .< SIMD16(repeating: bound)
    return mask
  }

  /// The bytes that are at least `bound`.
  @inline(__always)
  static func isAtLeast(_ block: SIMD16<UInt8>, _ bound: UInt8) -> Mask {
    let mask: Mask = block .>= SIMD16(repeating: bound)
    return mask
  }

  /// The bytes that are `byte`.
  @inline(__always)
  static func isEqual(_ block: SIMD16<UInt8>, _ byte: UInt8) -> Mask {
    let mask: Mask = block .== SIMD16(repeating: byte)
    return mask
  }

  @inline(__always)
  private static func isTextMark(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C
  }
}

extension Array where Element == UInt8 {
  /// Appends a copy of `bytes[range]`; a range outside of the bytes is cut to them.
  public mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let part = bytes.extracting(range.clamped(to: 0..<bytes.count))
    let count = part.count
    guard count > 0 else { return }
    // Array has no bulk append from a span, and its generic one copies byte by byte in drivers. The
    // pointers do not outlive the closures.
    part.withUnsafeBufferPointer { source in
      append(addingCapacity: count) { target in
        target.withUnsafeMutableBufferPointer { memory, used in
          guard let from = source.baseAddress, let to = memory.baseAddress else { return }
          (to + used).initialize(from: from, count: count)
          used += count
        }
      }
    }
  }
}

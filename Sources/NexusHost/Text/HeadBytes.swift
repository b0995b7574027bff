/// The searches that an HTTP head needs (RFC 9110 §5.5, §5.6.2; RFC 9112 §3).
extension ByteSearch {
  /// The first offset from `from` whose byte is not part of a token, which is what field names and
  /// methods are made of.
  public static func tokenEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    // Letters, digits and '-' sixteen at a time: nearly every name consists of them.
    while bytes.count &- offset >= 16 {
      let block = block(bytes, offset)
      let letters = (block | 0x20) &- SIMD16<UInt8>(repeating: UInt8(ascii: "a"))
      let digits = block &- SIMD16<UInt8>(repeating: UInt8(ascii: "0"))
      let common: Mask =
        (letters .< SIMD16<UInt8>(repeating: 26)) .| (digits .< SIMD16<UInt8>(repeating: 10))
        .| (block .== SIMD16<UInt8>(repeating: UInt8(ascii: "-")))
      let mark = firstMark(.!common)
      offset &+= mark
      if mark != 16 { break }
    }
    while isToken(peek(bytes, offset)) { offset &+= 1 }
    return offset
  }

  /// The first offset from `from` whose byte is not visible ASCII (0x21 to 0x7E), or the end.
  public static func visibleEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    while bytes.count &- offset >= 16 {
      // As signed bytes, everything above ASCII is below the space too.
      let block = unsafeBitCast(block(bytes, offset), to: SIMD16<Int8>.self)
      let mark = firstMark(
        (block .< SIMD16(repeating: 0x21)) .| (block .== SIMD16(repeating: 0x7F)))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while peek(bytes, offset) &- 0x21 < 0x5E { offset &+= 1 }
    return offset
  }

  /// The first offset from `from` that holds a control character (below 0x20, or 0x7F), or the
  /// end. Bytes above ASCII are none.
  public static func controlIndex(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    while bytes.count &- offset >= 16 {
      let block = block(bytes, offset)
      let mark = firstMark(
        (block .< SIMD16(repeating: 0x20)) .| (block .== SIMD16(repeating: 0x7F)))
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while offset < bytes.count, peek(bytes, offset) >= 0x20, peek(bytes, offset) != 0x7F {
      offset &+= 1
    }
    return offset
  }

  /// Whether a byte may stand in a token (RFC 9110 §5.6.2).
  @inline(__always)
  public static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }

  /// Whether `bytes[range]` equals `lowercase`, letters in either case. `lowercase` holds small
  /// letters, digits and punctuation below "@"; `bytes[range]` no control characters but tabs, as
  /// in a head that was parsed.
  public static func equalsIgnoringCase(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ lowercase: StaticString
  ) -> Bool {
    let count = lowercase.utf8CodeUnitCount
    guard range.count == count, range.lowerBound >= 0, range.upperBound <= bytes.count else {
      return false
    }
    // Eight bytes at a time. Setting bit 5 turns capitals into small letters and leaves the other
    // characters of such names as they are; what it also turns into those are control characters.
    let name = UnsafeRawPointer(lowercase.utf8Start)
    let raw = bytes.bytes
    var index = 0
    while count &- index >= 8 {
      let word = raw.unsafeLoadUnaligned(
        fromUncheckedByteOffset: range.lowerBound &+ index, as: UInt64.self)
      let wanted = name.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if word | 0x2020_2020_2020_2020 != wanted | 0x2020_2020_2020_2020 { return false }
      index &+= 8
    }
    while index < count {
      if bytes[unchecked: range.lowerBound &+ index] | 0x20 != lowercase.utf8Start[index] | 0x20 {
        return false
      }
      index &+= 1
    }
    return true
  }
}

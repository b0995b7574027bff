/// The searches that an HTTP head needs (RFC 9110 §5.5, §5.6.2; RFC 9112 §3).
extension ByteSearch {
  /// The first offset from `from` whose byte is not part of a token, which is what field names and
  /// methods are made of.
  @inlinable @inline(__always)
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
  @inlinable @inline(__always)
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

  /// The first offset from `from` whose byte cannot stand in the path of a request target: no
  /// visible ASCII character, or the "?" or "#" that ends it (RFC 3986 §3.3), or the end.
  public static func pathEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    while bytes.count &- offset >= 16 {
      let block = unsafeBitCast(block(bytes, offset), to: SIMD16<Int8>.self)
      let marks: Mask =
        (block .< SIMD16(repeating: 0x21)) .| (block .== SIMD16(repeating: 0x7F))
        .| (block .== SIMD16(repeating: 0x3F)) .| (block .== SIMD16(repeating: 0x23))
      let mark = firstMark(marks)
      if mark != 16 { return offset &+ mark }
      offset &+= 16
    }
    while true {
      let byte = peek(bytes, offset)
      if byte &- 0x21 >= 0x5E || byte == 0x3F || byte == 0x23 { return offset }
      offset &+= 1
    }
  }

  /// The first offset from `from` whose byte cannot stand in "host" or "host:port" (RFC 3986
  /// §3.2.2), or the end. User information is not allowed in HTTP (RFC 9110 §4.2.4).
  public static func authorityEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = max(from, 0)
    // Letters and '-' to ':' without '/': nearly every name and address consists of them.
    while bytes.count &- offset >= 16 {
      let block = block(bytes, offset)
      let letters = (block | 0x20) &- SIMD16<UInt8>(repeating: UInt8(ascii: "a"))
      let others = block &- SIMD16<UInt8>(repeating: UInt8(ascii: "-"))
      let slash: Mask = block .== SIMD16<UInt8>(repeating: UInt8(ascii: "/"))
      let common: Mask =
        (letters .< SIMD16<UInt8>(repeating: 26))
        .| ((others .< SIMD16<UInt8>(repeating: 14)) .& .!slash)
      let mark = firstMark(.!common)
      offset &+= mark
      if mark != 16 { break }
    }
    while isAuthority(peek(bytes, offset)) { offset &+= 1 }
    return offset
  }

  /// Whether a byte may stand in a token (RFC 9110 §5.6.2).
  @inlinable @inline(__always)
  public static func isToken(_ byte: UInt8) -> Bool {
    // One bit for each of the characters 0x00 to 0x3F, and 0x40 to 0x7F.
    let set: UInt64 = byte < 0x40 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
    return byte < 0x80 && set &>> UInt64(byte & 0x3F) & 1 != 0
  }

  private static func isAuthority(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["),
      UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  /// Whether `bytes[range]` equals `lowercase`, letters in either case. `lowercase` holds small
  /// letters, digits and punctuation below "@"; `bytes[range]` no control characters but tabs, as
  /// in a head that was parsed.
  @inlinable @inline(__always)
  public static func equalsIgnoringCase(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ lowercase: StaticString
  ) -> Bool {
    range.count == lowercase.utf8CodeUnitCount
      && holdsIgnoringCase(bytes, range.lowerBound, lowercase)
  }

  /// Whether `lowercase` stands at `offset`, letters in either case; for the same characters as
  /// `equalsIgnoringCase`. Where it is a literal, this compiles to a comparison of few words.
  @inlinable @inline(__always)
  public static func holdsIgnoringCase(
    _ bytes: Span<UInt8>, _ offset: Int, _ lowercase: StaticString
  ) -> Bool {
    let count = lowercase.utf8CodeUnitCount
    guard offset >= 0, bytes.count &- offset >= count else { return false }
    // Setting bit 5 turns capitals into small letters and leaves the other characters of such
    // names as they are; what it also turns into those are control characters.
    return isEqual(bytes, offset, lowercase.utf8Start, count, ignoring: 0x2020_2020_2020_2020)
  }
}

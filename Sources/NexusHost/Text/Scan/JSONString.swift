/// Reading the inside of JSON strings that the lexer has accepted (RFC 8259 §7). `range` is always
/// the bytes between the quotes. Nothing here traps on other bytes: they come out as they are.
enum JSONString {
  /// Whether the string, decoded, equals `text`. Allocates nothing.
  @inline(__always)
  static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    let count = range.upperBound &- range.lowerBound
    let length = text.utf8CodeUnitCount
    // An escape is always longer than what it stands for.
    guard count >= length, length > 0 else { return count == length }
    let first = ByteSearch.peek(bytes, range.lowerBound)
    guard first == text.utf8Start[0] || first == UInt8(ascii: "\\") else { return false }
    if count == length { return ByteSearch.holds(bytes, range.lowerBound, text) }
    return decodesTo(bytes, range, text)
  }

  /// The same for a string that must contain an escape to be equal.
  private static func decodesTo(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString
  ) -> Bool {
    let length = text.utf8CodeUnitCount
    var offset = range.lowerBound
    var index = 0
    while offset < range.upperBound {
      let byte = ByteSearch.peek(bytes, offset)
      if byte != UInt8(ascii: "\\") {
        guard index < length, text.utf8Start[index] == byte else { return false }
        offset &+= 1
        index &+= 1
        continue
      }
      let (value, next) = unescape(bytes, at: offset)
      var (word, count) = UTF8Sequence.encode(value)
      while count > 0 {
        guard index < length, text.utf8Start[index] == UInt8(truncatingIfNeeded: word) else {
          return false
        }
        word &>>= 8
        count &-= 1
        index &+= 1
      }
      offset = next
    }
    return index == length
  }

  /// The string decoded, as UTF-8. Surrogates without a partner become U+FFFD.
  static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(range.count)
    // Without what follows, so that a search ends where the string ends.
    let text = bytes.extracting(0..<max(0, min(range.upperBound, bytes.count)))
    var offset = range.lowerBound
    while offset < text.count {
      let escape = ByteSearch.firstIndex(of: UInt8(ascii: "\\"), in: text, from: offset)
      out.append(text, offset..<escape)
      guard escape < text.count else { break }
      let (value, next) = unescape(text, at: escape)
      UTF8Sequence.append(value, to: &out)
      offset = next
    }
    return out
  }

  /// The scalar value that the escape at `start` stands for, and the offset after it.
  private static func unescape(_ bytes: Span<UInt8>, at start: Int) -> (value: UInt32, next: Int) {
    let byte = ByteSearch.peek(bytes, start &+ 1)
    switch byte {
    case UInt8(ascii: "b"): return (0x08, start &+ 2)
    case UInt8(ascii: "f"): return (0x0C, start &+ 2)
    case UInt8(ascii: "n"): return (0x0A, start &+ 2)
    case UInt8(ascii: "r"): return (0x0D, start &+ 2)
    case UInt8(ascii: "t"): return (0x09, start &+ 2)
    case UInt8(ascii: "u"): break
    default: return (UInt32(byte), start &+ 2)
    }
    let first = unit(bytes, at: start) ?? UTF8Sequence.replacement
    guard first & 0xFFFF_F800 == 0xD800 else { return (first, start &+ 6) }
    guard first < 0xDC00, let second = unit(bytes, at: start &+ 6), second & 0xFC00 == 0xDC00
    else { return (UTF8Sequence.replacement, start &+ 6) }
    return (0x1_0000 &+ (first & 0x3FF) &<< 10 &+ (second & 0x3FF), start &+ 12)
  }

  /// The UTF-16 unit of the escape with four hexadecimal digits at `start`, or nil if there is none.
  private static func unit(_ bytes: Span<UInt8>, at start: Int) -> UInt32? {
    guard ByteSearch.peek(bytes, start) == UInt8(ascii: "\\"),
      ByteSearch.peek(bytes, start &+ 1) == UInt8(ascii: "u")
    else { return nil }
    var value: UInt32 = 0
    for offset in (start &+ 2)..<(start &+ 6) {
      guard let digit = JSONLexer.hexDigit(ByteSearch.peek(bytes, offset)) else { return nil }
      value = value &<< 4 | digit
    }
    return value
  }
}

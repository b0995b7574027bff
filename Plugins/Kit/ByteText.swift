/// Text as bytes. Drivers use no `String`: its tables for Unicode would be most of their size.
public enum ByteText {
  /// The bytes of `text`.
  public static func bytes(_ text: StaticString) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8CodeUnitCount)
    JSONWriter.appendRaw(text, to: &out)
    return out
  }

  /// Where `text` first occurs, or nil.
  public static func firstIndex(of text: StaticString, in bytes: Span<UInt8>, from: Int = 0) -> Int?
  {
    let count = text.utf8CodeUnitCount
    guard count > 0 else { return nil }
    var offset = from
    while true {
      offset = ByteSearch.firstIndex(of: text.utf8Start[0], in: bytes, from: offset)
      guard offset <= bytes.count - count else { return nil }
      if matches(text, bytes, at: offset) { return offset }
      offset += 1
    }
  }

  /// Whether `text` stands at `offset`.
  public static func matches(_ text: StaticString, _ bytes: Span<UInt8>, at offset: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard offset >= 0, offset <= bytes.count - count else { return false }
    for index in 0..<count where bytes[offset + index] != text.utf8Start[index] { return false }
    return true
  }

  /// Whether `text` occurs in `bytes`.
  public static func contains(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    firstIndex(of: text, in: bytes.span) != nil
  }

  /// Whether any of `texts` occurs in `bytes`.
  public static func contains(_ bytes: [UInt8], anyOf texts: StaticString...) -> Bool {
    for text in texts where contains(bytes, text) { return true }
    return false
  }

  /// Whether `bytes` are exactly `text`.
  public static func equals(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && matches(text, bytes.span, at: 0)
  }

  /// Whether `bytes` begin with `text`.
  public static func hasPrefix(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    matches(text, bytes.span, at: 0)
  }

  /// Whether `bytes` end with `text`.
  public static func hasSuffix(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    matches(text, bytes.span, at: bytes.count - text.utf8CodeUnitCount)
  }

  /// Whether `bytes` are `text`, which is in lower case, in any case of ASCII letters.
  public static func equalsIgnoringCase(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where lower(bytes[index]) != text.utf8Start[index] { return false }
    return true
  }

  /// `bytes` with ASCII letters in lower case.
  public static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes
    for index in 0..<out.count { out[index] = lower(out[index]) }
    return out
  }

  /// The decimal number at `from`, after blanks, without sign; nil if there is none or it is huge.
  public static func decimal(_ bytes: Span<UInt8>, from: Int) -> UInt64? {
    var offset = max(from, 0)
    while ByteSearch.peek(bytes, offset) == 0x20 { offset += 1 }
    var value: UInt64?
    while true {
      let digit = ByteSearch.peek(bytes, offset) &- UInt8(ascii: "0")
      guard digit < 10 else { return value }
      let sofar = value ?? 0
      guard sofar < 100_000_000_000_000_000 else { return nil }
      value = sofar * 10 + UInt64(digit)
      offset += 1
    }
  }

  /// One line of at most `limit` bytes that may be shown: control characters become blanks, and
  /// what is not UTF-8 becomes question marks.
  public static func line(_ bytes: [UInt8], limit: Int) -> [UInt8] {
    var out: [UInt8] = []
    let span = bytes.span
    var offset = 0
    while offset < span.count, out.count < limit {
      let byte = span[offset]
      if byte >= 0x80 {
        let end = offset + UTF8Sequence.length(ByteSearch.word(span, offset))
        if end == offset || out.count + end - offset > limit {
          if end != offset { break }
          out.append(UInt8(ascii: "?"))
          offset += 1
        } else {
          out.append(span, offset..<end)
          offset = end
        }
        continue
      }
      out.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
      offset += 1
    }
    return out
  }

  /// `bytes` with everything percent-encoded that cannot stand in a query value or a path segment
  /// (RFC 3986 §2.3).
  public static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        out.append(byte)
      default:
        out.append(UInt8(ascii: "%"))
        out.append(hexDigit(byte >> 4))
        out.append(hexDigit(byte & 15))
      }
    }
    return out
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}

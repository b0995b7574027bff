/// Writes the framing of the chunked transfer coding (RFC 9112 §7.1). Around each piece of payload
/// go `appendPrefix` and `appendSuffix`; `appendEnd` closes the body. Pure.
public enum ChunkedEncoder {
  /// Most bytes that `appendPrefix` appends.
  public static let maxPrefix = 18

  /// Appends the size line of a chunk of `length` bytes. A length below 1 appends nothing, for it
  /// would end the body.
  public static func appendPrefix(length: Int, to out: inout [UInt8]) {
    guard length > 0 else { return }
    var shift = (Int.bitWidth &- 1 &- length.leadingZeroBitCount) & ~3
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: length &>> shift) & 15
      out.append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
      shift &-= 4
    }
    appendSuffix(to: &out)
  }

  /// Appends what follows the payload of a chunk.
  public static func appendSuffix(to out: inout [UInt8]) {
    out.append(0x0D)
    out.append(0x0A)
  }

  /// Appends the last chunk and an empty trailer section.
  public static func appendEnd(to out: inout [UInt8]) {
    out.append(UInt8(ascii: "0"))
    appendSuffix(to: &out)
    appendSuffix(to: &out)
  }
}

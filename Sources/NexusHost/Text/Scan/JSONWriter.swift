/// Appends JSON values to a byte array (RFC 8259). The output is always valid UTF-8. Pure; may be
/// called on any thread.
public enum JSONWriter {
  /// Appends `raw` as a string with quotes and escapes. Bytes that are not UTF-8 become U+FFFD,
  /// one for each.
  public static func appendString(_ raw: Span<UInt8>, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var offset = 0
    var copied = 0
    while true {
      offset = ByteSearch.plainTextEnd(raw, from: offset)
      guard offset < raw.count else { break }
      let byte = ByteSearch.peek(raw, offset)
      if byte >= 0x80 {
        let end = UTF8Sequence.runEnd(raw, from: offset)
        if end > offset {
          offset = end
          continue
        }
      }
      out.append(raw, copied..<offset)
      appendEscape(byte, to: &out)
      offset &+= 1
      copied = offset
    }
    out.append(raw, copied..<raw.count)
    out.append(UInt8(ascii: "\""))
  }

  /// Appends `raw` as a string with quotes and escapes. Bytes that are not UTF-8 become U+FFFD.
  public static func appendString(_ raw: [UInt8], to out: inout [UInt8]) {
    appendString(raw.span, to: &out)
  }

  /// Appends `text` as a string with quotes and escapes.
  public static func appendString(_ text: StaticString, to out: inout [UInt8]) {
    var raw: [UInt8] = []
    appendRaw(text, to: &raw)
    appendString(raw.span, to: &out)
  }

  /// Appends the bytes of `text` as they are: for punctuation and fixed parts of a JSON text.
  public static func appendRaw(_ text: StaticString, to out: inout [UInt8]) {
    for index in 0..<text.utf8CodeUnitCount { out.append(text.utf8Start[index]) }
  }

  /// Appends an integer in decimal.
  public static func appendInteger(_ value: Int64, to out: inout [UInt8]) {
    if value < 0 { out.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    let first = out.count
    repeat {
      out.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    // The digits came out last first.
    var low = first
    var high = out.count &- 1
    while low < high {
      out.swapAt(low, high)
      low &+= 1
      high &-= 1
    }
  }

  /// Appends `true` or `false`.
  public static func appendBool(_ value: Bool, to out: inout [UInt8]) {
    appendRaw(value ? "true" : "false", to: &out)
  }

  /// Appends what stands for a byte that cannot stand for itself inside a string (§7).
  private static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): appendRaw("\\\"", to: &out)
    case UInt8(ascii: "\\"): appendRaw("\\\\", to: &out)
    case 0x08: appendRaw("\\b", to: &out)
    case 0x09: appendRaw("\\t", to: &out)
    case 0x0A: appendRaw("\\n", to: &out)
    case 0x0C: appendRaw("\\f", to: &out)
    case 0x0D: appendRaw("\\r", to: &out)
    case 0x80...: UTF8Sequence.append(UTF8Sequence.replacement, to: &out)
    default:
      appendRaw("\\u00", to: &out)
      out.append(hexDigit(byte &>> 4))
      out.append(hexDigit(byte & 15))
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ value &- 10
  }
}

import HTTP
import Net

/// Which header fields of a backend's reply a client gets to see.
enum ReplyFields {
  /// Appends the fields that are passed on, as they came.
  static func append(_ fields: [HTTPField], in bytes: Span<UInt8>, to out: ByteBuffer) {
    for field in fields
    where !fields.isHopByHop(field, in: bytes) && !isKept(bytes, field.name) {
      out.append(bytes.extracting(field.line))
      out.append("\r\n")
    }
  }

  /// Fields about the backend and not about its answer: framing, which the host writes itself; the
  /// server's name; its rules for browsers, which would become ours; its cookies and demands for
  /// keys, which concern the host alone.
  private static func isKept(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
    switch name.count {
    case 6: equals(bytes, name, "server")
    case 7: equals(bytes, name, "alt-svc")
    case 10: equals(bytes, name, "set-cookie") || equals(bytes, name, "keep-alive")
    case 12: equals(bytes, name, "x-powered-by") || equals(bytes, name, "x-request-id")
    case 14: equals(bytes, name, "content-length")
    case 16: equals(bytes, name, "www-authenticate")
    case 25: equals(bytes, name, "strict-transport-security")
    default: isCrossOriginRule(bytes, name)
    }
  }

  private static func isCrossOriginRule(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
    let prefix: StaticString = "access-control-"
    guard name.count > prefix.utf8CodeUnitCount else { return false }
    let start = name.lowerBound..<name.lowerBound + prefix.utf8CodeUnitCount
    return equals(bytes, start, prefix)
  }

  private static func equals(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString
  ) -> Bool {
    for offset in 0..<range.count {
      let byte = bytes[range.lowerBound + offset]
      let lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte
      guard lower == name.utf8Start[offset] else { return false }
    }
    return true
  }
}

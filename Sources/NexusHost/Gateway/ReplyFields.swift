import HTTP
import Net
import Text

/// Which header fields of a backend's reply a client gets to see.
enum ReplyFields {
  /// Appends the fields that are passed on, as they came.
  static func append(_ fields: [HTTPField], in bytes: Span<UInt8>, to out: ByteBuffer) {
    for field in fields
    where !fields.isHopByHop(field, in: bytes) && !isWithheld(bytes, field.name) {
      out.append(bytes.extracting(field.line))
      out.append("\r\n")
    }
  }

  /// Fields about the backend and not about its answer: framing, which the host writes itself; the
  /// server's name; its rules for browsers, which would become ours; its cookies and demands for
  /// keys, which concern the host alone; what only the host can say of how it routed.
  private static func isWithheld(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
    if begins(bytes, name, with: "x-nexus-") { return true }
    return switch name.count {
    case 6: ByteSearch.equalsIgnoringCase(bytes, name, "server")
    case 7: ByteSearch.equalsIgnoringCase(bytes, name, "alt-svc")
    case 10:
      ByteSearch.equalsIgnoringCase(bytes, name, "set-cookie")
        || ByteSearch.equalsIgnoringCase(bytes, name, "keep-alive")
    case 12:
      ByteSearch.equalsIgnoringCase(bytes, name, "x-powered-by")
        || ByteSearch.equalsIgnoringCase(bytes, name, "x-request-id")
    case 14: ByteSearch.equalsIgnoringCase(bytes, name, "content-length")
    case 16: ByteSearch.equalsIgnoringCase(bytes, name, "www-authenticate")
    case 25: ByteSearch.equalsIgnoringCase(bytes, name, "strict-transport-security")
    default: begins(bytes, name, with: "access-control-")
    }
  }

  private static func begins(
    _ bytes: Span<UInt8>, _ name: Range<Int>, with prefix: StaticString
  ) -> Bool {
    guard name.count > prefix.utf8CodeUnitCount else { return false }
    let start = name.lowerBound..<name.lowerBound + prefix.utf8CodeUnitCount
    return ByteSearch.equalsIgnoringCase(bytes, start, prefix)
  }
}

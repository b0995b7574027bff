import NexusPluginABI

/// Status line and header fields of a reply. Valid until `Exchange.head` returns.
public struct Head {
  /// The HTTP status.
  public let status: UInt32
  private let fields: UnsafeBufferPointer<nexus_header>

  init(_ reply: nexus_reply) {
    status = reply.status
    let count = reply.headers == nil ? 0 : Int(clamping: reply.header_count)
    fields = UnsafeBufferPointer(start: reply.headers, count: count)
  }

  /// Whether the status says success.
  public var isSuccess: Bool { 200..<300 ~= status }

  /// The value of the first field with that name (given in lower case), or nil.
  public func value(_ name: StaticString) -> [UInt8]? {
    for field in fields where ByteText.equalsIgnoringCase(field.name.buffer.span, name) {
      return field.value.copy
    }
    return nil
  }

  /// The wait that `Retry-After` asks for, in milliseconds; 0 if it has none or names a date, which
  /// nobody here can compare with a clock (RFC 9110 §10.2.3).
  public var retryAfter: UInt64 {
    if let value = value("retry-after-ms"), let wait = ByteText.decimal(value.span, from: 0) {
      return min(wait, 86_400_000)
    }
    guard let value = value("retry-after"), let seconds = ByteText.decimal(value.span, from: 0)
    else { return 0 }
    return min(seconds, 86_400) * 1000
  }
}

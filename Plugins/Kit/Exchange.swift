/// What begin and resume return, with the values of the ABI.
public enum Verdict: UInt32, Sendable {
  /// Show me the next piece of the reply.
  case more = 0
  /// The next request is in the sink.
  case send = 1
  /// Pass this reply to the client from its beginning.
  case relay = 2
  /// The operation is complete.
  case done = 3
  /// The operation failed; the sink was told how.
  case failed = 4
}

/// Why a reply ended before its time, with the values of the ABI.
public enum Cause: UInt32, Sendable {
  case connect = 1
  case tls, timeout, closed, protocolError, limit

  /// What happened, as the end of a sentence that begins with "the server".
  public var phrase: StaticString {
    switch self {
    case .connect: "cannot be reached"
    case .tls: "failed the TLS handshake or its verification"
    case .timeout: "was too slow"
    case .closed: "closed the connection before its answer was complete"
    case .protocolError: "did not speak HTTP/1.1"
    case .limit: "sent more than the host accepts"
    }
  }
}

/// One operation from its first request to its result. The host calls the methods one at a time,
/// but not always on the same thread.
///
/// A subclass overrides what it needs. `begin` is called once; then come, for each request that it
/// describes, `head`, any number of `body`, and `end`; or `broken` instead of the rest.
open class Exchange {
  public init() {}

  /// Starts: describes the first request, or fails.
  open func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.fail(.driverBug, "the operation has no beginning")
  }

  /// Status and header fields have arrived.
  open func head(_ head: Head, _ sink: Sink) -> Verdict { .more }

  /// Some bytes of the body, cut anywhere.
  open func body(_ bytes: Span<UInt8>, _ sink: Sink) -> Verdict { .more }

  /// The body is complete.
  open func end(_ sink: Sink) -> Verdict { .done }

  /// There will be no more of this reply.
  open func broken(_ cause: Cause, _ sink: Sink) -> Verdict { sink.fail(Failure(cause)) }
}

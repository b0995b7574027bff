import Net

/// Why a request could not be read.
public enum ServerError: Error, Sendable {
  /// The client has gone, or the server is stopping: there is nobody to answer.
  case gone
  /// The bytes are no valid HTTP/1.1 request.
  case malformed(HTTPParseError)
  /// The request did not arrive in time; the text names the limit.
  case tooSlow(StaticString)
  /// The body is larger than the limit, in bytes.
  case tooLarge(limit: Int)

  init(_ error: NetError, during phase: StaticString) {
    self = error == .timedOut ? .tooSlow(phase) : .gone
  }
}

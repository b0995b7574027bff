import Net

/// Why an exchange with a backend broke.
public enum UpstreamError: Error, Sendable, CustomStringConvertible {
  /// No connection: refused, unreachable, unknown host.
  case connect(String)
  /// The TLS handshake or the verification of the certificate failed.
  case tls(String)
  /// A time limit passed; the text names it.
  case timeout(StaticString)
  /// Closed or reset before the reply was complete. `beforeReply`: not one byte of it had come.
  case closed(beforeReply: Bool)
  /// What arrived is not HTTP/1.1.
  case malformed(String)
  /// The client has gone, so nobody wants the reply.
  case clientGone

  public var description: String {
    switch self {
    case .connect(let why): "could not connect: \(why)"
    case .tls(let why): "TLS failed: \(why)"
    case .timeout(let what): "\(what) timed out"
    case .closed(beforeReply: true): "closed the connection without an answer"
    case .closed(beforeReply: false): "closed the connection in the middle of its answer"
    case .malformed(let why): "did not answer in HTTP/1.1: \(why)"
    case .clientGone: "the client has gone"
    }
  }

  /// What a network error during `phase` means.
  init(_ error: NetError, during phase: StaticString, beforeReply: Bool) {
    switch error {
    case .timedOut: self = .timeout(phase)
    case .interrupted: self = .clientGone
    case .connect(let why): self = .connect(why)
    case .tls(let why): self = .tls(why)
    case .closed: self = .closed(beforeReply: beforeReply)
    case .system: self = .connect(error.description)
    }
  }
}

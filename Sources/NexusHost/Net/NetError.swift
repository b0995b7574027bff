/// Why bytes could not be moved. Every case names what a route decision needs to know.
public enum NetError: Error, Equatable, Sendable {
  /// The peer closed or reset the connection; `errno` is 0 for an orderly end.
  case closed(errno: Int32)
  /// A deadline of the connection passed.
  case timedOut
  /// Somebody else asked for the wait to end, because its result is no longer wanted.
  case interrupted
  /// No connection could be made; the text is for people and holds no secret.
  case connect(String)
  /// The TLS handshake or the verification of the certificate failed.
  case tls(String)
  /// The operating system refused: call and errno.
  case system(call: StaticString, errno: Int32)

  public static func == (left: NetError, right: NetError) -> Bool {
    left.description == right.description
  }
}

extension NetError: CustomStringConvertible {
  /// A phrase for logs and error messages.
  public var description: String {
    switch self {
    case .closed(errno: 0): "the connection was closed"
    case .closed(let code): "the connection broke: \(SystemError.text(code))"
    case .timedOut: "timed out"
    case .interrupted: "no longer wanted"
    case .connect(let why): why
    case .tls(let why): why
    case .system(let call, let code): "\(call): \(SystemError.text(code))"
    }
  }
}

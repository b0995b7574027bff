/// Times and sizes of a WebSocket; times in milliseconds.
public struct WebSocketRules: Sendable {
  /// Longest message of the client, in bytes.
  public var messageLimit = 16 * 1024
  /// From the first byte of a frame of the client to its last.
  public var frameTime: UInt64 = 10_000
  /// Between two pings.
  public var pingInterval: UInt64 = 30_000
  /// How many pings may go without an answer.
  public var missedPings = 2
  /// How long a client may take nothing of what waits for it.
  public var stallTime: UInt64 = 30_000
  /// How many bytes may wait for the client before further ones are given to it.
  public var queueLimit = 1 << 20
  /// What the kernel may hold of what the client has not taken, in bytes; nil leaves it to the kernel.
  public var sendBuffer: Int? = 128 * 1024
  /// How long the client may take to close once this side has.
  public var closeTime: UInt64 = 1_000

  public init() {}
}

/// How a WebSocket ended.
public enum WebSocketEnd: Equatable, Sendable {
  /// The client closed it, with that code or none.
  case closed(CloseCode?)
  /// The connection ended without a word.
  case left
  /// This side closed it.
  case ended(CloseCode)
  /// What the client sent was no WebSocket.
  case fault(WebSocketFault)
  /// The client did not take what it was sent.
  case slow
}

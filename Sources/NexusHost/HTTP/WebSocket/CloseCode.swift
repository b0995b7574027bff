/// Why a WebSocket is closed, as a number (RFC 6455 §7.4).
public struct CloseCode: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// It has served its purpose.
  public static let normal = CloseCode(rawValue: 1000)
  /// The server goes down, or the page is left.
  public static let goingAway = CloseCode(rawValue: 1001)
  /// The other side broke the protocol.
  public static let protocolError = CloseCode(rawValue: 1002)
  /// A text was no UTF-8.
  public static let badText = CloseCode(rawValue: 1007)
  /// The other side did not do what it must.
  public static let policy = CloseCode(rawValue: 1008)
  /// A message was longer than it may be.
  public static let tooBig = CloseCode(rawValue: 1009)
  /// Try again later: the server cannot serve this connection now (IANA's registry of close codes).
  public static let tryAgainLater = CloseCode(rawValue: 1013)

  /// Whether it may stand in a close frame: those that are defined and not reserved for what is said
  /// without a frame, and the ranges of libraries and applications (§7.4.2, IANA's registry).
  public var mayBeSent: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

/// Why what came is no WebSocket, and with which code it is answered.
public struct WebSocketFault: Error, Equatable, Sendable {
  public let code: CloseCode
  /// For the other side and the log: ASCII, and shorter than the 123 bytes that a close frame has room
  /// for.
  public let reason: String

  init(_ code: CloseCode, _ reason: String) {
    self.code = code
    self.reason = reason
  }
}

import Text

/// The opening handshake, as the server checks and answers it (RFC 6455 §4.2). Pure.
public enum WebSocketHandshake {
  /// Why a request opens no WebSocket.
  public enum Fault: Error, Equatable, Sendable {
    /// It does not ask for one, or in HTTP/1.0.
    case noUpgrade
    /// Another version of the protocol than 13.
    case otherVersion
    /// Without a key, or with one that is not 16 bytes in Base64.
    case badKey
    /// It has a body.
    case hasBody
  }

  /// The value of Sec-WebSocket-Accept for a GET request that asks for a WebSocket.
  public static func accept(
    _ request: RequestHead, in bytes: Span<UInt8>
  ) throws(Fault) -> [UInt8] {
    guard request.method == .get, !request.isHTTP10, request.hasUpgrade,
      asksForWebSocket(request.fields, in: bytes)
    else { throw .noUpgrade }
    guard request.framing == .none || request.framing == .length(0) else { throw .hasBody }
    guard request.count(of: "sec-websocket-version", in: bytes) == 1,
      let version = request.value("sec-websocket-version", in: bytes),
      ByteSearch.equalsIgnoringCase(bytes, version, "13")
    else { throw .otherVersion }
    guard request.count(of: "sec-websocket-key", in: bytes) == 1,
      let range = request.value("sec-websocket-key", in: bytes)
    else { throw .badKey }
    let key = range.map { bytes[$0] }
    guard Base64.decode(key)?.count == 16 else { throw .badKey }
    return accept(key)
  }

  /// What proves that the key was read (§4.2.2).
  static func accept(_ key: [UInt8]) -> [UInt8] {
    Base64.encode(SHA1.hash(key + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
  }

  private static func asksForWebSocket(_ fields: [HTTPField], in bytes: Span<UInt8>) -> Bool {
    for field in fields where ByteSearch.equalsIgnoringCase(bytes, field.name, "upgrade") {
      var list = ListElements(field.value)
      while let element = list.next(bytes) {
        if ByteSearch.equalsIgnoringCase(bytes, element, "websocket") { return true }
      }
    }
    return false
  }
}

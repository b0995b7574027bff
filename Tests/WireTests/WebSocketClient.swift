import Glibc

/// A blocking WebSocket client (RFC 6455) that can also misbehave: it sends whatever it is told to.
final class WebSocketClient {
  /// One frame of the gateway's.
  struct Frame: Equatable, CustomStringConvertible {
    /// 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    var opcode: UInt8
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }
    /// Of a close frame.
    var code: UInt16? {
      opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
    }
    var reason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }
    var description: String {
      code.map { "close \($0) '\(reason)'" } ?? "frame \(opcode) '\(readable(payload))'"
    }
  }

  /// The example of RFC 6455 §1.3.
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  let connection: LoadClient
  /// The answer to the handshake.
  let answer: LoadClient.Answer
  private var unread: [UInt8] = []

  /// Opens one, and demands that it succeeds unless `answer` is looked at. `headers`: further lines,
  /// with their ends.
  init(
    port: UInt16, _ path: String = "/ws", headers: String = "", receiveBuffer: Int32? = nil,
    early: [UInt8] = [], mustOpen: Bool = true
  ) throws(CaseFailure) {
    connection = try LoadClient(port: port, receiveBuffer: receiveBuffer)
    do throws(CaseFailure) {
      try connection.send(Self.handshake(path, port: port, headers: headers) + early)
      answer = try connection.receive()
      unread = connection.takeBuffered()
      guard mustOpen else { return }
      guard answer.status == 101,
        answer.head.lowercased().contains("sec-websocket-accept: \(Self.accept.lowercased())")
      else { throw CaseFailure("no WebSocket but \(answer.head)\n\(answer.text)") }
    } catch {
      connection.close()
      throw error
    }
  }

  /// The request that opens one.
  static func handshake(_ path: String = "/ws", port: UInt16, headers: String = "") -> [UInt8] {
    let head = """
      GET \(path) HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      Connection: keep-alive, Upgrade\r
      Upgrade: websocket\r
      Sec-WebSocket-Version: 13\r
      Sec-WebSocket-Key: \(key)\r
      \(headers)\r

      """
    return Array(head.utf8)
  }

  deinit { connection.close() }

  func close() { connection.close() }

  /// Sends bytes as they are.
  func send(_ bytes: [UInt8]) throws(CaseFailure) { try connection.send(bytes) }

  /// Sends a proper frame.
  func send(_ opcode: UInt8, _ payload: [UInt8] = []) throws(CaseFailure) {
    try send(Self.frame(opcode, payload))
  }

  /// Closes as a client does.
  func sendClose(_ code: UInt16 = 1000) throws(CaseFailure) {
    try send(8, [UInt8(code >> 8), UInt8(code & 0xFF)])
  }

  /// A frame of a client's, with a mask unless told otherwise.
  static func frame(
    _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true
  ) -> [UInt8] {
    var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
    let flag: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ...125: bytes.append(flag | UInt8(payload.count))
    case ...0xFFFF:
      bytes += [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(flag | 127)
      bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
    }
    guard isMasked else { return bytes + payload }
    let mask = (0..<4).map { _ in UInt8.random(in: 0...255) }
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }

  /// The next frame; nil at the end of the connection, however it ended. What a server must not send
  /// is a failure.
  func next() throws(CaseFailure) -> Frame? {
    while true {
      if let (frame, length) = try Self.parse(unread) {
        unread.removeFirst(length)
        return frame
      }
      errno = 0
      let more = connection.readPiece(64 * 1024)
      if more.isEmpty {
        guard errno != EAGAIN else { throw CaseFailure("waited for a frame in vain") }
        return nil
      }
      unread += more
    }
  }

  /// The next frame that is no message.
  func nextControl() throws(CaseFailure) -> Frame? {
    while let frame = try next() { if frame.opcode >= 8 { return frame } }
    return nil
  }

  /// Skips messages and pings up to the gateway's close frame, behind which the connection must end.
  func expectClose() throws(CaseFailure) -> Frame {
    while let frame = try next() {
      guard frame.opcode == 8 else { continue }
      if let more = try next() { throw CaseFailure("\(more) behind \(frame)") }
      return frame
    }
    throw CaseFailure("the connection ended without a close frame")
  }

  private static func parse(
    _ bytes: [UInt8]
  ) throws(CaseFailure) -> (frame: Frame, length: Int)? {
    guard bytes.count >= 2 else { return nil }
    guard bytes[0] & 0xF0 == 0x80, bytes[1] < 0x80 else {
      throw CaseFailure("not a server's frame: \(bytes.prefix(16))")
    }
    let extra = bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
    guard bytes.count >= 2 + extra else { return nil }
    let length =
      extra == 0 ? Int(bytes[1]) : bytes[2..<2 + extra].reduce(0) { $0 << 8 | Int($1) }
    let end = 2 + extra + length
    guard bytes.count >= end else { return nil }
    return (Frame(opcode: bytes[0] & 0x0F, payload: Array(bytes[(2 + extra)..<end])), end)
  }
}

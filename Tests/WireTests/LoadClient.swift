import Foundation
import Glibc

/// A plain blocking client for many requests: it knows one response from the next and no more.
final class LoadClient {
  struct Answer {
    var status: Int
    var head: String
    /// The body as it came, with its chunk lines if it is chunked.
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  let descriptor: Int32
  private var isOpen = true
  private var buffer: [UInt8] = []
  private var room = [UInt8](repeating: 0, count: 64 * 1024)

  convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws(CaseFailure) {
    self.init(descriptor: try Sockets.connect(port: port, receiveBuffer: receiveBuffer))
  }

  /// Connects to a local socket.
  convenience init(path: String) throws(CaseFailure) {
    self.init(descriptor: try Sockets.connect(path: path))
  }

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
  }

  /// Closes once: a second time the number may be another connection's.
  func close() {
    guard isOpen else { return }
    isOpen = false
    Glibc.close(descriptor)
  }

  /// A request with a JSON body, and with keys that are none of the gateway's business.
  static func post(_ path: String, _ body: String, headers: String = "") -> [UInt8] {
    let head = "POST \(path) HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
    return Array("\(head)\(Planted.headers)\(headers)".utf8)
      + Array("Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  static func get(_ path: String) -> [UInt8] {
    Array("GET \(path) HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8)
  }

  /// Sends a request and takes its whole answer.
  func exchange(_ request: [UInt8]) throws(CaseFailure) -> Answer {
    try send(request)
    return try receive()
  }

  func send(_ bytes: [UInt8]) throws(CaseFailure) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw CaseFailure("cannot send: \(String(cString: strerror(errno)))") }
      sent += count
    }
  }

  func receive() throws(CaseFailure) -> Answer {
    var end: Int?
    while end == nil {
      end = firstIndex(of: [0x0D, 0x0A, 0x0D, 0x0A], in: buffer)
      if end == nil { try readMore() }
    }
    let head = String(decoding: buffer[..<(end ?? 0)], as: UTF8.self)
    buffer.removeFirst((end ?? 0) + 4)
    let status = Int(head.dropFirst(9).prefix(3)) ?? 0
    return Answer(status: status, head: head, body: try receiveBody(head.lowercased()))
  }

  /// Reads once, whatever comes; the number of bytes.
  func readSome() throws(CaseFailure) -> Int {
    let count = recv(descriptor, &room, room.count, 0)
    guard count >= 0 else { throw CaseFailure("cannot read: \(String(cString: strerror(errno)))") }
    return count
  }

  /// Takes what one read brings.
  func readBytes() throws(CaseFailure) -> [UInt8] {
    if buffer.isEmpty { try readMore() }
    defer { buffer = [] }
    return buffer
  }

  /// Takes what came behind the last answer.
  func takeBuffered() -> [UInt8] {
    defer { buffer = [] }
    return buffer
  }

  /// Takes what one read of at most so many bytes brings; nothing at the end of the connection,
  /// however it ended.
  func readPiece(_ limit: Int) -> [UInt8] {
    let count = recv(descriptor, &room, min(limit, room.count), 0)
    return count > 0 ? Array(room[..<count]) : []
  }

  private func receiveBody(_ head: String) throws(CaseFailure) -> [UInt8] {
    if head.contains("\r\ntransfer-encoding: chunked") {
      // Nothing that the tests send holds these bytes anywhere else.
      while !buffer.suffix(5).elementsEqual("0\r\n\r\n".utf8) { try readMore() }
      defer { buffer = [] }
      return buffer
    }
    guard let name = head.firstRange(of: "\r\ncontent-length: "),
      let length = Int(head[name.upperBound...].prefix { $0.isNumber })
    else { return [] }
    while buffer.count < length { try readMore() }
    let body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return body
  }

  private func readMore() throws(CaseFailure) {
    let count = try readSome()
    guard count > 0 else {
      throw CaseFailure("the connection ended after:\n\(readable(buffer))")
    }
    buffer += room[..<count]
  }
}

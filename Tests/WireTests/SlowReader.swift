import Foundation
import Glibc

/// A server with a small window that takes nothing of a request's body until it is told to, then
/// one byte at a time, then a little more. It answers surveys at once.
final class SlowReader: Sendable {
  let port: UInt16
  /// Bytes of the body that came as expected.
  let matched = Counter()
  /// Bytes of the body that came otherwise.
  let damaged = Counter()
  private let mayRead = Counter()
  private let expected: [UInt8]
  private let listener: Int32

  /// - Parameter body: what the request's body should be.
  init(expecting body: [UInt8]) throws(CaseFailure) {
    expected = body
    (listener, port) = try Sockets.listen()
    var size: Int32 = 4096
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    Thread { [self] in
      while let accepted = Sockets.accept(listener) {
        Thread { [self] in
          while serve(accepted) {}
          close(accepted)
        }.start()
      }
      close(listener)
    }.start()
  }

  func begin() { mayRead.add(1) }

  func stop() { _ = shutdown(listener, Int32(SHUT_RDWR)) }

  /// Answers one request; false at the end of the connection.
  private func serve(_ connection: Int32) -> Bool {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let more = receive(connection, 1)
      if more.isEmpty { return false }
      head += more
    }
    guard head.starts(with: "POST ".utf8) else {
      return answer(connection, #"{"object":"list","data":[{"id":"m1","object":"model"}]}"#)
    }
    while mayRead.value == 0 { usleep(1000) }
    var offset = 0
    while offset < expected.count {
      let more = receive(connection, offset < 3000 ? 1 : 1777)
      if more.isEmpty { return false }
      let isRight = expected[offset...].starts(with: more)
      (isRight ? matched : damaged).add(more.count)
      offset += more.count
    }
    return answer(connection, #"{"choices":[]}"#)
  }

  private func receive(_ connection: Int32, _ limit: Int) -> [UInt8] {
    var room = [UInt8](repeating: 0, count: limit)
    let count = recv(connection, &room, limit, 0)
    return count > 0 ? Array(room[..<count]) : []
  }

  private func answer(_ connection: Int32, _ body: String) -> Bool {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let bytes = Array(text.utf8)
    return send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }
}

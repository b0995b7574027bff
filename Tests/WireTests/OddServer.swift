import Foundation

/// A server that says one thing to everybody who connects, and then closes.
final class OddServer: Sendable {
  let port: UInt16
  private let descriptor: Int32

  /// `waits`: whether it says nothing before it has been spoken to. Without an answer it stays silent
  /// and keeps the connection.
  init(_ answer: [UInt8]?, waits: Bool = true) throws(CaseFailure) {
    (descriptor, port) = try Sockets.listen()
    let listener = descriptor
    Thread {
      while let peer = Sockets.accept(listener) {
        Thread {
          var room = [UInt8](repeating: 0, count: 4_096)
          if waits || answer == nil { _ = recv(peer, &room, room.count, 0) }
          if let answer {
            _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
            // Reads on, since a close with unread bytes would reset the connection.
            shutdown(peer, Int32(SHUT_WR))
          }
          while recv(peer, &room, room.count, 0) > 0 {}
          close(peer)
        }.start()
      }
    }.start()
  }

  convenience init(_ text: String, waits: Bool = true) throws(CaseFailure) {
    try self.init(Array(text.utf8), waits: waits)
  }

  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  var url: String { "http://127.0.0.1:\(port)" }
}

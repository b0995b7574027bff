import Foundation
import Glibc

/// One end of a TCP connection with the gateway: a client's, or that of a scripted backend.
///
/// A thread reads all that comes; the dialogue waits for what it expects.
final class Peer: @unchecked Sendable {  // All that changes is guarded by `changed`.
  /// How the other side ended the connection.
  enum End: Equatable {
    case closed, reset
  }

  /// For messages: "client", "one".
  let name: String

  private let descriptor: Int32
  private let changed = NSCondition()
  private let writer = DispatchQueue(label: "peer")
  private var buffer: [UInt8] = []
  private var ended: End?
  private var isOpen = true
  private var isReadToEnd = false

  /// Takes over a connected socket.
  init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let thread = Thread { [self] in readAll() }
    thread.stackSize = 256 * 1024
    thread.start()
  }

  /// Connects to a loopback port.
  static func connect(name: String, port: UInt16) throws(CaseFailure) -> Peer {
    Peer(name: name, descriptor: try Sockets.connect(port: port))
  }

  /// Sends all bytes in order. Large ones are sent by another thread, so that a gateway that
  /// does not read cannot stop the dialogue. A peer that is gone is no failure here: what the
  /// dialogue expects next will tell.
  func send(_ bytes: [UInt8]) {
    guard isUsable else { return }
    let work = { @Sendable [self] in
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        sent += count
      }
    }
    if bytes.count > 32 * 1024 { writer.async(execute: work) } else { writer.sync(execute: work) }
  }

  /// Sends the end of the stream but goes on reading.
  func halfClose() {
    guard isUsable else { return }
    writer.sync { _ = shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// Closes the connection; with `reset`, so that the other side sees RST.
  func close(reset: Bool = false) {
    changed.lock()
    let wasOpen = isOpen
    isOpen = false
    changed.unlock()
    guard wasOpen else { return }
    if reset { Sockets.abort(descriptor) }
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
    // The descriptor is freed when nobody reads or writes any more.
    writer.async { [self] in
      changed.lock()
      while !isReadToEnd { changed.wait() }
      changed.unlock()
      Glibc.close(descriptor)
    }
  }

  /// Calls `body` with what has come, again after every change, until it returns a value.
  ///
  /// `what` completes the sentence "waited for …"; the failure shows what came instead.
  func wait<Value>(
    for what: @autoclosure () -> String, until deadline: Date,
    _ body: (inout [UInt8], End?) throws(CaseFailure) -> Value?
  ) throws(CaseFailure) -> Value {
    changed.lock()
    defer { changed.unlock() }
    while true {
      if let value = try body(&buffer, ended) { return value }
      guard changed.wait(until: deadline) else {
        let state = ended.map { "the connection is \($0)" } ?? "the connection is open"
        throw CaseFailure(
          "\(name) waited for \(what()) in vain; \(state), unread are \(buffer.count) bytes:\n"
            + readable(buffer))
      }
    }
  }

  /// What has come and was not taken.
  var unread: [UInt8] {
    changed.lock()
    defer { changed.unlock() }
    return buffer
  }

  /// Whether and how the other side has ended the connection.
  var end: End? {
    changed.lock()
    defer { changed.unlock() }
    return ended
  }

  private var isUsable: Bool {
    changed.lock()
    defer { changed.unlock() }
    return isOpen
  }

  private func readAll() {
    var room = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = recv(descriptor, &room, room.count, 0)
      if count < 0 && errno == EINTR { continue }
      changed.lock()
      if count > 0 {
        buffer += room[..<count]
      } else {
        ended = count == 0 ? .closed : .reset
        isReadToEnd = true
      }
      changed.broadcast()
      changed.unlock()
      if count <= 0 { return }
    }
  }
}

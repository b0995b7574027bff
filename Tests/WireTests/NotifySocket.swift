import Foundation
import Glibc

/// The service manager's end of the notifications (sd_notify(3)).
final class NotifySocket: @unchecked Sendable {  // All that changes is guarded by `changed`.
  /// What NOTIFY_SOCKET is to be.
  let name: String

  private let descriptor: Int32
  private let changed = NSCondition()
  private var messages: [String] = []

  /// Opens the socket at a path of its own, or under an abstract name.
  init(isAbstract: Bool) throws(CaseFailure) {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-notify-\(UUID().uuidString)").path
    name = isAbstract ? "@\(path)" : path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = isAbstract ? [0] + Array(path.utf8) : Array(path.utf8) + [0]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard bound == 0 else { throw CaseFailure("bind \(name): \(String(cString: strerror(errno)))") }
    Thread { [self] in readAll() }.start()
  }

  func close() {
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
    if !name.hasPrefix("@") { unlink(name) }
  }

  /// Every message so far, a line for each assignment.
  var all: [String] {
    changed.lock()
    defer { changed.unlock() }
    return messages
  }

  /// How many messages so far are this one.
  func count(of text: String) -> Int { all.count { $0 == text } }

  /// Waits for a message that holds the text, among those after the first `seen`.
  @discardableResult
  func wait(for text: String, after seen: Int = 0) throws(CaseFailure) -> String {
    let deadline = Date() + 10
    changed.lock()
    defer { changed.unlock() }
    while true {
      if let found = messages.dropFirst(seen).first(where: { $0.contains(text) }) {
        return found
      }
      guard changed.wait(until: deadline) else {
        throw CaseFailure("no '\(text)' came, but \(messages)")
      }
    }
  }

  private func readAll() {
    var room = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &room, room.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      changed.lock()
      messages.append(String(decoding: room[..<count], as: UTF8.self))
      changed.broadcast()
      changed.unlock()
    }
    Glibc.close(descriptor)
  }
}

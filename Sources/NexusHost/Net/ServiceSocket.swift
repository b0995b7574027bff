import CLinux
import Glibc

/// Where the service manager listens for messages of its services (sd_notify(3)). Any thread.
public struct ServiceSocket: Sendable {
  private let name: String
  private let fd: Int32

  /// The socket of that name, a path or "@" and an abstract name; nil if there can be none.
  public init?(name: String) {
    guard SocketAddress.service(name) != nil else { return nil }
    let type = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    fd = socket(AF_UNIX, Int32(type), 0)
    guard fd >= 0 else { return nil }
    self.name = name
  }

  /// Sends a message; false if the manager did not take it. Never waits.
  @discardableResult
  public func send(_ message: String) -> Bool {
    guard var address = SocketAddress.service(name) else { return false }
    let bytes = Array(message.utf8)
    let sent = bytes.withUnsafeBytes { bytes in
      address.withPointer {
        sendto(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0, $1)
      }
    }
    return sent == bytes.count
  }
}

import CLinux
import Glibc

/// Sending and receiving for commands, which have nothing else to do: these block the calling thread.
/// Deadlines are milliseconds of `MonotonicClock`.
extension Socket {
  /// Sends all bytes.
  public static func sendAll(
    _ bytes: [UInt8], to fd: Int32, until deadline: UInt64
  ) throws(NetError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(fd, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        try wait(for: Int16(POLLOUT), of: fd, until: deadline)
      } else if errno != EINTR {
        throw .closed(errno: errno)
      }
    }
  }

  /// The bytes that come next; none at the end of the stream.
  public static func receiveSome(
    from fd: Int32, until deadline: UInt64
  ) throws(NetError) -> [UInt8] {
    let capacity = 64 * 1024
    while true {
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { room, count in
        let received = recv(fd, room.baseAddress, capacity, 0)
        failure = received < 0 ? errno : 0
        count = max(0, received)
      }
      switch failure {
      case 0: return bytes
      case EAGAIN: try wait(for: Int16(POLLIN), of: fd, until: deadline)
      case EINTR: continue
      default: throw .closed(errno: failure)
      }
    }
  }

  /// The next byte, with the descriptor that came along with it or nil (unix(7), SCM_RIGHTS). The
  /// descriptor is the caller's, and no program that is started inherits it.
  public static func receivePassed(
    from fd: Int32, until deadline: UInt64
  ) throws(NetError) -> (byte: UInt8, descriptor: Int32?) {
    while true {
      var byte: UInt8 = 0
      var passed: Int32 = -1
      let count = nexus_take_passed(fd, &byte, &passed)
      if count > 0 { return (byte, passed >= 0 ? passed : nil) }
      guard count < 0 else { throw .closed(errno: 0) }
      if errno == EAGAIN {
        try wait(for: Int16(POLLIN), of: fd, until: deadline)
      } else if errno != EINTR {
        throw .closed(errno: errno)
      }
    }
  }

  private static func wait(
    for events: Int16, of fd: Int32, until deadline: UInt64
  ) throws(NetError) {
    let now = MonotonicClock.milliseconds()
    guard now < deadline else { throw .timedOut }
    var state = pollfd(fd: fd, events: events, revents: 0)
    guard poll(&state, 1, Int32(clamping: deadline - now)) != 0 else { throw .timedOut }
  }
}

import CLinux
import Glibc

/// Whether something listens at a host's port, found out by connecting.
public enum ServerReach: Equatable, Sendable {
  /// A connection stands: with which address, and after how long.
  case open(address: String, milliseconds: UInt64)
  /// The name leads nowhere; the resolver says why.
  case unresolved(String)
  /// None of the addresses takes connections; the error of the last, ETIMEDOUT if it is silent.
  case closed(addresses: [String], errno: Int32)

  /// Looks the name up and tries its addresses in turn, each for so many milliseconds at most. Blocks
  /// the calling thread.
  public static func look(
    host: String, port: UInt16, within milliseconds: UInt64
  ) -> ServerReach {
    let addresses: [SocketAddress]
    switch SocketAddress.all(host: host, port: port) {
    case .failure(let why): return .unresolved(why.description)
    case .success(let found): addresses = found
    }
    var last = EADDRNOTAVAIL
    for address in addresses {
      let start = MonotonicClock.milliseconds()
      last = connect(address, until: start + milliseconds)
      if last == 0 {
        let time = MonotonicClock.milliseconds() - start
        return .open(address: address.numericHost, milliseconds: time)
      }
    }
    return .closed(addresses: addresses.map(\.numericHost), errno: last)
  }

  /// Whether the host is an address of this machine: then a socket can be bound to it.
  public static func isOwnAddress(_ host: String) -> Bool {
    guard case .success(let found) = SocketAddress.all(host: host, port: 0) else { return false }
    return found.contains { address in
      var address = address
      let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
      let fd = socket(Int32(address.family), Int32(type), 0)
      guard fd >= 0 else { return false }
      defer { close(fd) }
      return address.withPointer { Glibc.bind(fd, $0, $1) } == 0
    }
  }

  /// 0, or why no connection came about.
  private static func connect(_ address: SocketAddress, until deadline: UInt64) -> Int32 {
    var address = address
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let fd = socket(Int32(address.family), Int32(type), 0)
    guard fd >= 0 else { return errno }
    defer { close(fd) }
    if address.withPointer({ Glibc.connect(fd, $0, $1) }) == 0 { return 0 }
    guard errno == EINPROGRESS else { return errno }
    var state = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
    while true {
      let now = MonotonicClock.milliseconds()
      guard now < deadline else { return ETIMEDOUT }
      let count = poll(&state, 1, Int32(clamping: deadline - now))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return ETIMEDOUT }
      break
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }
}

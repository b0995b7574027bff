import CLinux
import Glibc

/// The few socket calls that the simulator needs. All sockets are IPv4 and non-blocking.
enum Sockets {
  /// A listening socket on `host`:`port` (0 = a free one), or nil if the address is taken.
  static func listen(_ host: String, _ port: UInt16) -> Int32? {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, kind, 0)
    guard socket >= 0 else { return nil }
    var on: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, Glibc.listen(socket, 4096) == 0 else {
      close(socket)
      return nil
    }
    return socket
  }

  static func port(of socket: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// The next waiting connection, non-blocking and without Nagle's delay; nil if there is none.
  static func accept(_ listener: Int32) -> Int32? {
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = nexus_accept(listener, flags)
    guard socket >= 0 else { return nil }
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    return socket
  }

  /// Closes so that the peer gets RST instead of FIN.
  static func reset(_ socket: Int32) {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    close(socket)
  }

  /// As many open files as the system lets us have: ten thousand streams need ten thousand.
  static func raiseFileLimit() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// A listening socket that can be shut and opened again on the same port.
final class Listener: Watcher {
  let host: String
  private(set) var port: UInt16
  private var socket: Int32 = -1
  private let loop: Loop
  private let accepted: (Int32) -> Void

  /// Nil if the port is taken. `accepted` gets each new connection's descriptor and owns it.
  init?(_ loop: Loop, _ host: String, _ port: UInt16, accepted: @escaping (Int32) -> Void) {
    self.loop = loop
    self.host = host
    self.port = port
    self.accepted = accepted
    guard open() else { return nil }
  }

  var isOpen: Bool { socket >= 0 }
  var url: String { "http://\(host):\(port)" }

  @discardableResult
  func open() -> Bool {
    if isOpen { return true }
    guard let opened = Sockets.listen(host, port) else { return false }
    socket = opened
    port = Sockets.port(of: socket)
    return loop.watch(socket, Loop.readable, self)
  }

  func shut() {
    guard isOpen else { return }
    loop.forget(socket)
    close(socket)
    socket = -1
  }

  func ready(_ events: UInt32) {
    while isOpen, let connection = Sockets.accept(socket) { accepted(connection) }
  }
}

import CLinux
import Glibc

/// The socket calls of the host, with typed errors.
public enum Socket {
  /// A listening socket: where it is bound, and its descriptor.
  public struct Listening: Sendable {
    public let fd: Int32
    public let port: UInt16
    /// Whether other processes listen on it too: then nothing may be changed that holds for all.
    public var isShared = false
    /// Whether several loops take connections from it.
    public var isSplit = false
  }

  /// Opens a listening TCP socket that other sockets of this process may share the port with, so
  /// that each loop has its own queue of new connections (SO_REUSEPORT). Port 0: any free one.
  public static func listen(host: String, port: UInt16) throws(NetError) -> Listening {
    var address = try SocketAddress.resolve(host: host, port: port)
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let fd = socket(Int32(address.family), Int32(type), 0)
    guard fd >= 0 else { throw .system(call: "socket", errno: errno) }
    do throws(NetError) {
      try set(fd, SOL_SOCKET, SO_REUSEADDR, 1)
      try set(fd, SOL_SOCKET, SO_REUSEPORT, 1)
      if Int32(address.family) == AF_INET6 { try set(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
      let bound = address.withPointer { Glibc.bind(fd, $0, $1) }
      guard bound == 0 else { throw .system(call: "bind", errno: errno) }
      guard Glibc.listen(fd, 1024) == 0 else { throw .system(call: "listen", errno: errno) }
      return Listening(fd: fd, port: try SocketAddress.local(of: fd).port)
    } catch {
      close(fd)
      throw error
    }
  }

  /// Whether something else listens on the port already. SO_REUSEPORT would share it silently.
  public static func isTaken(host: String, port: UInt16) throws(NetError) -> Bool {
    guard port != 0 else { return false }
    var address = try SocketAddress.resolve(host: host, port: port)
    let fd = socket(Int32(address.family), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { throw .system(call: "socket", errno: errno) }
    defer { close(fd) }
    try set(fd, SOL_SOCKET, SO_REUSEADDR, 1)
    if address.withPointer({ Glibc.bind(fd, $0, $1) }) == 0 { return false }
    guard errno == EADDRINUSE else { throw .system(call: "bind", errno: errno) }
    return true
  }

  /// Takes a listening TCP socket over that another process has opened. Throws EINVAL if the
  /// descriptor is none.
  public static func adopt(_ fd: Int32, isShared: Bool) throws(NetError) -> Listening {
    let family = try option(fd, SO_DOMAIN)
    guard [AF_INET, AF_INET6].contains(family), try option(fd, SO_ACCEPTCONN) == 1 else {
      throw .system(call: "accept", errno: EINVAL)
    }
    guard nexus_keep_private(fd) == 0 else { throw .system(call: "fcntl", errno: errno) }
    return Listening(fd: fd, port: try SocketAddress.local(of: fd).port, isShared: isShared)
  }

  /// Lets go of a descriptor; the socket lives on in others.
  public static func drop(_ socket: Listening) { close(socket.fd) }

  /// A further descriptor of the same socket.
  public static func duplicate(_ socket: Listening) throws(NetError) -> Listening {
    Listening(
      fd: try duplicate(socket.fd), port: socket.port, isShared: socket.isShared,
      isSplit: socket.isSplit)
  }

  /// A further descriptor of the same file.
  public static func duplicate(_ fd: Int32) throws(NetError) -> Int32 {
    let copy = nexus_duplicate(fd)
    guard copy >= 0 else { throw .system(call: "fcntl", errno: errno) }
    return copy
  }

  /// Has the kernel ignore new connections to a listening socket, while those whose handshake has
  /// begun still become ready to be accepted: a client that comes now is refused when the socket is
  /// closed, and none is promised a connection that the closing then resets. For a socket that no
  /// other process listens on.
  public static func ignoreNewConnections(_ socket: Listening) {
    // Without it the socket closes all the same, with a small chance of a reset.
    _ = nexus_ignore_handshakes(socket.fd)
  }

  /// The next waiting connection, or nil. The socket is non-blocking and sends small packets at
  /// once.
  static func accept(_ listener: Int32) throws(NetError) -> Int32? {
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    while true {
      let fd = nexus_accept(listener, flags)
      if fd >= 0 {
        sendAtOnce(fd)
        return fd
      }
      switch errno {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH:
        continue
      default: throw .system(call: "accept", errno: errno)
      }
    }
  }

  /// TCP_NODELAY: an event of a stream leaves when it is written.
  static func sendAtOnce(_ fd: Int32) {
    try? set(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  /// SO_SNDBUF, of which the kernel makes twice as much for its own needs (socket(7)).
  static func limitSendBuffer(_ fd: Int32, to bytes: Int) {
    try? set(fd, SOL_SOCKET, SO_SNDBUF, Int32(clamping: bytes))
  }

  /// What became of a connection that was begun: 0 if it stands, else why not (SO_ERROR).
  static func error(of fd: Int32) -> Int32 { (try? option(fd, SO_ERROR)) ?? EBADF }

  private static func option(_ fd: Int32, _ option: Int32) throws(NetError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 else {
      throw .system(call: "getsockopt", errno: errno)
    }
    return value
  }

  private static func set(
    _ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int32
  ) throws(NetError) {
    var value = value
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard setsockopt(fd, level, option, &value, size) == 0 else {
      throw .system(call: "setsockopt", errno: errno)
    }
  }
}

import Foundation
import Glibc

/// The few socket calls that the tests need, on loopback only.
enum Sockets {
  /// A socket that listens on a free loopback port, or on the given one, and its port.
  static func listen(port: UInt16 = 0, backlog: Int32 = 256) throws(CaseFailure) -> (Int32, UInt16)
  {
    let descriptor = try open()
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound = withAddress(port) { bind(descriptor, $0, $1) }
    guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw CaseFailure("cannot listen on port \(port): \(reason)")
    }
    return (descriptor, localPort(descriptor))
  }

  /// A free port that nothing takes by chance: one that is not given to connections.
  static func portForListening() throws(CaseFailure) -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 20_000..<32_000)
      guard let (descriptor, _) = try? listen(port: port) else { continue }
      close(descriptor)
      return port
    }
    throw CaseFailure("no free port")
  }

  /// A socket connected to the loopback port.
  static func connect(port: UInt16, receiveBuffer: Int32? = nil) throws(CaseFailure) -> Int32 {
    let descriptor = try open()
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw CaseFailure("cannot connect to port \(port): \(reason)")
    }
    return descriptor
  }

  /// A socket connected to a local path.
  static func connect(path: String) throws(CaseFailure) -> Int32 {
    try local(path, "connect to") { Glibc.connect($0, $1, $2) }
  }

  /// A socket that listens at a local path of its own, and the path.
  static func listen(named name: String) throws(CaseFailure) -> (Int32, String) {
    let path = "\(NSTemporaryDirectory())/\(name)-\(UUID().uuidString.prefix(8))"
    let descriptor = try local(path, "listen at") {
      bind($0, $1, $2) == 0 ? Glibc.listen($0, 16) : -1
    }
    return (descriptor, path)
  }

  private static func local(
    _ path: String, _ what: String,
    _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(CaseFailure) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in
      for (index, byte) in path.utf8.prefix(room.count - 1).enumerated() { room[index] = byte }
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, size) }
    }
    guard result == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw CaseFailure("cannot \(what) \(path): \(reason)")
    }
    return descriptor
  }

  /// Held while a program is started and while an accepted socket is not yet marked: a child must
  /// not inherit it, since the connection would then outlive us.
  static let inheritance = NSLock()

  /// The next connection of a listener; nil when the listener was shut down.
  static func accept(_ listener: Int32) -> Int32? {
    while true {
      var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      let count = poll(&waiting, 1, -1)
      if count < 0 && errno == EINTR { continue }
      inheritance.lock()
      let accepted = Glibc.accept(listener, nil, nil)
      let reason = errno
      if accepted >= 0 { _ = fcntl(accepted, F_SETFD, FD_CLOEXEC) }
      inheritance.unlock()
      if accepted >= 0 { return accepted }
      guard [EINTR, EAGAIN, ECONNABORTED].contains(reason) else { return nil }
    }
  }

  /// Takes one byte off a local connection, and the descriptor that came with it, if one did.
  static func receivePassed(_ descriptor: Int32) throws(CaseFailure) -> Int32? {
    var byte: UInt8 = 0
    // One struct cmsghdr: length, level, type, and then the descriptor.
    var control = [UInt64](repeating: 0, count: 3)
    let (count, length) = withUnsafeMutablePointer(to: &byte) { byte in
      control.withUnsafeMutableBytes { control in
        var data = iovec(iov_base: byte, iov_len: 1)
        return withUnsafeMutablePointer(to: &data) { data in
          var message = msghdr()
          message.msg_iov = data
          message.msg_iovlen = 1
          message.msg_control = control.baseAddress
          message.msg_controllen = control.count
          return (recvmsg(descriptor, &message, 0), message.msg_controllen)
        }
      }
    }
    guard count == 1 else { throw CaseFailure("no byte came: \(String(cString: strerror(errno)))") }
    return length >= 20 ? Int32(truncatingIfNeeded: control[2]) : nil
  }

  /// Ends a connection with RST at once, even while another thread reads from it.
  ///
  /// Linux resets a connection that is dissolved by connect(2) to no family; a plain close would
  /// wait for the reader.
  static func abort(_ descriptor: Int32) {
    var nowhere = sockaddr()
    nowhere.sa_family = sa_family_t(AF_UNSPEC)
    _ = Glibc.connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
  }

  private static func open() throws(CaseFailure) -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_INET, Int32(kind), 0)
    guard descriptor >= 0 else {
      throw CaseFailure("no socket: \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  private static func withAddress(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }

  private static func localPort(_ descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}

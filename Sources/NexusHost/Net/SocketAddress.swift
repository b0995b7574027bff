import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port, or a local path, as the kernel wants it.
public struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length: socklen_t = 0

  var family: sa_family_t { storage.ss_family }

  private init() {}

  /// Copies what the system says; the pointer must be good for `length` bytes.
  init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
    withUnsafeMutableBytes(of: &storage) { target in
      target.copyMemory(from: .init(start: address, count: min(Int(length), target.count)))
    }
    self.length = length
  }

  /// The port, in host byte order.
  public var port: UInt16 {
    var copy = storage
    return withUnsafeBytes(of: &copy) { bytes in
      UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// The first address that a name or literal stands for, for listening. May ask the resolver:
  /// for start-up, never for a loop.
  public static func resolve(host: String, port: UInt16) throws(NetError) -> SocketAddress {
    switch all(host: host, port: port) {
    case .success(let found):
      if let first = found.first { return first }
      throw .connect("'\(host)' is no address of this machine")
    case .failure(let why): throw .connect("'\(host)' is no address of this machine: \(why)")
    }
  }

  /// What the resolver says instead of an address.
  struct ResolverFailure: Error, CustomStringConvertible {
    let description: String
  }

  /// All addresses that a name or literal stands for. May wait for the resolver.
  static func all(host: String, port: UInt16) -> Result<[SocketAddress], ResolverFailure> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else {
      return .failure(ResolverFailure(description: String(cString: gai_strerror(code))))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      found.append(SocketAddress(copying: address, length: entry.ai_addrlen))
    }
    return .success(found)
  }

  /// The address in digits, without the port: "192.168.1.20", "fe80::1%eth0".
  var numericHost: String {
    var copy = self
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = copy.withPointer {
      getnameinfo($0, $1, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    guard code == 0 else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Longest path of a local socket in bytes (unix(7)).
  public static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// The address of a local socket; nil if the path is empty, too long or holds a NUL.
  static func local(path: String) -> SocketAddress? {
    guard !path.isEmpty else { return nil }
    return local(Array(path.utf8), end: 1)
  }

  /// The address of a local socket as the service manager names it: a path, or "@" and a name that
  /// exists in the kernel alone (unix(7)). Nil if that is no address.
  static func service(_ name: String) -> SocketAddress? {
    guard name.hasPrefix("@") else { return name.hasPrefix("/") ? local(path: name) : nil }
    return local(Array(name.utf8.dropFirst()), start: 1)
  }

  /// A name with so many NULs before and behind it.
  private static func local(_ bytes: [UInt8], start: Int = 0, end: Int = 0) -> SocketAddress? {
    guard bytes.count <= longestPath, !bytes.contains(0) else { return nil }
    var result = SocketAddress()
    let offset = (MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + start
    withUnsafeMutableBytes(of: &result.storage) { target in
      for (index, byte) in bytes.enumerated() { target[offset + index] = byte }
    }
    result.storage.ss_family = sa_family_t(AF_UNIX)
    result.length = socklen_t(offset + bytes.count + end)
    return result
  }

  /// The address that a socket is bound to.
  public static func local(of fd: Int32) throws(NetError) -> SocketAddress {
    try asked("getsockname") { getsockname(fd, $0, $1) }
  }

  /// The address of the other end of a connection.
  public static func peer(of fd: Int32) throws(NetError) -> SocketAddress {
    try asked("getpeername") { getpeername(fd, $0, $1) }
  }

  private static func asked(
    _ call: StaticString,
    _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(NetError) -> SocketAddress {
    var result = SocketAddress()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &result.storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask($0, &length) }
    }
    guard code == 0 else { throw .system(call: call, errno: errno) }
    result.length = length
    return result
  }

  /// Whether it is of this machine only: 127.0.0.0/8, ::1, the former as an IPv6 address, or a local
  /// socket.
  public var isLoopback: Bool {
    var copy = storage
    return withUnsafeBytes(of: &copy) { bytes in
      switch Int32(storage.ss_family) {
      case AF_UNIX: true
      case AF_INET: bytes[4] == 127
      case AF_INET6:
        bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
          || bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18] == 0xFF && bytes[19] == 0xFF
            && bytes[20] == 127
      default: false
      }
    }
  }

  /// The address without its port, as numbers: "127.0.0.1", "::1".
  public var host: String {
    mutating get {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let code = withPointer { address, length in
        getnameinfo(
          address, length, &text, socklen_t(NI_MAXHOST), nil, 0, NI_NUMERICHOST)
      }
      guard code == 0 else { return "?" }
      return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  mutating func withPointer<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    let length = length
    return withUnsafePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}

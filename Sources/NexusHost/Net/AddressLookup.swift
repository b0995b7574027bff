import Glibc

// Where numeric addresses come from: the interfaces of this machine, and the resolver.
extension NumericAddress {
  /// The addresses of this machine's interfaces, loopback included. One question to the kernel; any
  /// thread.
  public static func ofThisMachine() -> Set<NumericAddress> {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: Set<NumericAddress> = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr else { continue }
      let size: Int
      switch Int32(address.pointee.sa_family) {
      case AF_INET: size = MemoryLayout<sockaddr_in>.size
      case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
      default: continue
      }
      let text = SocketAddress(copying: address, length: socklen_t(size)).numericHost
      // The same interface has a name here and a number there.
      if let own = NumericAddress(String(text.prefix { $0 != "%" })) { found.insert(own) }
    }
    return found
  }

  /// The same without its interface.
  public var withoutScope: NumericAddress {
    scope.isEmpty ? self : NumericAddress(String(description.prefix { $0 != "%" })) ?? self
  }

  /// What a host name stands for; none if nobody knows it. Waits for the resolver: never on a loop.
  public static func resolve(_ name: String) -> [NumericAddress] {
    guard case .success(let all) = SocketAddress.all(host: name, port: 0) else { return [] }
    return all.compactMap { NumericAddress($0.numericHost) }
  }
}

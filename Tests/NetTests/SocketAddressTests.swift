import Glibc
import Testing

@testable import Net

/// What an address says of itself.
@Suite struct SocketAddressTests {
  @Test(arguments: [
    "127.0.0.1", "127.0.0.2", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:127.9.8.7",
  ])
  func ofThisMachineOnly(_ host: String) throws {
    #expect(try SocketAddress.resolve(host: host, port: 80).isLoopback)
  }

  @Test(arguments: [
    "0.0.0.0", "126.255.255.255", "128.0.0.1", "10.127.0.1", "192.168.0.1", "1.0.0.127",
    "::", "::2", "::7f00:1", "fe80::1", "1::1", "2001:db8::1", "::1:0:0:1", "7f00::1",
    "::ffff:10.0.0.127", "::ffff:128.0.0.1", "::fffe:127.0.0.1", "1::ffff:127.0.0.1",
    "64:ff9b::127.0.0.1",
  ])
  func ofOthersToo(_ host: String) throws {
    #expect(try !SocketAddress.resolve(host: host, port: 80).isLoopback)
  }

  /// The port stands beside the address and is no part of it.
  @Test(arguments: [0, 127, 0x7F00, 0x7F7F, 65_535] as [UInt16]) func anyPort(_ port: UInt16) throws
  {
    #expect(try SocketAddress.resolve(host: "127.0.0.1", port: port).isLoopback)
    #expect(try SocketAddress.resolve(host: "::1", port: port).isLoopback)
    #expect(try !SocketAddress.resolve(host: "10.0.0.1", port: port).isLoopback)
    #expect(try !SocketAddress.resolve(host: "2001:db8::1", port: port).isLoopback)
  }

  @Test func localSockets() throws {
    #expect(try #require(SocketAddress.local(path: "/run/x.sock")).isLoopback)
    #expect(try #require(SocketAddress.service("@nexus")).isLoopback)
  }

  @Test func otherFamilies() {
    var netlink = sockaddr()
    netlink.sa_family = sa_family_t(AF_NETLINK)
    let address = SocketAddress(
      copying: &netlink, length: socklen_t(MemoryLayout<sockaddr>.size))
    #expect(!address.isLoopback)
  }

  /// The other end of a connection, as the rules for orders ask for it.
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1"),
  ])
  func peers(_ listening: String, _ calling: String) throws {
    let socket = try Socket.listen(host: listening, port: 0)
    defer { Socket.drop(socket) }
    var address = try SocketAddress.resolve(host: calling, port: socket.port)
    let client = Glibc.socket(Int32(address.family), Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    #expect(address.withPointer { connect(client, $0, $1) } == 0)
    var wait = pollfd(fd: socket.fd, events: Int16(POLLIN), revents: 0)
    #expect(poll(&wait, 1, 2_000) == 1)
    let accepted = try #require(try Socket.accept(socket.fd))
    defer { close(accepted) }
    #expect(try SocketAddress.peer(of: accepted).isLoopback)
  }
}

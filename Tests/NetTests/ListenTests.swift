import Glibc
import Testing

@testable import Net

/// Listening sockets: who takes from which, and how one is closed.
@Suite struct ListenTests {
  @Test func oneSocketForEachWorker() {
    #expect(SocketShares.assign(["a", "a", "a"], to: 3) == [[0], [1], [2]])
  }

  @Test func oneSocketForAllWorkers() {
    #expect(SocketShares.assign(["a"], to: 3) == [[0], [0], [0]])
  }

  @Test func moreSocketsThanWorkers() {
    #expect(SocketShares.assign(["a", "a", "a"], to: 2) == [[0, 2], [1]])
  }

  @Test func fewerSocketsThanWorkers() {
    #expect(SocketShares.assign(["a", "a"], to: 3) == [[0], [1], [0]])
  }

  @Test func everyAddressHasEveryWorker() {
    #expect(SocketShares.assign(["a", "b", "a"], to: 2) == [[0, 1], [2, 1]])
  }

  @Test func noSocketIsForgotten() {
    for sockets in 1...7 {
      for workers in 1...7 {
        let shares = SocketShares.assign([String](repeating: "a", count: sockets), to: workers)
        #expect(Set(shares.joined()) == Set(0..<sockets))
        #expect(shares.allSatisfy { !$0.isEmpty && Set($0).count == $0.count })
      }
    }
  }

  /// Once new connections are ignored, none is made any more that the closing would reset.
  @Test func newConnectionsCanBeIgnored() throws {
    let socket = try Socket.listen(host: "127.0.0.1", port: 0)
    defer { Socket.drop(socket) }
    let before = try connect(socket.port)
    #expect(isMade(before, within: 1_000))
    Socket.ignoreNewConnections(socket)
    let after = try connect(socket.port)
    #expect(!isMade(after, within: 50))
    let first = try Socket.accept(socket.fd)
    let accepted = try #require(first)
    let more = try Socket.accept(socket.fd)
    #expect(more == nil)
    for fd in [before, after, accepted] { close(fd) }
  }

  @Test func theHolderOfAPortIsFound() throws {
    let socket = try Socket.listen(host: "127.0.0.1", port: 0)
    let holder = try #require(PortHolder.find(port: socket.port))
    #expect(holder.pid == getpid())
    #expect(!holder.name.isEmpty)
    Socket.drop(socket)
    #expect(PortHolder.find(port: socket.port) == nil)
  }

  /// Begins to connect.
  private func connect(_ port: UInt16) throws -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue
    let fd = socket(AF_INET, Int32(type), 0)
    var address = try SocketAddress.resolve(host: "127.0.0.1", port: port)
    _ = address.withPointer { Glibc.connect(fd, $0, $1) }
    return fd
  }

  private func isMade(_ fd: Int32, within milliseconds: Int32) -> Bool {
    var state = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
    return poll(&state, 1, milliseconds) == 1
  }
}

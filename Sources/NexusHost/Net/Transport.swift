import CLinux
import Glibc

/// A connected byte stream: a plain socket, or one on which libcurl speaks TLS.
///
/// Confined to its loop's thread. `close()` must be called; sending after it fails.
public final class Transport {
  public let channel: Channel
  private let secure: SecureStream?
  private var isOpen = true
  /// How much one read asks for at least.
  public static let readSize = 16 * 1024

  /// Takes over a connected, non-blocking descriptor. `readable`: try a read before waiting.
  public convenience init(fd: Int32, loop: EventLoop, readable: Bool) throws(NetError) {
    self.init(channel: try Channel(fd: fd, loop: loop, readable: readable), secure: nil)
  }

  init(channel: Channel, secure: SecureStream?) {
    self.channel = channel
    self.secure = secure
  }

  /// Reads what there is into the buffer, waiting until there is something. Returns the number of
  /// bytes; 0 at the end of the stream. Asks for as much as the buffer has room for, at least
  /// `readSize`.
  public func receive(into buffer: ByteBuffer) async throws(NetError) -> Int {
    while true {
      if let count = try receiveNow(into: buffer) { return count }
      try await wait(for: channel.waitReadable())
    }
  }

  /// Suspends until there may be something to read.
  public func waitReadable() async throws(NetError) {
    try await wait(for: channel.waitReadable())
  }

  /// Reads what there is; nil when that is nothing yet.
  public func receiveNow(into buffer: ByteBuffer) throws(NetError) -> Int? {
    guard channel.isReadable else { return nil }
    guard isOpen else { throw .closed(errno: 0) }
    buffer.reserve(Self.readSize)
    let room = buffer.spare
    while true {
      let count = buffer.fill {
        secure?.receive(into: $0) ?? recv(channel.fd, $0.baseAddress, $0.count, 0)
      }
      if count >= 0 {
        // Less than asked for means drained: the next bytes come with an event of their own. An end
        // that was announced has still to be read, and TLS has buffers of its own.
        if count < room, count > 0, !channel.peerHasClosed, secure == nil {
          channel.isReadable = false
        }
        return count
      }
      if errno == EINTR { continue }
      guard errno == EAGAIN else { throw .closed(errno: errno) }
      channel.isReadable = false
      return nil
    }
  }

  /// Whether a connection that waits for its next use may be trusted: the peer has neither closed it
  /// nor sent what nobody asked for. What came may be for TLS alone, such as the tickets after a
  /// handshake, and only a read can tell.
  public var isAtRest: Bool {
    guard !channel.peerHasClosed else { return false }
    guard channel.isReadable else { return true }
    var byte: UInt8 = 0
    let count = withUnsafeMutableBytes(of: &byte) {
      secure?.receive(into: $0) ?? recv(channel.fd, $0.baseAddress, $0.count, 0)
    }
    guard count < 0, errno == EAGAIN else { return false }
    channel.isReadable = false
    return true
  }

  /// Sends all of the list, waiting while the peer takes nothing. The list is empty afterwards.
  public func send(_ list: GatherList) async throws(NetError) {
    while true {
      try sendNow(list)
      if list.count == 0 { break }
      try await wait(for: channel.waitWritable())
    }
    list.removeAll()
  }

  /// Sends all of the list if the peer takes it at once, and empties it then.
  public func sendWhole(_ list: GatherList) throws(NetError) -> Bool {
    try sendNow(list)
    guard list.count == 0 else { return false }
    list.removeAll()
    return true
  }

  /// Sends one byte over a local socket, and along with it a descriptor, of which the peer gets one of
  /// its own (unix(7), SCM_RIGHTS).
  public func pass(_ byte: UInt8, _ descriptor: Int32) async throws(NetError) {
    while nexus_pass(channel.fd, byte, descriptor) != 0 {
      if errno == EINTR { continue }
      guard errno == EAGAIN else { throw .closed(errno: errno) }
      channel.isWritable = false
      try await wait(for: channel.waitWritable())
    }
  }

  /// Sends what the peer takes now; what is left stays in the list.
  public func sendNow(_ list: GatherList) throws(NetError) {
    while list.count > 0, channel.isWritable {
      guard isOpen else { throw .closed(errno: 0) }
      let count = secure?.send(list.next) ?? list.send(to: channel.fd)
      if count >= 0 {
        list.advance(count)
      } else if errno == EAGAIN {
        channel.isWritable = false
      } else if errno != EINTR {
        throw .closed(errno: errno)
      }
    }
  }

  /// Sends as much of the bytes as the peer takes now. Returns how many that were.
  public func sendNow(_ bytes: Span<UInt8>) throws(NetError) -> Int {
    while channel.isWritable, bytes.count > 0 {
      guard isOpen else { throw .closed(errno: 0) }
      let count = bytes.withUnsafeBytes {
        secure?.send($0) ?? Glibc.send(channel.fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 { return count }
      if errno == EAGAIN {
        channel.isWritable = false
      } else if errno != EINTR {
        throw .closed(errno: errno)
      }
    }
    return 0
  }

  /// Has the kernel hold about so many bytes at most that were sent and have not arrived.
  public func limitSendBuffer(to bytes: Int) {
    guard isOpen else { return }
    Socket.limitSendBuffer(channel.fd, to: bytes)
  }

  /// Closes the connection.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    channel.detach()
    if let secure { secure.close() } else { Glibc.close(channel.fd) }
  }

  /// Says that nothing more will be sent, leaving the other direction open.
  public func finishSending() {
    guard isOpen, secure == nil else { return }
    shutdown(channel.fd, Int32(SHUT_WR))
  }

  private func wait(for outcome: WaitOutcome) throws(NetError) {
    switch outcome {
    case .ready: return
    case .timedOut: throw .timedOut
    case .interrupted: throw .interrupted
    }
  }
}

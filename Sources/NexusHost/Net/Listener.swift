import CLinux
import Glibc

/// Takes new connections on one loop.
public final class Listener {
  private let channel: Channel
  private let loop: EventLoop
  /// How long to wait when the process has no descriptor left.
  private static let pauseWhenFull: UInt64 = 50

  /// Takes over a listening descriptor. Loop thread.
  public init(_ socket: Socket.Listening, loop: EventLoop) throws(NetError) {
    self.loop = loop
    channel = try Channel(listener: socket.fd, loop: loop, isSplit: socket.isSplit)
  }

  /// Gives every new connection's descriptor to `serve`, until `stop`. A process that is out of
  /// descriptors waits for some to be closed instead of spinning; the connections stay queued in
  /// the kernel. `trouble` is told of that.
  public func run(serve: (Int32) -> Void, trouble: (NetError) -> Void) async {
    while true {
      do {
        while let fd = try Socket.accept(channel.fd) { serve(fd) }
        channel.isReadable = false
        guard await channel.waitReadable() == .ready else { break }
      } catch {
        trouble(error)
        await loop.sleep(milliseconds: Self.pauseWhenFull)
      }
    }
    channel.detach()
    // What has come until now was told of to nobody else, even if others listen on this socket too.
    while let fd = try? Socket.accept(channel.fd) { serve(fd) }
    close(channel.fd)
  }

  /// Ends `run`, which serves what is queued and closes the socket.
  public func stop() { channel.interrupt() }
}

import Glibc

/// A look whether something listens at an address, by a connection that is closed at once.
public enum Knock {
  /// Whether a connection stands within so many milliseconds. On the loop's thread.
  public static func isOpen(
    _ address: NumericAddress, port: UInt16, within milliseconds: UInt64, loop: EventLoop
  ) async -> Bool {
    guard var target = try? SocketAddress.resolve(host: address.description, port: port) else {
      return false
    }
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let fd = socket(Int32(target.family), Int32(type), 0)
    guard fd >= 0 else { return false }
    defer { close(fd) }
    // On loopback the kernel mostly decides at once.
    if target.withPointer({ connect(fd, $0, $1) }) == 0 { return true }
    guard errno == EINPROGRESS, let channel = try? Channel(fd: fd, loop: loop) else {
      return false
    }
    defer { channel.detach() }
    channel.isWritable = false
    channel.setDeadline(after: milliseconds)
    guard await channel.waitWritable() == .ready else { return false }
    return Socket.error(of: fd) == 0
  }
}

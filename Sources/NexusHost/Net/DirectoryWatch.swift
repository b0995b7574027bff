import Glibc

/// Hears of changes of files in directories (inotify).
///
/// Confined to its loop's thread.
public final class DirectoryWatch {
  /// What happened to an entry of a directory.
  public struct Event: Equatable, Sendable {
    /// The name in the directory; empty for the directory itself.
    public let name: String
    /// It was opened for writing, and whoever did so has closed it.
    public let isClosed: Bool
    /// Its bytes have changed; more may follow.
    public let isModified: Bool
  }

  private let channel: Channel
  private var watched: Set<Int32> = []
  // One read takes whole events only; the longest has a name of 255 bytes and its end.
  private var room = [UInt8](repeating: 0, count: 16 * 1024)

  private static let headLength = 16
  private static let mask = UInt32(
    IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB
      | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

  public init(loop: EventLoop) throws(NetError) {
    let fd = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard fd >= 0 else { throw .system(call: "inotify_init1", errno: errno) }
    do {
      channel = try Channel(fd: fd, loop: loop, readable: true)
    } catch {
      Glibc.close(fd)
      throw error
    }
  }

  /// Watches these directories and no others. Returns those that cannot be watched.
  public func watch(_ directories: [String]) -> [String] {
    var now: Set<Int32> = []
    let failed = directories.filter { directory in
      let watch = inotify_add_watch(channel.fd, directory, Self.mask)
      if watch >= 0 { now.insert(watch) }
      return watch < 0
    }
    for watch in watched.subtracting(now) { inotify_rm_watch(channel.fd, watch) }
    watched = now
    return failed
  }

  /// Waits for changes; nil after `close`.
  public func next() async -> [Event]? {
    while true {
      let count = read(channel.fd, &room, room.count)
      if count > 0 { return events(count) }
      if count < 0, errno == EINTR { continue }
      channel.isReadable = false
      guard await channel.waitReadable() == .ready else { break }
    }
    channel.detach()
    Glibc.close(channel.fd)
    return nil
  }

  /// Ends the waiting, and the watch with it.
  public func close() { channel.interrupt() }

  private func events(_ count: Int) -> [Event] {
    var events: [Event] = []
    var start = 0
    while start + Self.headLength <= count {
      let mask = number(at: start + 4)
      let length = Int(number(at: start + 12))
      let end = start + Self.headLength + length
      guard end <= count else { break }
      let name = room[start + Self.headLength..<end].prefix { $0 != 0 }
      events.append(
        Event(
          name: String(decoding: name, as: UTF8.self),
          isClosed: mask & UInt32(IN_CLOSE_WRITE) != 0,
          isModified: mask & UInt32(IN_MODIFY) != 0))
      start = end
    }
    return events
  }

  /// A number of `struct inotify_event`, in the order of the machine.
  private func number(at offset: Int) -> UInt32 {
    let bytes = room[offset..<offset + 4]
    return UInt32(littleEndian: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }
}

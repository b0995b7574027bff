import CAvahi
import CLinux
import Glibc

/// A descriptor that libavahi has watched.
///
/// libdbus makes one watch for reading and one for writing on the same socket, and epoll takes a
/// descriptor once: so each watch has a duplicate. Events are told for as long as they last (no
/// EPOLLET), because libdbus does not read until nothing is left.
final class PollWatch: EventHandler {
  private let loop: EventLoop
  private let asked: Int32
  private let callback: AvahiWatchCallback
  private let context: UnsafeMutableRawPointer?
  private var fd: Int32 = -1
  private var tag: UInt64?
  /// What is being told at this moment.
  private(set) var happened = AvahiWatchEvent(rawValue: 0)

  init(
    loop: EventLoop, fd: Int32, callback: @escaping AvahiWatchCallback,
    context: UnsafeMutableRawPointer?
  ) {
    self.loop = loop
    asked = fd
    self.callback = callback
    self.context = context
  }

  /// The watch behind an address that libavahi was given.
  static func of(_ address: OpaquePointer?) -> Unmanaged<PollWatch>? {
    address.map { .fromOpaque(UnsafeRawPointer($0)) }
  }

  func start(_ events: AvahiWatchEvent) -> Bool {
    fd = nexus_duplicate(asked)
    guard fd >= 0 else { return false }
    // AvahiWatchEvent has poll's bits, which on Linux are epoll's.
    tag = try? loop.watch(fd, events: events.rawValue, handler: self)
    if tag == nil { close(fd) }
    return tag != nil
  }

  func update(_ events: AvahiWatchEvent) {
    if let tag { loop.rewatch(fd, tag: tag, events: events.rawValue) }
  }

  func stop() {
    guard let tag else { return }
    self.tag = nil
    loop.forget(fd, tag: tag)
    close(fd)
  }

  func handle(_ events: UInt32) {
    // The callback may free the watch: the loop's dispatch holds it until it returns.
    happened = AvahiWatchEvent(rawValue: events)
    callback(OpaquePointer(Unmanaged.passUnretained(self).toOpaque()), asked, happened, context)
    happened = AvahiWatchEvent(rawValue: 0)
  }
}

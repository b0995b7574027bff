import CLinux
import Glibc

/// Something that waits for a file descriptor to become readable or writable.
protocol Watcher: AnyObject {
  /// Called on the loop's thread with the epoll bits that are set.
  func ready(_ events: UInt32)
}

/// The simulator's own event loop: one thread, one epoll, one timer descriptor.
///
/// Deliberately not the host's loop: a mistake in one must not be mirrored by the other.
final class Loop {
  private struct Slot {
    var watcher: (any Watcher)?
    var generation: UInt32 = 0
  }

  private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
  private let clock = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK))
  private var slots: [Slot] = []
  private var timers = TimerHeap()
  private var armed: UInt64 = 0
  private var running = false

  /// Bytes read from any connection pass through here, so that no connection owns a big buffer.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)

  static let readable = UInt32(EPOLLIN.rawValue)
  static let writable = UInt32(EPOLLOUT.rawValue)
  static let hangUp = UInt32(EPOLLRDHUP.rawValue)
  static let broken = UInt32(EPOLLERR.rawValue) | UInt32(EPOLLHUP.rawValue)
  private static let clockTag = UInt64.max

  init() {
    _ = nexus_epoll_add(epoll, clock, Loop.readable, Loop.clockTag)
  }

  /// Nanoseconds of the monotonic clock.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Starts to watch `descriptor`; false if the kernel refuses (a regular file, for example).
  @discardableResult
  func watch(_ descriptor: Int32, _ events: UInt32, _ watcher: any Watcher) -> Bool {
    let index = Int(descriptor)
    while slots.count <= index { slots.append(Slot()) }
    slots[index].generation &+= 1
    slots[index].watcher = watcher
    return nexus_epoll_add(epoll, descriptor, events, tag(descriptor)) == 0
  }

  func rewatch(_ descriptor: Int32, _ events: UInt32) {
    _ = nexus_epoll_modify(epoll, descriptor, events, tag(descriptor))
  }

  func forget(_ descriptor: Int32) {
    slots[Int(descriptor)].watcher = nil
    _ = nexus_epoll_remove(epoll, descriptor)
  }

  /// Calls `action` once, `milliseconds` from now; the returned number cancels it.
  @discardableResult
  func after(_ milliseconds: Double, _ action: @escaping () -> Void) -> TimerHeap.ID {
    at(Loop.now() + UInt64(max(0, milliseconds) * 1_000_000), action)
  }

  @discardableResult
  func at(_ deadline: UInt64, _ action: @escaping () -> Void) -> TimerHeap.ID {
    timers.insert(deadline, action)
  }

  func cancel(_ timer: TimerHeap.ID?) {
    if let timer { timers.cancel(timer) }
  }

  func stop() { running = false }

  /// Serves events until `stop()`.
  func run() {
    running = true
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    while running {
      arm()
      let count = epoll_wait(epoll, &events, Int32(events.count), -1)
      var index = 0
      while index < Int(count) {
        let tag = withUnsafePointer(to: &events[index]) { nexus_epoll_tag($0) }
        if tag == Loop.clockTag { quietClock() } else { dispatch(tag, events[index].events) }
        index += 1
      }
      fireTimers()
    }
  }

  /// A tag names the descriptor and its use, so that an event left over for a closed descriptor
  /// never reaches the next owner of the same number.
  private func tag(_ descriptor: Int32) -> UInt64 {
    UInt64(slots[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  private func dispatch(_ tag: UInt64, _ events: UInt32) {
    let index = Int(tag & 0xffff_ffff)
    guard slots[index].generation == UInt32(tag >> 32) else { return }
    slots[index].watcher?.ready(events)
  }

  private func arm() {
    let next = timers.next ?? 0
    guard next != armed else { return }
    armed = next
    var spec = itimerspec()
    spec.it_value.tv_sec = Int(next / 1_000_000_000)
    spec.it_value.tv_nsec = Int(next % 1_000_000_000)
    timerfd_settime(clock, Int32(TFD_TIMER_ABSTIME), &spec, nil)
  }

  /// A timer set while others fire waits for the next round, so that a zero delay cannot spin here.
  private func fireTimers() {
    let now = Loop.now()
    while running, let action = timers.popDue(now) { action() }
  }

  private func quietClock() {
    var expirations: UInt64 = 0
    read(clock, &expirations, 8)
  }
}

import CAvahi
import CLinux
import Glibc

/// A deadline that libavahi has set, by the wall clock.
///
/// One that is due already fires after the events of this turn, once a turn: libavahi asks so for
/// every message that waits on the bus, and a flood of them must leave the loop its other work.
final class PollTimeout: Timed, EventHandler {
  private let loop: EventLoop
  private let callback: AvahiTimeoutCallback
  private let context: UnsafeMutableRawPointer?
  private var isDue = false
  private var isQueued = false

  init(
    loop: EventLoop, callback: @escaping AvahiTimeoutCallback, context: UnsafeMutableRawPointer?
  ) {
    self.loop = loop
    self.callback = callback
    self.context = context
  }

  /// The timeout behind an address that libavahi was given.
  static func of(_ address: OpaquePointer?) -> Unmanaged<PollTimeout>? {
    address.map { .fromOpaque(UnsafeRawPointer($0)) }
  }

  /// Sets the deadline; nil turns it off.
  func update(_ deadline: timeval?) {
    stop()
    guard let deadline else { return }
    let delay = Self.delay(until: deadline)
    guard delay == 0 else { return loop.expire(self, after: delay) }
    isDue = true
    guard !isQueued else { return }
    isQueued = true
    loop.revisit(self)
  }

  func stop() {
    isDue = false
    loop.cancelExpiry(self)
  }

  func handle(_: UInt32) {
    isQueued = false
    guard isDue else { return }
    isDue = false
    expire()
  }

  override func expire() {
    // The callback may free the timeout: whoever called this holds it until it returns.
    callback(OpaquePointer(Unmanaged.passUnretained(self).toOpaque()), context)
  }

  private static func delay(until deadline: timeval) -> UInt64 {
    var now = timeval()
    gettimeofday(&now, nil)
    let seconds = deadline.tv_sec &- now.tv_sec
    guard seconds >= 0 else { return 0 }
    let microseconds = min(seconds, 86_400) * 1_000_000 + deadline.tv_usec - now.tv_usec
    return microseconds > 0 ? UInt64((microseconds + 999) / 1_000) : 0
  }
}

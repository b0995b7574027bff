import Fleet

/// When a backend is looked at next: a value that is told what happened. Times in milliseconds of
/// one monotonic clock.
struct ProbeSchedule: Equatable {
  /// When the next probe is due; `UInt64.max` while none is wanted.
  private(set) var due: UInt64
  // Rises with every fruitless probe of a backend that is not there.
  private var step = 0
  private var started: UInt64?
  private var wantedSooner = false

  /// The pause between a failure and the probes that decide whether the backend is down.
  static let doubtPause: UInt64 = 250
  /// The pause while a server says that it is loading.
  static let loadingPause: UInt64 = 1_000
  /// The first pause after a backend went down; it doubles from there.
  static let firstDownPause: UInt64 = 1_000
  /// The longest pause for a backend on this machine: a look costs nothing there, and somebody who
  /// restarts a server waits for it.
  static let longestLocalPause: UInt64 = 5_000
  /// The longest pause for other backends.
  static let longestRemotePause: UInt64 = 30_000
  /// Failures that come in quick succession cause one probe, not one each.
  static let debounce: UInt64 = 100

  init(now: UInt64) { due = now }

  /// Whether a probe should start now.
  func isDue(_ now: UInt64) -> Bool { started == nil && due <= now }

  /// When to look again, or nil while a probe is under way.
  var wake: UInt64? { started == nil ? due : nil }

  /// A probe has started.
  mutating func start(now: UInt64) {
    started = now
    wantedSooner = false
  }

  /// Something went wrong: the next probe should not wait for its round.
  mutating func hasten(now: UInt64) {
    if started == nil { due = min(due, now + Self.debounce) } else { wantedSooner = true }
  }

  /// It is to be looked at now, or as soon as the probe that is under way has ended.
  mutating func probeNow(now: UInt64) {
    if started == nil { due = min(due, now) } else { wantedSooner = true }
  }

  /// What is under way does not count any more: it is to be looked at now.
  mutating func restart(now: UInt64) {
    started = nil
    due = now
  }

  /// A probe has ended and left the backend in that state. `interval`: the time between two looks at
  /// a healthy backend; `UInt64.max` for no more of them.
  mutating func finish(now: UInt64, health: BackendHealth, interval: UInt64, isLocal: Bool) {
    started = nil
    due = Self.moment(now, after: pause(health, interval: interval, isLocal: isLocal))
    if wantedSooner { due = min(due, now + Self.debounce) }
    wantedSooner = false
  }

  /// The interval has changed, and with it the time of the next look at a healthy backend.
  mutating func adjust(now: UInt64, health: BackendHealth, interval: UInt64) {
    guard started == nil, health.state == .up, health.failures == 0 else { return }
    due = interval == .max ? .max : min(due, Self.moment(now, after: interval))
  }

  private static func moment(_ now: UInt64, after pause: UInt64) -> UInt64 {
    pause < .max - now ? now + pause : .max
  }

  private mutating func pause(
    _ health: BackendHealth, interval: UInt64, isLocal: Bool
  ) -> UInt64 {
    let isGone = health.state == .down || health.state == .unknown && health.failures == 0
    guard isGone else {
      step = 0
      if health.failures > 0 { return min(interval, Self.doubtPause) }
      return health.state == .loading ? min(interval, Self.loadingPause) : interval
    }
    if health.successes > 0 { return min(interval, Self.doubtPause) }
    let longest = min(interval, isLocal ? Self.longestLocalPause : Self.longestRemotePause)
    let pause = min(longest, Self.firstDownPause << UInt64(min(step, 8)))
    step += 1
    return pause
  }
}

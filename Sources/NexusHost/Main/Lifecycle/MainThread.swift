import Net

/// Waits for the main thread's events, and gives the service manager signs of life meanwhile.
struct MainThread {
  let events: ProcessEvents
  /// Nil if nobody watches.
  let watchdog: Watchdog?

  /// The next event; nil once `MonotonicClock` has reached `deadline` (milliseconds).
  func next(until deadline: UInt64? = nil) -> ProcessEvent? {
    while true {
      let now = MonotonicClock.milliseconds()
      if let watchdog, watchdog.due <= now { watchdog.tick() }
      if let event = events.next(until: earliest(deadline, watchdog?.due)) { return event }
      if let deadline, MonotonicClock.milliseconds() >= deadline { return nil }
    }
  }

  private func earliest(_ one: UInt64?, _ other: UInt64?) -> UInt64? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}

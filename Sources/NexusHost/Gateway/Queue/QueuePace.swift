/// How fast a place takes those who wait for it, from which the wait of further requests is
/// estimated. In milliseconds.
struct QueuePace {
  /// Moving average of the time between two requests that went; nil before the second.
  private var interval: Double?
  private var last: UInt64?

  private static let weight = 0.2

  /// The first request waits: the time before does not count.
  mutating func begin(at now: UInt64) { last = now }

  /// A request that waited has gone there.
  mutating func moved(at now: UInt64) {
    if let last, now >= last {
      let sample = Double(now - last)
      interval = interval.map { $0 + (sample - $0) * Self.weight } ?? sample
    }
    last = now
  }

  /// The wait of a request behind `ahead` others that the places of these paces take together, in
  /// whole seconds from 1; nil while nothing is known.
  static func seconds(behind ahead: Int, _ paces: some Sequence<QueuePace>) -> Int? {
    let rate = paces.reduce(0) { sum, pace in
      pace.interval.map { sum + 1 / max($0, 0.001) } ?? sum
    }
    guard rate > 0 else { return nil }
    let seconds = (Double(ahead + 1) / rate / 1_000).rounded(.up)
    return max(1, Int(min(seconds, 1e9)))
  }
}

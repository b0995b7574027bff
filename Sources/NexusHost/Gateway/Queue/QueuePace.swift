/// How fast the queue moves, from which the wait of further requests is estimated. In milliseconds.
struct QueuePace {
  /// Moving average of the time between two requests that went; nil before the second.
  private var interval: Double?
  private var last: UInt64?

  private static let weight = 0.2

  /// The first request waits: the time before does not count.
  mutating func begin(at now: UInt64) { last = now }

  /// A request that waited has gone to a backend.
  mutating func moved(at now: UInt64) {
    if let last, now >= last {
      let sample = Double(now - last)
      interval = interval.map { $0 + (sample - $0) * Self.weight } ?? sample
    }
    last = now
  }

  /// The wait of a request behind `ahead` others in whole seconds, from 1 to `most`, which it also is
  /// while nothing is known.
  func seconds(behind ahead: Int, most: Int) -> Int {
    guard let interval else { return most }
    let seconds = (interval * Double(ahead + 1) / 1_000).rounded(.up)
    return min(max(1, Int(min(seconds, 1e9))), most)
  }
}

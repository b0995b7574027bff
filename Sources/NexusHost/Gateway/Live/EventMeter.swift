/// How many events of a stream have come, and how fast. Times are nanoseconds of one clock. A value.
struct EventMeter {
  /// Events that were counted.
  private(set) var count = 0
  private(set) var isUsed = false
  private var counter = EventCounter()
  /// When the rate was last taken, and how many there were then.
  private var marked: (time: UInt64, count: Int)?
  private var last: Double?

  /// Shortest time that a rate is taken over.
  private static let shortest: UInt64 = 500_000_000

  /// Takes in the next bytes of the stream. Returns how many events ended in them.
  mutating func note(_ bytes: Span<UInt8>) -> Int {
    isUsed = true
    let events = counter.count(bytes)
    count += events
    return events
  }

  /// As many in a second as have come since the rate was last taken, or the last but one; nil before
  /// there is anything to compare.
  mutating func rate(at now: UInt64) -> Double? {
    guard let marked else {
      isUsed = true
      marked = (now, count)
      return nil
    }
    guard now >= marked.time + Self.shortest else { return last }
    let new = Double(count - marked.count) * 1e9 / Double(now - marked.time)
    // Half of what was before, so that it can be read.
    last = last.map { ($0 + new) / 2 } ?? new
    self.marked = (now, count)
    return last
  }
}

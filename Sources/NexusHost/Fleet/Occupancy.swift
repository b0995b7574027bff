import Synchronization

/// How many requests are somewhere at once. Every thread may enter and leave.
public final class Occupancy: Sendable {
  private let running = Atomic<Int>(0)
  private let finished = Atomic<UInt64>(0)

  public init() {}

  /// Requests that are there now.
  public var count: Int { running.load(ordering: .relaxed) }

  /// Requests that have left since the start, served well or not.
  public var total: UInt64 { finished.load(ordering: .relaxed) }

  /// Counts a request as there until the result is released.
  public func enter() -> InFlight {
    running.wrappingAdd(1, ordering: .relaxed)
    return InFlight(self)
  }

  /// The same while fewer than `limit` are there, else nil: however many threads enter at once, the
  /// limit holds. A limit of nil is none.
  public func enter(limit: Int?) -> InFlight? {
    guard let limit else { return enter() }
    var seen = running.load(ordering: .relaxed)
    while seen < limit {
      let (exchanged, now) = running.compareExchange(
        expected: seen, desired: seen + 1, ordering: .relaxed)
      if exchanged { return InFlight(self) }
      seen = now
    }
    return nil
  }

  fileprivate func leave() {
    running.wrappingSubtract(1, ordering: .relaxed)
    finished.wrappingAdd(1, ordering: .relaxed)
  }
}

/// A request that is counted from its making until it goes out of scope, however that happens.
public struct InFlight: ~Copyable, Sendable {
  private let place: Occupancy

  fileprivate init(_ place: Occupancy) { self.place = place }

  deinit { place.leave() }
}

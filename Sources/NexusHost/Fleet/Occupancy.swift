import Synchronization

/// Hears when a place somewhere has become free. Any thread; must not block.
public protocol VacancyObserver: AnyObject, Sendable {
  /// A request has left; the count says so already.
  func placeLeft(_ place: Occupancy)
}

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
    return InFlight(self, nil)
  }

  /// The same while fewer than `limit` are there, else nil: however many threads enter at once, the
  /// limit holds. A limit of nil is none. `observer` is told when the request has left.
  public func enter(limit: Int?, telling observer: (any VacancyObserver)? = nil) -> InFlight? {
    let limit = limit ?? .max
    var seen = running.load(ordering: .relaxed)
    while seen < limit {
      let (exchanged, now) = running.compareExchange(
        expected: seen, desired: seen + 1, ordering: .relaxed)
      if exchanged { return InFlight(self, observer) }
      seen = now
    }
    return nil
  }

  /// Takes a place for a request that is on its way, whatever the limit.
  public func hold() { running.wrappingAdd(1, ordering: .relaxed) }

  /// Gives back a place that was held. Nobody is told.
  public func letGo() { running.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

  // In one order with what observers count: either they see that somebody waits, or who waits sees
  // the free place.
  fileprivate func leave() {
    running.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    finished.wrappingAdd(1, ordering: .relaxed)
  }
}

/// A request that is counted from its making until it goes out of scope, however that happens.
public struct InFlight: ~Copyable, Sendable {
  private let place: Occupancy
  private let observer: (any VacancyObserver)?

  fileprivate init(_ place: Occupancy, _ observer: (any VacancyObserver)?) {
    self.place = place
    self.observer = observer
  }

  deinit {
    place.leave()
    observer?.placeLeft(place)
  }
}

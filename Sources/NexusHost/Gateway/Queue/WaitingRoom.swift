import Fleet
import Net
import Synchronization

/// The queue of all workers: requests for which every backend is full or still loading.
///
/// A place that becomes free is held for the request that is called, so that no newcomer takes it on
/// the way. While nobody waits, a request that ends costs one load. Any thread.
final class WaitingRoom: VacancyObserver {
  /// A place is a backend's occupancy, what is used of it the account of a model.
  typealias State = QueueState<QueueLine, ObjectIdentifier, ObjectIdentifier>

  fileprivate struct Waiter {
    let loop: EventLoop
    let ticket: LoopBound<QueueTicket>
  }

  fileprivate struct Contents {
    var queue = State()
    /// Of the places for which somebody waits or did so lately.
    var paces: [ObjectIdentifier: QueuePace] = [:]
    var waiters: [State.Number: Waiter] = [:]
    var totals = QueueTotals()
    var fleet = FleetSnapshot()
    /// What is known of the places of `fleet` that were looked at.
    var held: [ObjectIdentifier: HeldModels?] = [:]
  }

  private let waiting = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let contents = Mutex(Contents())

  /// Requests that wait.
  var count: Int { waiting.load(ordering: .relaxed) }

  /// What became of those who waited.
  var totals: QueueTotals { contents.withLock { $0.totals } }

  /// Lets a request wait; nil if `limit` do so already. It must look once more whether it can go,
  /// since what became free before this was told to nobody. With how many of its line are before it.
  func enter(
    _ line: QueueLine, for places: [ObjectIdentifier: ObjectIdentifier], _ lane: State.Lane,
    patience: UInt64, limit: Int, on loop: EventLoop, _ ticket: QueueTicket
  ) -> (number: State.Number, ahead: Int)? {
    let waiter = Waiter(loop: loop, ticket: LoopBound(ticket))
    let now = MonotonicClock.milliseconds()
    let entry = contents.withLock { contents -> (State.Number, Int)? in
      let ahead = contents.queue.ahead(in: line, lane)
      guard
        let number = contents.queue.enter(
          line, waitingFor: places, lane, patience: patience, now: now, limit: limit)
      else {
        contents.totals.refusedFull += 1
        return nil
      }
      contents.beginPaces(of: Set(places.keys), at: now)
      contents.totals.entered += 1
      contents.waiters[number] = waiter
      // Before anybody looks at a backend's count again: whoever leaves one later sees it.
      waiting.wrappingAdd(1, ordering: .sequentiallyConsistent)
      return (number, ahead)
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    return entry
  }

  /// A request that was called looks whether it can go.
  func come(_ number: State.Number) {
    contents.withLock { $0.queue.come(number) }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// A request has looked and waits for these. Returns whether it has to look again.
  func wait(
    _ number: State.Number, for places: [ObjectIdentifier: ObjectIdentifier]
  ) -> Bool {
    let isNew = contents.withLock { $0.queue.wait(number, for: places) }
    if isNew { atomicMemoryFence(ordering: .sequentiallyConsistent) }
    return isNew
  }

  /// A request waits no longer. False if that was so already.
  func leave(_ number: State.Number, _ end: QueueEnd) -> Bool {
    let now = MonotonicClock.milliseconds()
    return contents.withLock { contents in
      guard contents.waiters.removeValue(forKey: number) != nil else { return false }
      contents.queue.leave(number)
      contents.count(end, at: now)
      waiting.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      return true
    }
  }

  /// How many seconds another request for these places would wait; nil if nothing is known.
  func estimate(for places: Set<ObjectIdentifier>) -> Int? {
    contents.withLock { $0.estimate(for: places) }
  }

  /// Every line with the wait in seconds of one that joins it, in the order of their first, and the
  /// present moment.
  func report() -> (lines: [(line: State.LineReport, eta: Int?)], now: UInt64) {
    let now = MonotonicClock.milliseconds()
    return contents.withLock { contents in
      (contents.queue.reports.map { ($0, contents.estimate(for: $0.places)) }, now)
    }
  }

  // MARK: Calling

  /// Calls nobody any more: places become free only because the gateway ends what is under way.
  func close() { isClosed.store(true, ordering: .relaxed) }

  func placeLeft(_ place: Occupancy) {
    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
    offer(place)
  }

  /// Holds a place for the first that waits for it, and calls that. `passedOnBy`: one that could not
  /// use the place.
  func offer(_ place: Occupancy, passedOnBy other: State.Number? = nil) {
    guard !isClosed.load(ordering: .relaxed) else { return }
    let now = MonotonicClock.milliseconds()
    let waiter = contents.withLock { contents -> Waiter? in
      let held = contents.heldModels(at: place)
      let number = contents.queue.free(
        ObjectIdentifier(place), passedOnBy: other, now: now, holds: { held?.holds($0) ?? true })
      return number.flatMap { contents.waiters[$0] }
    }
    guard let waiter else { return }
    place.hold()
    waiter.loop.post { [self] in
      guard !waiter.ticket.value.call(place) else { return }
      place.letGo()
      placeLeft(place)
    }
  }

  /// The fleet or the rules have changed: the first of every line looks whether it can go.
  func changed(_ fleet: FleetSnapshot) {
    contents.withLock { $0.learn(fleet) }
    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
    let now = MonotonicClock.milliseconds()
    let waiters = contents.withLock { contents -> [(Waiter, QueueLine)] in
      contents.queue.change(now: now).compactMap { number in
        guard let waiter = contents.waiters[number] else { return nil }
        return contents.queue.line(of: number).map { (waiter, $0) }
      }
    }
    for (waiter, line) in waiters { call(waiter, of: line) }
  }

  /// One that was called for a change needs no place any more; the next of its line may have luck too.
  func passOn(_ line: QueueLine) {
    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
    let now = MonotonicClock.milliseconds()
    let waiter = contents.withLock { contents -> Waiter? in
      contents.queue.next(after: line, now: now).flatMap { contents.waiters[$0] }
    }
    if let waiter { call(waiter, of: line) }
  }

  private func call(_ waiter: Waiter, of line: QueueLine) {
    waiter.loop.post { [self] in
      if !waiter.ticket.value.call(nil) { passOn(line) }
    }
  }
}

extension WaitingRoom.Contents {
  /// All workers are handed the same fleet, one after the other.
  fileprivate mutating func learn(_ fleet: FleetSnapshot) {
    guard fleet.version > self.fleet.version else { return }
    self.fleet = fleet
    held = [:]
    guard !paces.isEmpty else { return }
    let places = fleet.members.map { ObjectIdentifier($0.backend.load.requests) }
    paces = paces.filter { places.contains($0.key) }
  }

  fileprivate mutating func heldModels(at place: Occupancy) -> HeldModels? {
    let key = ObjectIdentifier(place)
    if let known = held[key] { return known }
    let member = fleet.members.first { $0.backend.load.requests === place }
    let models = member.flatMap(HeldModels.init)
    held[key] = .some(models)
    return models
  }

  /// The pace of a place counts from when the first waits for it.
  fileprivate mutating func beginPaces(of places: Set<ObjectIdentifier>, at now: UInt64) {
    for place in places where queue.waiting(for: [place]) == 1 {
      paces[place, default: QueuePace()].begin(at: now)
    }
  }

  fileprivate mutating func count(_ end: QueueEnd, at now: UInt64) {
    switch end {
    case .placed(let place):
      paces[place]?.moved(at: now)
      totals.placed += 1
    case .timedOut: totals.timedOut += 1
    case .cancelled: totals.cancelled += 1
    case .refused: totals.refused += 1
    }
  }

  fileprivate func estimate(for places: Set<ObjectIdentifier>) -> Int? {
    QueuePace.seconds(
      behind: queue.waiting(for: places), places.compactMap { paces[$0] })
  }
}

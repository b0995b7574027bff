import Drivers
import Fleet
import Net
import Routing
import Synchronization

/// Which requests the same backends may serve.
struct QueueLine: Hashable {
  let model: String
  let operation: OperationKind
  let mode: RequestFacts.Mode
  let needs: Abilities

  init(_ facts: RequestFacts) {
    model = facts.model
    operation = facts.operation
    mode = facts.mode
    needs = facts.needs
  }
}

/// The queue of all workers: requests for which every backend is full or still loading.
///
/// A place that becomes free is held for the request that is called, so that no newcomer takes it on
/// the way. While nobody waits, a request that ends costs one load. Any thread.
final class WaitingRoom: VacancyObserver {
  typealias State = QueueState<QueueLine, ObjectIdentifier>

  private struct Waiter {
    let loop: EventLoop
    let ticket: LoopBound<QueueTicket>
  }

  private struct Contents {
    var queue = State()
    var pace = QueuePace()
    var waiters: [State.Number: Waiter] = [:]
  }

  private let waiting = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let contents = Mutex(Contents())

  /// Requests that wait.
  var count: Int { waiting.load(ordering: .relaxed) }

  /// Lets a request wait; nil if `limit` do so already. It must look once more whether it can go,
  /// since what became free before this was told to nobody.
  func enter(
    _ line: QueueLine, for places: Set<ObjectIdentifier>, _ lane: State.Lane, patience: UInt64,
    limit: Int, on loop: EventLoop, _ ticket: QueueTicket
  ) -> State.Number? {
    let waiter = Waiter(loop: loop, ticket: LoopBound(ticket))
    let now = MonotonicClock.milliseconds()
    let number = contents.withLock { contents -> State.Number? in
      guard
        let number = contents.queue.enter(
          line, waitingFor: places, lane, patience: patience, now: now, limit: limit)
      else { return nil }
      if contents.queue.count == 1 { contents.pace.begin(at: now) }
      contents.waiters[number] = waiter
      // Before anybody looks at a backend's count again: whoever leaves one later sees it.
      waiting.wrappingAdd(1, ordering: .sequentiallyConsistent)
      return number
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    return number
  }

  /// A request that was called looks whether it can go.
  func come(_ number: State.Number) {
    contents.withLock { $0.queue.come(number) }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// A request has looked and waits for these. Returns whether it has to look again.
  func wait(_ number: State.Number, for places: Set<ObjectIdentifier>) -> Bool {
    let isNew = contents.withLock { $0.queue.wait(number, for: places) }
    if isNew { atomicMemoryFence(ordering: .sequentiallyConsistent) }
    return isNew
  }

  /// A request waits no longer. `isPlaced`: it goes to a backend.
  func leave(_ number: State.Number, isPlaced: Bool) {
    let now = MonotonicClock.milliseconds()
    contents.withLock { contents in
      guard contents.waiters.removeValue(forKey: number) != nil else { return }
      contents.queue.leave(number)
      if isPlaced { contents.pace.moved(at: now) }
      waiting.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
  }

  /// How many seconds another request would wait, at most `most`.
  func estimate(most: Int) -> Int {
    contents.withLock { $0.pace.seconds(behind: $0.queue.count, most: most) }
  }

  // MARK: Calling

  /// Calls nobody any more: places become free only because the gateway ends what is under way.
  func close() { isClosed.store(true, ordering: .relaxed) }

  func placeLeft(_ place: Occupancy) {
    guard waiting.load(ordering: .sequentiallyConsistent) > 0 else { return }
    offer(place)
  }

  /// Holds a place for the first that waits for it, and calls that. `behind`: one that could not use
  /// the place.
  func offer(_ place: Occupancy, behind: State.Number? = nil) {
    guard !isClosed.load(ordering: .relaxed) else { return }
    let now = MonotonicClock.milliseconds()
    let waiter = contents.withLock { contents -> Waiter? in
      let number = contents.queue.free(ObjectIdentifier(place), behind: behind, now: now)
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
  func changed() {
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

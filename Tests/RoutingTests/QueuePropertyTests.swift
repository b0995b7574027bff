import Seeded
import Testing

@testable import Gateway

/// The queue through long random histories: requests for three models and two servers that hold one
/// model each come, go, lose patience and are refused the place that they are called to.
@Suite struct QueuePropertyTests {
  private typealias Queue = QueueState<Int, Int, Int>

  private struct Guest {
    let number: UInt64
    let model: Int
    let isHigh: Bool
    let arrived: UInt64
    let places: Set<Int>
  }

  /// What the queue is told and does, with a second bookkeeping of its own.
  private struct World {
    static let patience: UInt64 = 60
    /// Requests that each server takes at once.
    static let limit = 2

    var random: SeededRandom
    var queue = Queue()
    var guests: [UInt64: Guest] = [:]
    var free = [World.limit, World.limit]
    var running: [(place: Int, until: UInt64)] = []
    var held = [0, 1]
    /// Until when each place's last swap counts: `max` before its first place after that is free.
    var youngUntil: [UInt64] = [0, 0]
    var now: UInt64 = 0
    var served = 0

    let seed: UInt64

    init(seed: UInt64) {
      self.seed = seed
      random = SeededRandom(state: seed)
    }

    private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    mutating func step(load: UInt64) {
      now += 1
      for run in running where run.until <= now {
        free[run.place] += 1
        if youngUntil[run.place] == .max { youngUntil[run.place] = now + Self.patience / 6 }
        offer(run.place)
      }
      running.removeAll { $0.until <= now }
      for guest in guests.values where now >= guest.arrived + Self.patience || chance(1) {
        leave(guest)
      }
      if chance(load) { enter() }
      if chance(2) {
        for number in queue.change(now: now) { come(number) }
      }
      check()
    }

    private mutating func enter() {
      let model = Int(random.next() % 3)
      let places: Set<Int> = model == 2 ? [1] : [0, 1]
      if let place = places.sorted().first(where: { free[$0] > 0 }) {
        run(model, place)
        return
      }
      let isHigh = chance(10)
      let uses = Dictionary(uniqueKeysWithValues: places.map { ($0, model) })
      let number = queue.enter(
        model, waitingFor: uses, isHigh ? .high : .normal, patience: Self.patience, now: now,
        limit: 1_000)
      guard let number else {
        Issue.record("seed \(seed): the queue is full")
        return
      }
      guests[number] = Guest(
        number: number, model: model, isHigh: isHigh, arrived: now, places: places)
    }

    private mutating func run(_ model: Int, _ place: Int) {
      free[place] -= 1
      running.append((place, now + 4 + random.next() % 12))
      held[place] = model
    }

    private mutating func leave(_ guest: Guest) {
      queue.leave(guest.number)
      guests[guest.number] = nil
      if guests.isEmpty { youngUntil = [0, 0] }
    }

    /// One that was called after a change looks, and finds a place or none.
    private mutating func come(_ number: UInt64) {
      queue.come(number)
      guard let guest = guests[number],
        let place = guest.places.sorted().first(where: { free[$0] > 0 })
      else { return }
      leave(guest)
      run(guest.model, place)
      if let next = queue.next(after: guest.model, now: now) { come(next) }
    }

    private mutating func offer(_ place: Int) {
      var declined: UInt64?
      var seen: Set<UInt64> = []
      while let number = queue.free(
        place, passedOnBy: declined, now: now, holds: { [held] in $0 == held[place] })
      {
        guard let guest = guests[number] else {
          Issue.record("seed \(seed): a stranger was called")
          return
        }
        if !seen.insert(number).inserted { Issue.record("seed \(seed): \(number) was asked twice") }
        judge(guest, place, without: seen)
        if guest.model != held[place] { youngUntil[place] = .max }
        queue.come(number)
        if chance(5) {
          declined = number
          continue
        }
        leave(guest)
        served += 1
        run(guest.model, place)
        return
      }
      // Nobody was called: nobody may be left who could have used the place.
      let left = guests.values.filter { $0.places.contains(place) && !seen.contains($0.number) }
      if !left.isEmpty { Issue.record("seed \(seed): none called for \(place), but \(left) wait") }
    }

    /// Whoever is called overtakes others only because it is more urgent, or finds its model in
    /// memory while these still give way.
    private func judge(_ chosen: Guest, _ place: Int, without seen: Set<UInt64>) {
      func isUrgent(_ guest: Guest) -> Bool {
        guest.isHigh || now >= guest.arrived + Self.patience / 2
      }
      for other in guests.values
      where other.places.contains(place) && !seen.contains(other.number) {
        guard isUrgent(other) == isUrgent(chosen) else {
          if isUrgent(other) {
            Issue.record("seed \(seed): \(other) before \(chosen), it is urgent")
          }
          continue
        }
        guard other.number < chosen.number else { continue }
        let givesWay =
          chosen.model == held[place] && other.model != held[place]
          && (now < other.arrived + Self.patience / 3 || now < youngUntil[place])
        if !givesWay {
          Issue.record(
            "seed \(seed): \(other) was overtaken by \(chosen) at \(now), \(held[place]) held")
        }
      }
    }

    private func check() {
      #expect(queue.count == guests.count, "seed \(seed)")
      #expect(queue.reports.reduce(0) { $0 + $1.high + $1.normal } == guests.count)
    }
  }

  @Test(arguments: [35, 50, 90] as [UInt64])
  func nobodyIsOvertakenWithoutReasonOrLeftBesideAFreePlace(load: UInt64) {
    for seed in 1...8 as ClosedRange<UInt64> {
      var world = World(seed: seed)
      for _ in 0..<1_500 { world.step(load: load) }
      #expect(world.served > 0, "seed \(seed)")
    }
  }
}

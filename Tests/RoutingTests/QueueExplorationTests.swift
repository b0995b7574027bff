import Testing

@testable import Gateway

/// Every order in which the steps of a few requests can happen on different threads: nobody may be
/// left waiting beside a free place, and no place may have more requests than it takes.
@Suite struct QueueExplorationTests {
  /// What a request does next. Each is one step that others can come before and after.
  private enum Step: Hashable {
    case look, enter, lookAgain, waiting, come(held: Bool), run, ring, done
  }

  private struct World: Hashable {
    var queue = QueueState<Int, Int, Int>()
    var steps: [Step]
    var numbers: [UInt64]
    /// Requests and held places.
    var taken = 0
    var limit: Int
    var mayGiveUp: [Bool]
    /// Calls after a change that are still to be made.
    var changes = 0

    init(requests: Int, limit: Int, givingUp: Int) {
      steps = Array(repeating: .look, count: requests)
      numbers = Array(repeating: 0, count: requests)
      mayGiveUp = (0..<requests).map { $0 < givingUp }
      self.limit = limit
    }

    var next: [World] {
      var worlds = steps.indices.flatMap { index -> [World] in
        var options: [World] = []
        if steps[index] != .waiting, steps[index] != .done { options.append(moved(index)) }
        if mayGiveUp[index], numbers[index] != 0 { options += gaveUp(index) }
        return options
      }
      if changes > 0 {
        var world = self
        world.changes -= 1
        world.limit += 1
        for number in world.queue.change(now: 0) { world.call(number, held: false) }
        worlds.append(world)
      }
      return worlds
    }

    private func moved(_ index: Int) -> World {
      var world = self
      world.move(index)
      return world
    }

    private mutating func move(_ index: Int) {
      switch steps[index] {
      case .look:
        steps[index] = taken < limit ? .run : .enter
        if taken < limit { taken += 1 }
      case .enter:
        numbers[index] =
          queue.enter(0, waitingFor: [0: 0], .normal, patience: 9, now: 0, limit: 9) ?? 0
        steps[index] = .lookAgain
      case .lookAgain:
        guard taken < limit else {
          steps[index] = .waiting
          return
        }
        taken += 1
        leave(index)
        steps[index] = .run
      case .come(let held):
        queue.come(numbers[index])
        if held { taken -= 1 }
        steps[index] = .lookAgain
        guard taken < limit else { return }
        taken += 1
        leave(index)
        steps[index] = .run
        if !held, let next = queue.next(after: 0, now: 0) { call(next, held: false) }
      case .run:
        taken -= 1
        steps[index] = .ring
      case .ring:
        ring()
        steps[index] = .done
      case .waiting, .done: break
      }
    }

    private mutating func leave(_ index: Int) {
      queue.leave(numbers[index])
      numbers[index] = 0
    }

    private mutating func ring() {
      guard queue.count > 0, let number = queue.free(0, now: 0) else { return }
      taken += 1
      call(number, held: true)
    }

    private mutating func call(_ number: UInt64, held: Bool) {
      guard let index = numbers.firstIndex(of: number) else { return }
      if steps[index] == .waiting || steps[index] == .lookAgain {
        steps[index] = .come(held: held)
      }
    }

    /// Its time is over, at any moment; a call that it has not followed is passed on.
    private func gaveUp(_ index: Int) -> [World] {
      guard steps[index] == .waiting || isCalled(index) else { return [] }
      var world = self
      world.leave(index)
      let held = steps[index] == .come(held: true)
      if held { world.taken -= 1 }
      world.steps[index] = .done
      if held { world.ring() }
      if steps[index] == .come(held: false), let next = world.queue.next(after: 0, now: 0) {
        world.call(next, held: false)
      }
      return [world]
    }

    private func isCalled(_ index: Int) -> Bool {
      if case .come = steps[index] { return true }
      return false
    }
  }

  private func explore(_ start: World) -> Int {
    var seen: Set<World> = [start]
    var open = [start]
    while let world = open.popLast() {
      let running = world.steps.count { $0 == .run }
      if running > world.limit { Issue.record("too many run: \(world.steps)") }
      let next = world.next
      if next.isEmpty, world.steps.contains(where: { $0 != .done }) {
        Issue.record("left waiting: \(world.steps), \(world.taken) of \(world.limit) places taken")
      }
      for other in next where seen.insert(other).inserted { open.append(other) }
    }
    return seen.count
  }

  @Test func nobodyIsLeftWaiting() {
    #expect(explore(World(requests: 3, limit: 1, givingUp: 0)) > 100)
    #expect(explore(World(requests: 4, limit: 2, givingUp: 0)) > 100)
  }

  @Test func whoGivesUpPassesItsCallOn() {
    #expect(explore(World(requests: 3, limit: 1, givingUp: 2)) > 100)
  }

  @Test func aChangeIsUsedByAsManyAsItHelps() {
    var world = World(requests: 4, limit: 1, givingUp: 1)
    world.changes = 1
    #expect(explore(world) > 100)
  }
}

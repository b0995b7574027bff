import HTTP

import Seeded
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// Every order of changes, answers and time to a small depth, with what must hold after each step.
struct FleetExplorationTests {
  typealias D = FleetDialogue

  enum Step: CaseIterable {
    case nameBoth, nameFirst, moveFirst, nameNone, addSecond, drainFirst, useFirst, answerWell,
      answerBadly, wait
  }

  /// A dialogue together with what the world knows of it.
  private struct World {
    var dialogue = D([D.settings("a")])
    /// Surveys that have been begun and not answered.
    var asked: [RecordID] = []
    var configured = [D.settings("a")]
    var added: [Settings.Backend] = []
    var isHeld = false
    var faults: [String] = []

    mutating func take(_ step: Step) {
      let before = dialogue.state.snapshot
      let actions = act(step)
      for action in actions {
        switch action {
        case .survey(let id, _, _):
          if asked.contains(id) { faults.append("\(id) is asked twice at once") }
          asked.append(id)
        case .adopt: isHeld = false
        case .publish(let snapshot):
          if isHeld { faults.append("published while held") }
          check(snapshot)
        default: break
        }
      }
      if isHeld, dialogue.state.snapshot !== before { faults.append("changed while held") }
      let wake = dialogue.state.nextWake
      if isHeld, wake.map({ $0 > dialogue.now + FleetHold.longest }) ?? true {
        faults.append("held, and wakes at \(String(describing: wake))")
      }
    }

    private mutating func act(_ step: Step) -> [FleetState.Action] {
      switch step {
      case .nameBoth: return name([D.settings("a"), D.settings("b")])
      case .nameFirst: return name([D.settings("a") { $0.priority += 1 }])
      case .moveFirst: return name([D.settings("a", port: 9)])
      case .nameNone: return name([])
      case .addSecond:
        let settings = D.settings("b")
        return command { (state, now) throws(FleetError) in
          try state.add(D.backend(settings, source: .manual), now: now).actions
        } done: {
          $0.added = [settings]
        }
      case .drainFirst: return drain(true)
      case .useFirst: return drain(false)
      case .answerWell: return answer(isUp: true)
      case .answerBadly: return answer(isUp: false)
      case .wait:
        dialogue.now += 1_000
        return dialogue.state.on(.tick, now: dialogue.now)
      }
    }

    private mutating func name(_ backends: [Settings.Backend]) -> [FleetState.Action] {
      configured = backends
      added.removeAll { one in backends.contains { $0.name == one.name } }
      isHeld = true
      return dialogue.state.on(
        .configured(FleetPlan(backends: backends.map { D.backend($0) })), now: dialogue.now)
    }

    private mutating func drain(_ isDraining: Bool) -> [FleetState.Action] {
      command { (state, now) throws(FleetError) in
        try state.setDraining(isDraining, named: "a", now: now).actions
      }
    }

    private mutating func command(
      _ body: (inout FleetState, UInt64) throws(FleetError) -> [FleetState.Action],
      done: (inout World) -> Void = { _ in }
    ) -> [FleetState.Action] {
      do throws(FleetError) {
        let actions = try body(&dialogue.state, dialogue.now)
        done(&self)
        return actions
      } catch {
        return []
      }
    }

    /// Answers the survey that was begun first, whoever is still interested.
    private mutating func answer(isUp: Bool) -> [FleetState.Action] {
      guard !asked.isEmpty else { return [] }
      let id = asked.removeFirst()
      let others = dialogue.state.records.filter { $0.id != id }.map(\.health)
      let outcome = D.outcome("x", isUp: isUp)
      let actions = dialogue.state.on(.surveyed(id, outcome), now: dialogue.now)
      if dialogue.state.records.filter({ $0.id != id }).map(\.health) != others {
        faults.append("the answer of \(id) hit another")
      }
      return actions
    }

    private mutating func check(_ snapshot: FleetSnapshot) {
      let settings = snapshot.members.map(\.backend.settings)
      if settings != configured + added { faults.append("shows \(D.words(snapshot))") }
      for (member, record) in zip(snapshot.members, dialogue.state.records) {
        if member.backend !== record.backend || member.state != record.health.state
          || member.isDraining != record.isDraining
        {
          faults.append("\(member.backend.name) is shown as it is not")
        }
        if member.isDraining, member.isRoutable { faults.append("draining, yet used") }
      }
      let places = snapshot.candidates(for: "m").map { snapshot.members[$0.member] }
      let having = snapshot.members.filter { $0.models.contains { $0.id == "m" } }
      if !places.elementsEqual(having, by: ===) { faults.append("the index is not of the members") }
    }
  }

  @Test func everyOrderOfStepsKeepsTheRules() {
    var visited = 0
    func explore(_ world: World, _ past: [Step]) {
      visited += 1
      guard world.faults.isEmpty else {
        Issue.record("after \(past): \(world.faults)")
        return
      }
      guard past.count < 4 else { return }
      for step in Step.allCases {
        var next = world
        next.take(step)
        explore(next, past + [step])
      }
    }
    var world = World()
    world.asked = []
    explore(world, [])
    #expect(visited == 11_111)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func longRandomOrdersKeepTheRules(seed: UInt64) {
    var random = SeededRandom(state: seed)
    var world = World()
    var past: [Step] = []
    for _ in 0..<2_000 where world.faults.isEmpty {
      let step = Step.allCases.randomElement(using: &random) ?? .wait
      past.append(step)
      world.take(step)
    }
    #expect(world.faults.isEmpty, "seed \(seed), the last of \(past.suffix(12)): \(world.faults)")
  }
}

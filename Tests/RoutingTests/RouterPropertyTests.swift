import Seeded
import Testing
import Text

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Laws that hold for every fleet, load, request and set of rules.
struct RouterPropertyTests {
  typealias F = FleetFixture

  private static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6]

  /// One random case with everything that is made of it.
  private struct Case {
    let facts: RequestFacts
    let members: [FleetMember]
    let fleet: FleetSnapshot
    let rules: Settings.Routing
    let policy: RoutingPolicy
    let loads: FixedLoads
    let draw: UInt64
    let oracle: PlacementOracle
    let plan: RoutePlan
    let explanation: RouteExplanation
    let context: Comment
    let shuffled: FleetSnapshot

    init(_ world: inout RandomRouting, _ context: Comment) {
      self.context = context
      members = world.fleet()
      facts = world.facts()
      rules = world.rules()
      policy = RoutingPolicy(rules)
      loads = world.loads(of: members)
      let prices = PriceTable(world.prices)
      fleet = FleetSnapshot(members: members, prices: prices)
      shuffled = FleetSnapshot(members: members.shuffled(using: &world.random), prices: prices)
      draw = world.random.next()
      oracle = PlacementOracle(facts, members, rules, prices: world.prices, loads.readings)
      plan = Router.plan(facts, fleet, policy, loads: loads, draw: draw)
      explanation = Router.explain(facts, fleet, policy, loads: loads, draw: draw)
    }

    func place(_ attempt: Attempt) -> PlacementOracle.Place {
      .init(backend: attempt.backend.name, model: attempt.model.id)
    }

    /// The step that an attempt comes from: the first that could use its place.
    func step(of attempt: Attempt) -> Int? {
      oracle.usable.firstIndex { $0.contains(place(attempt)) }
    }

    func isPoor(_ place: PlacementOracle.Place) -> Bool { verdict(place) == .poor }
    func verdict(_ place: PlacementOracle.Place) -> BackendQuality.Verdict {
      loads.readings[place.backend]?.quality.verdict ?? .good
    }
  }

  @Test(arguments: seeds) func lawsHold(seed: UInt64) {
    var world = RandomRouting(seed: seed)
    for round in 0..<500 {
      let one = Case(&world, "seed \(seed), round \(round)")
      checkAttempts(one)
      checkPresence(one)
      checkLeaving(one)
      checkExplanation(one)
      checkOrder(one)
      checkRecord(of: one.facts, one.fleet, one.policy, one.loads, draw: one.draw, one.context)
    }
  }

  /// Nothing is tried where a request may not go.
  private func checkAttempts(_ one: Case) {
    let (facts, context) = (one.facts, one.context)
    for attempt in one.plan.attempts {
      let place = one.place(attempt)
      guard let number = one.step(of: attempt) else {
        Issue.record("\(place) may not serve. \(context)")
        continue
      }
      let step = one.oracle.steps[number]
      #expect(attempt.isFallback == step.isFallback, context)
      #expect(attempt.isAllowed, context)
      let binding = one.oracle.policies(of: place, in: step)
      let zone = binding.compactMap(\.privacy).max() ?? .open
      #expect(attempt.zone >= zone && attempt.demandedZone == zone, context)
      let tier = binding.compactMap(\.minTier).max() ?? 0
      let isBelow = attempt.backend.tier < tier
      #expect(!isBelow || facts.mode == .flexible, context)
      #expect(attempt.missedTier == (isBelow ? tier : nil), context)
      #expect(attempt.isLastResort == one.oracle.free.allSatisfy(\.isEmpty), context)
      checkReason(attempt, step, one)
    }
  }

  /// Of places that are as good otherwise those come first where the model stays.
  private func checkLeaving(_ one: Case) {
    var isSeen: [Int: Bool] = [:]
    for attempt in one.plan.attempts where attempt.model.contextTokens == 0 {
      guard !attempt.isLastResort, one.verdict(one.place(attempt)) == .good,
        let step = one.step(of: attempt)
      else { continue }
      let isLeaving = one.loads.readings[attempt.backend.name]?.isLeaving == true
      #expect(isLeaving || isSeen[step] != true, one.context)
      if isLeaving { isSeen[step] = true }
    }
  }

  /// The reason told is a true one.
  private func checkReason(_ attempt: Attempt, _ step: PlacementOracle.Step, _ one: Case) {
    switch attempt.reason {
    case .capabilityMatch: break
    case .privacyRequirement:
      #expect(isBarred(by: .privacy, step), one.context)
    case .capacityOverflow:
      #expect(isBarred(by: .capacity, step), one.context)
    case .failover:
      let hasShut = step.faults.values.contains { $0.contains(.circuit) }
      #expect(
        attempt.isFallback || attempt.missedTier != nil || hasShut, one.context)
    }
  }

  /// Whether that alone keeps the request from some place, load aside.
  private func isBarred(by stage: RoutingStage, _ step: PlacementOracle.Step) -> Bool {
    step.faults.values.contains {
      $0.contains(stage) && $0.isSubset(of: [stage, .circuit, .capacity])
    }
  }

  /// A request has a place as long as there is one, as many as it may try, and waits only where that
  /// can help.
  private func checkPresence(_ one: Case) {
    let (tried, usable, context) = (one.plan.attempts, one.oracle.usable, one.context)
    var counted: Set<PlacementOracle.Place> = []
    for places in usable {
      let new = places.subtracting(counted)
      let hasGood = tried.first?.isLastResort == false && new.contains { one.verdict($0) == .good }
      counted.formUnion(new.filter { !hasGood || !one.isPoor($0) })
    }
    #expect(tried.count == min(counted.count, 1 + one.rules.maxRetries), context)
    #expect(Set(tried.map(one.place)).count == tried.count, context)
    let steps = tried.compactMap(one.step)
    if !tried.contains(where: { one.isPoor(one.place($0)) }) {
      #expect(steps == steps.sorted(), context)
    }
    switch one.plan {
    case .route(let attempts): #expect(!attempts.isEmpty, context)
    case .queue: #expect(one.oracle.isPassing, context)
    case .reject: #expect(!one.oracle.isPassing, context)
    }
  }

  /// Every backend is accounted for exactly once in each step, with a reason that is true, and those
  /// that are kept are those that the plan tries, in its order.
  private func checkExplanation(_ one: Case) {
    let context = one.context
    #expect(one.explanation.steps.map(\.model) == one.oracle.steps.map(\.name), context)
    var kept: [PlacementOracle.Place] = []
    for (number, (told, step)) in zip(one.explanation.steps, one.oracle.steps).enumerated() {
      #expect(told.entries.map(\.backend) == one.members.map(\.backend.name), context)
      var ranked: [(rank: Int, place: PlacementOracle.Place)] = []
      for entry in told.entries {
        guard let model = entry.model else {
          #expect(entry.outcome == .dropped(.model, .modelAbsent), context)
          #expect(!step.faults.keys.contains { $0.backend == entry.backend }, context)
          continue
        }
        let place = PlacementOracle.Place(backend: entry.backend, model: model)
        let isUsable = one.oracle.usable[number].contains(place)
        switch entry.outcome {
        case .kept(let rank, _, _):
          #expect(isUsable, context)
          ranked.append((rank, place))
        case .dropped(.quality, _):
          #expect(isUsable && one.isPoor(place), context)
        case .dropped(let stage, _):
          #expect(!isUsable && step.faults[place]?.contains(stage) == true, context)
        case .notChosen: Issue.record(context)
        }
      }
      ranked.sort { $0.rank < $1.rank }
      #expect(ranked.map(\.rank) == Array(0..<ranked.count), context)
      // A model may be found under two names of a chain, and is tried once.
      kept += ranked.map(\.place).filter { !kept.contains($0) }
    }
    let tried = one.plan.attempts.map(one.place)
    #expect(Array(kept.prefix(1 + one.rules.maxRetries)) == tried, context)
  }

  /// The order of backends in the fleet decides nothing: neither who is eligible nor who comes first.
  private func checkOrder(_ one: Case) {
    let again = Router.plan(one.facts, one.shuffled, one.policy, loads: one.loads, draw: one.draw)
    #expect(again.attempts.map(one.place) == one.plan.attempts.map(one.place), one.context)
    #expect(again.outline == one.plan.outline, one.context)
    let told = Router.explain(
      one.facts, one.shuffled, one.policy, loads: one.loads, draw: one.draw)
    for (old, new) in zip(one.explanation.steps, told.steps) {
      let entries = Dictionary(uniqueKeysWithValues: new.entries.map { ($0.backend, $0) })
      #expect(old.entries.allSatisfy { entries[$0.backend] == $0 }, one.context)
    }
  }

  /// What is asked right before a byte leaves: of every zone, place and demand.
  @Test(arguments: Settings.Zone.allCases, [false, true])
  func noAttemptLeavesItsZone(_ zone: Settings.Zone, _ isRemote: Bool) throws {
    let member = F.member("b", models: [F.model("m", isRemote: isRemote)]) { $0.zone = zone }
    let kind = try #require(member.backend.kind)
    let order: [Settings.Zone] = [.open, .internal, .confidential, .restricted]
    let reached = isRemote ? 0 : try #require(order.firstIndex(of: zone))
    for (place, demanded) in order.enumerated() {
      let attempt = Attempt(
        member.models[0], on: member, as: kind, zone: demanded, isFallback: false,
        missedTier: nil, isTrial: false, isLastResort: false, .capabilityMatch, Attempt.Measures())
      #expect(attempt.isAllowed == (reached >= place))
    }
  }

  /// A plan of the past can be made and explained again from what was recorded of it.
  private func checkRecord(
    of facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy, _ loads: FixedLoads,
    draw: UInt64, _ context: Comment
  ) {
    let tape = LoadTape()
    let plan = Router.plan(facts, fleet, policy, loads: TapedLoads(tape, loads), draw: draw)
    #expect(
      plan.outline == Router.plan(facts, fleet, policy, loads: loads, draw: draw).outline, context)
    let isRouted = !plan.attempts.isEmpty
    let recorded =
      isRouted ? tape.readings(for: plan.attempts, in: fleet, from: loads) : tape.readings
    let again = Router.plan(facts, fleet, policy, loads: recorded, draw: draw)
    #expect(again.outline == plan.outline, context)
    let now = Router.explain(facts, fleet, policy, loads: loads, draw: draw)
    let later = Router.explain(facts, fleet, policy, recorded: recorded, draw: draw)
    #expect(later.steps.map(\.model) == now.steps.map(\.model), context)
    for (old, new) in zip(now.steps, later.steps) {
      #expect(new.entries.map(\.backend) == fleet.members.map(\.backend.name), context)
      for (one, other) in zip(old.entries, new.entries) where other.outcome != .notChosen {
        #expect(one.backend == other.backend && one.model == other.model, context)
        // In steps that the plan did not come to, nobody knows who else could have served.
        if old.model != now.steps[0].model, isOfQuality(one.outcome) != isOfQuality(other.outcome) {
          continue
        }
        #expect(one.outcome == other.outcome, context)
      }
    }
    guard let first = plan.attempts.first else { return }
    #expect(firstChoice(of: later) == "\(first.backend.name) \(first.model.id)", context)
    #expect(firstChoice(of: now) == firstChoice(of: later), context)
  }

  private func isOfQuality(_ outcome: RouteExplanation.Outcome) -> Bool {
    if case .dropped(.quality, _) = outcome { true } else { false }
  }

  private func firstChoice(of explanation: RouteExplanation) -> String? {
    explanation.steps.lazy.flatMap(\.entries).first { entry in
      if case .kept(rank: 0, _, _) = entry.outcome { true } else { false }
    }.map { "\($0.backend) \($0.model ?? "")" }
  }

  /// Of very many backends only the places that were chosen are recorded.
  @Test(arguments: Settings.Strategy.allCases) func largePlansAreRecordedInPart(
    _ strategy: Settings.Strategy
  ) {
    var random = SeededRandom(state: 7)
    var loads = FixedLoads()
    let members = (0..<LoadTape.most + 8).map { number in
      let name = "b\(number)"
      loads.readings[name] = LoadReading(
        inFlight: Int.random(in: 0...9, using: &random),
        latencyMicroseconds: UInt64.random(in: 1...900_000, using: &random),
        lastUsed: UInt64.random(in: 1...100_000, using: &random))
      return F.member(name, models: [F.model("m")]) {
        $0.priority = Int.random(in: 0...100, using: &random)
        $0.maxConcurrent = 9
      }
    }
    let fleet = FleetSnapshot(members: members)
    let policy = RoutingPolicy.with { $0.strategy = strategy }
    let facts = RequestFacts(model: "m", operation: .chat)
    let tape = LoadTape()
    let plan = Router.plan(facts, fleet, policy, loads: TapedLoads(tape, loads), draw: 3)
    let recorded = tape.readings(for: plan.attempts, in: fleet, from: loads)
    #expect(recorded.isPartial)
    let later = Router.explain(facts, fleet, policy, recorded: recorded, draw: 3)
    var ranks: [Int: String] = [:]
    for entry in later.entries {
      switch entry.outcome {
      case .kept(let rank, let reading, _):
        ranks[rank] = entry.backend
        #expect(reading == loads.readings[entry.backend])
      case .notChosen: break
      case .dropped(let stage, _): Issue.record("\(entry.backend) was dropped by \(stage)")
      }
    }
    let names = plan.attempts.map(\.backend.name)
    #expect(names.count > 1)
    #expect(ranks == Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0, $1) }))
    // The tape is used again: a small plan after a large one is whole.
    tape.rewind()
    let small = FleetSnapshot(members: Array(members.prefix(3)))
    let second = Router.plan(facts, small, policy, loads: TapedLoads(tape, loads), draw: 3)
    #expect(!tape.readings(for: second.attempts, in: small, from: loads).isPartial)
  }
}

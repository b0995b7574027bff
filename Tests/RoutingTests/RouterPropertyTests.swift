import Testing
import Text

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Laws that hold for every fleet, load, request and set of rules.
struct RouterPropertyTests {
  typealias F = FleetFixture

  private func randomFleet(_ random: inout SplitMix) -> [FleetMember] {
    let sets: [OperationSet?] = [
      F.everything, F.everything, OperationSet(.chat), OperationSet(.embeddings), nil,
    ]
    return (0..<Int.random(in: 0...8, using: &random)).map { number in
      let models = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        F.model(
          "m\(Int.random(in: 0...3, using: &random))",
          alias: Bool.random(using: &random) ? "m\(Int.random(in: 0...3, using: &random))" : "",
          has: Abilities(rawValue: UInt32.random(in: 0...511, using: &random)),
          known: Int.random(in: 0...2, using: &random) == 0
            ? Abilities(rawValue: UInt32.random(in: 0...511, using: &random)) : [],
          context: UInt64.random(in: 0...2, using: &random) * 100,
          unavailable: Int.random(in: 0...9, using: &random) == 0,
          residency: [.unknown, .unloaded, .loaded].randomElement(using: &random) ?? .unknown,
          isRemote: Int.random(in: 0...5, using: &random) == 0)
      }
      let states: [BackendHealth.State] = BackendHealth.State.allCases + [.up, .up, .up]
      return F.member(
        "b\(number)", states.randomElement(using: &random) ?? .up, models: models,
        operations: sets.randomElement(using: &random) ?? nil,
        isDraining: Int.random(in: 0...6, using: &random) == 0
      ) {
        $0.zone = Settings.Zone.allCases.randomElement(using: &random)
        $0.tier = Int.random(in: 1...5, using: &random)
        $0.priority = Int.random(in: 0...3, using: &random) * 30
        $0.maxConcurrent = Bool.random(using: &random) ? Int.random(in: 1...3, using: &random) : nil
      }
    }
  }

  private func name(_ random: inout SplitMix) -> String {
    "\(Bool.random(using: &random) ? "m" : "n")\(Int.random(in: 0...4, using: &random))"
  }

  private func randomRules(_ random: inout SplitMix) -> Settings.Routing {
    var rules = Settings.Routing()
    rules.strategy = Settings.Strategy.allCases.randomElement(using: &random) ?? .smart
    rules.maxRetries = Int.random(in: 0...4, using: &random)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      rules.aliases[Bool.random(using: &random) ? "n*" : name(&random)] = name(&random)
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      rules.fallbacks[name(&random)] = (0..<3).map { _ in name(&random) }
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      rules.policies.append(
        Settings.Policy(
          ["*", "m*", "n[0-2]", name(&random)].randomElement(using: &random) ?? "*",
          Bool.random(using: &random) ? Settings.Zone.allCases.randomElement(using: &random) : nil,
          minTier: Bool.random(using: &random) ? Int.random(in: 1...5, using: &random) : nil,
          fallbackAllowed: Int.random(in: 0...3, using: &random) > 0))
    }
    return rules
  }

  private func randomFacts(_ random: inout SplitMix) -> RequestFacts {
    RequestFacts(
      model: name(&random),
      operation: Int.random(in: 0...3, using: &random) > 0 ? .chat : .embeddings,
      mode: [.standard, .standard, .strict, .flexible].randomElement(using: &random) ?? .standard,
      needs: Abilities(rawValue: [0, 0, 8, 16, 64].randomElement(using: &random) ?? 0),
      prompt: PromptSize(knownTokens: Bool.random(using: &random) ? 150 : 0))
  }

  /// What the first policy that matches a name demands, written down a second time.
  private func policy(for name: String, _ rules: Settings.Routing) -> Settings.Policy? {
    rules.policies.first { NamePattern($0.modelPattern).matches(name) }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64]) func lawsHold(seed: UInt64) {
    var random = SplitMix(state: seed)
    for round in 0..<300 {
      let members = randomFleet(&random)
      let facts = randomFacts(&random)
      let rules = randomRules(&random)
      let policy = RoutingPolicy(rules)
      var loads = FixedLoads()
      for member in members {
        loads.readings[member.backend.name] = LoadReading(
          inFlight: Int.random(in: 0...3, using: &random),
          latencyMicroseconds: UInt64.random(in: 0...2, using: &random) * 700_000,
          lastUsed: UInt64.random(in: 0...3, using: &random))
        loads.readings[member.backend.name]?.circuit = randomCircuit(&random)
      }
      let fleet = FleetSnapshot(members: members)
      let draw = random.next()
      let tried = Router.plan(facts, fleet, policy, loads: loads, draw: draw).attempts
      let explanation = Router.explain(facts, fleet, policy, loads: loads, draw: draw)
      let context: Comment = "seed \(seed), round \(round)"

      for attempt in tried {
        check(attempt, facts, explanation, rules, context)
        let load = loads.readings[attempt.backend.name]?.inFlight ?? 0
        #expect(load < attempt.backend.maxConcurrent ?? .max, context)
        check(attempt, loads.readings[attempt.backend.name]?.circuit ?? .closed, tried, context)
      }
      #expect(tried.count <= 1 + rules.maxRetries, context)
      if facts.mode == .strict { #expect(!tried.map(\.isFallback).contains(true), context) }
      #expect(Set(tried.map { "\($0.backend.name) \($0.model.id)" }).count == tried.count, context)
      check(explanation, members, tried, limit: 1 + rules.maxRetries, context)
      checkRecord(of: facts, fleet, policy, loads, draw: draw, context)

      // The order of backends in the fleet decides nothing.
      let shuffled = FleetSnapshot(members: members.shuffled(using: &random))
      let again = Router.plan(facts, shuffled, policy, loads: loads, draw: draw)
      #expect(again.outline == Router.plan(facts, fleet, policy, loads: loads, draw: draw).outline)
    }
  }

  private func randomCircuit(_ random: inout SplitMix) -> CircuitReading {
    switch Int.random(in: 0...5, using: &random) {
    case 0:
      .open(
        CircuitOpening(
          .overloaded, left: UInt64.random(in: 1...3, using: &random),
          isFirm: Bool.random(using: &random)))
    case 1: .onTrial
    default: .closed
    }
  }

  /// What is open serves only where nothing else does, and never where that is known to be in vain.
  private func check(
    _ attempt: Attempt, _ circuit: CircuitReading, _ all: [Attempt], _ context: Comment
  ) {
    guard case .open(let opening) = circuit else {
      #expect(!attempt.isLastResort, context)
      return
    }
    let isAlone = all.allSatisfy { $0.isLastResort }
    #expect(!opening.isFirm && isAlone, context)
  }

  private func check(
    _ attempt: Attempt, _ facts: RequestFacts, _ explanation: RouteExplanation,
    _ rules: Settings.Routing, _ context: Comment
  ) {
    #expect(attempt.member.state == .up && !attempt.member.isDraining, context)
    #expect(attempt.driver.supports(facts.operation), context)
    #expect(attempt.model.isUsable, context)
    #expect(facts.allNeeds.isDisjoint(with: attempt.model.lacks), context)
    let window = attempt.model.contextTokens
    #expect(window == 0 || facts.prompt.tokens() <= window, context)
    #expect(attempt.isAllowed, context)
    // Every name that led here binds, whatever else was found.
    let names = [facts.model, explanation.resolved, attempt.model.id] + explanation.steps[0].hops
    if attempt.isFallback {
      let asked = [facts.model] + explanation.steps[0].hops
      #expect(asked.allSatisfy { policy(for: $0, rules)?.fallbackAllowed ?? true }, context)
    }
    for policy in names.compactMap({ policy(for: $0, rules) }) {
      let zone = attempt.model.report.isRemote ? .open : attempt.backend.zone
      #expect(zone >= policy.privacy ?? .open, context)
      if facts.mode != .flexible { #expect(attempt.backend.tier >= policy.minTier ?? 0, context) }
    }
  }

  private func check(
    _ explanation: RouteExplanation, _ members: [FleetMember], _ tried: [Attempt], limit: Int,
    _ context: Comment
  ) {
    var kept: [String] = []
    for step in explanation.steps {
      #expect(step.entries.map(\.backend) == members.map(\.backend.name), context)
      let ranked = step.entries.compactMap { entry -> (Int, String)? in
        guard case .kept(let rank, _, _) = entry.outcome else { return nil }
        return (rank, "\(entry.backend) \(entry.model ?? "")")
      }.sorted { $0.0 < $1.0 }
      #expect(ranked.map(\.0) == Array(0..<ranked.count), context)
      // A model may be found under two names of a chain, and is tried once.
      kept += ranked.map(\.1).filter { !kept.contains($0) }
    }
    let names = tried.map { "\($0.backend.name) \($0.model.id)" }
    #expect(Array(kept.prefix(limit)) == names, context)
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
        #expect(one.outcome == other.outcome, context)
      }
    }
    guard let first = plan.attempts.first else { return }
    #expect(firstChoice(of: later) == "\(first.backend.name) \(first.model.id)", context)
    #expect(firstChoice(of: now) == firstChoice(of: later), context)
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
    var random = SplitMix(state: 7)
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

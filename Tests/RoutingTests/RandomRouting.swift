import Seeded
import Text

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Random fleets, requests, rules and loads, small enough that names and numbers often meet.
struct RandomRouting {
  typealias F = FleetFixture

  var random: SeededRandom
  /// US dollars for a million tokens.
  let prices: [String: Settings.Price] = [
    "m0": .init(input: 10, output: 10), "m1": .init(input: 500, output: 500),
    "m2": .init(input: 0, output: 0),
  ]

  init(seed: UInt64) { random = SeededRandom(state: seed) }

  private mutating func oneIn(_ number: Int) -> Bool {
    Int.random(in: 0..<number, using: &random) == 0
  }

  private mutating func one<Element>(of list: [Element], or other: Element) -> Element {
    list.randomElement(using: &random) ?? other
  }

  mutating func name() -> String {
    "\(oneIn(2) ? "m" : "n")\(Int.random(in: 0...4, using: &random))"
  }

  // MARK: - Fleets

  mutating func fleet() -> [FleetMember] {
    let sets: [OperationSet?] = [
      F.everything, F.everything, F.everything, [OperationSet(.chat), OperationSet(.load)],
      OperationSet(.chat), OperationSet(.embeddings), nil,
    ]
    return (0..<Int.random(in: 0...8, using: &random)).map { number in
      let models = (0..<Int.random(in: 0...5, using: &random)).map { _ in model() }
      let states: [BackendHealth.State] = BackendHealth.State.allCases + [.up, .up, .up, .up]
      let (zone, tier) = (Settings.Zone.allCases.randomElement(using: &random), number % 5 + 1)
      let (priority, limit) = (
        Int.random(in: 0...3, using: &random) * 30, Int.random(in: 1...3, using: &random)
      )
      let isLimited = oneIn(2)
      let neverLoad = oneIn(4) ? [one(of: ["m*", "m[0-2]", "m1"], or: "m1")] : []
      return F.member(
        "b\(number)", one(of: states, or: .up), models: models,
        operations: one(of: sets, or: nil), isDraining: oneIn(7)
      ) {
        $0.zone = zone
        $0.tier = tier
        $0.priority = priority
        $0.maxConcurrent = isLimited ? limit : nil
        $0.neverLoad = neverLoad
      }
    }
  }

  private mutating func model() -> Model {
    let isKnown = oneIn(4)
    return F.model(
      "m\(Int.random(in: 0...3, using: &random))",
      alias: oneIn(3) ? "m\(Int.random(in: 0...3, using: &random))" : "",
      has: Abilities(rawValue: UInt32.random(in: 0...511, using: &random)),
      known: isKnown ? Abilities(rawValue: UInt32.random(in: 0...511, using: &random)) : [],
      context: UInt64.random(in: 0...4, using: &random) * 100,
      unavailable: oneIn(10),
      residency: one(of: [.unknown, .unloaded, .loaded, .loading, .failed], or: .unknown),
      isRemote: oneIn(6), needsLoad: oneIn(6))
  }

  // MARK: - Rules and requests

  mutating func rules() -> Settings.Routing {
    var rules = Settings.Routing()
    rules.strategy = one(of: Settings.Strategy.allCases, or: .smart)
    rules.maxRetries = Int.random(in: 0...4, using: &random)
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let from = oneIn(2) ? one(of: ["n*", "*", "m*"], or: "n*") : name()
      rules.aliases[from] = name()
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let from = name()
      rules.fallbacks[from] = (0..<3).map { _ in name() }
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) { rules.policies.append(policy()) }
    return rules
  }

  private mutating func policy() -> Settings.Policy {
    let zone = Settings.Zone.allCases.randomElement(using: &random)
    let tier = Int.random(in: 1...5, using: &random)
    var policy = Settings.Policy(
      one(of: ["*", "m*", "n[0-2]", name()], or: "*"), oneIn(2) ? zone : nil,
      minTier: oneIn(2) ? tier : nil, fallbackAllowed: !oneIn(4))
    policy.maxCostPerRequest = one(of: [nil, nil, 0.01, 0.5], or: nil)
    return policy
  }

  mutating func facts() -> RequestFacts {
    var facts = RequestFacts(
      model: name(), operation: oneIn(4) ? .embeddings : .chat,
      mode: one(of: [.standard, .standard, .strict, .flexible], or: .standard),
      needs: Abilities(rawValue: one(of: [0, 0, 8, 16, 32, 64], or: 0)),
      prompt: PromptSize(
        bytes: one(of: [0, 400, 600], or: 0), knownTokens: one(of: [0, 0, 150], or: 0)))
    facts.answerLimit = one(of: [0, 0, 200], or: 0)
    facts.spending = Spending(promptTokens: 100, answerTokens: 100)
    facts.spending.left = one(of: [nil, nil, -5, 0, 50_000, 1_000_000], or: nil)
    facts.spending.prefersFree = oneIn(3)
    facts.spending.endsAll = oneIn(3)
    return facts
  }

  // MARK: - Load

  mutating func loads(of members: [FleetMember]) -> FixedLoads {
    var loads = FixedLoads()
    for member in members {
      var reading = LoadReading(
        inFlight: Int.random(in: 0...3, using: &random),
        latencyMicroseconds: UInt64.random(in: 0...2, using: &random) * 700_000,
        lastUsed: UInt64.random(in: 0...3, using: &random))
      reading.circuit = circuit()
      reading.quality.verdict = one(of: [.good, .good, .good, .poor, .onTrial], or: .good)
      reading.isLeaving = oneIn(4)
      if oneIn(4) {
        reading.otherLoad = OtherLoad(milliseconds: 1_000, evicts: oneIn(2))
      }
      loads.readings[member.backend.name] = reading
    }
    return loads
  }

  private mutating func circuit() -> CircuitReading {
    switch Int.random(in: 0...5, using: &random) {
    case 0:
      .open(
        CircuitOpening(
          .overloaded, left: UInt64.random(in: 1...3, using: &random), isFirm: oneIn(2)))
    case 1: .onTrial
    default: .closed
    }
  }
}

import Seeded
import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

struct StrategyTests {
  typealias F = FleetFixture

  private let facts = RequestFacts(model: "m", operation: .chat)

  private func member(
    _ name: String, priority: Int = 50, limit: Int? = nil, foreign: Int = 0,
    model: Model = F.model("m")
  ) -> FleetMember {
    F.member(name, models: [model], foreign: foreign) {
      $0.priority = priority
      $0.maxConcurrent = limit
    }
  }

  private func order(
    _ members: [FleetMember], _ strategy: Settings.Strategy, _ loads: FixedLoads = FixedLoads(),
    draw: UInt64 = 0
  ) -> [String] {
    let policy = RoutingPolicy.with {
      $0.strategy = strategy
      $0.maxRetries = 9
    }
    return Router.plan(facts, FleetSnapshot(members: members), policy, loads: loads, draw: draw)
      .outline
  }

  /// A reading in which something was learned of the model's speed.
  private func learned(
    inFlight: Int = 0, lastUsed: UInt64 = 0, _ adjust: (inout Speed) -> Void
  ) -> LoadReading {
    var reading = LoadReading(inFlight: inFlight, lastUsed: lastUsed)
    adjust(&reading.speed)
    return reading
  }

  @Test func smartPrefersWhereTheAnswerBeginsSoonest() {
    typealias Case = (String, [FleetMember], [String: LoadReading], [String])
    let cases: [Case] = [
      ("priority", [member("a", priority: 60), member("b", priority: 1)], [:], ["b", "a"]),
      (
        "requests under way", [member("a"), member("b")],
        ["a": LoadReading(inFlight: 1)], ["b", "a"]
      ),
      ("requests of others", [member("a", foreign: 3), member("b")], [:], ["b", "a"]),
      (
        "slots make room",
        [member("a", model: F.model("m", slots: 64)), member("b", model: F.model("m", slots: 1))],
        ["a": LoadReading(inFlight: 4), "b": LoadReading(inFlight: 2)], ["a", "b"]
      ),
      (
        // One that was never measured gets its chance before one that is known to be slow, but not
        // before one that is known to be fast.
        "time to the first token", [member("a"), member("b"), member("never-measured")],
        ["a": learned { $0.base = 4_000 }, "b": learned { $0.base = 50 }],
        ["b", "never-measured", "a"]
      ),
      (
        "in memory",
        [
          member("a", model: F.model("m", residency: .unloaded)),
          member("b", model: F.model("m", residency: .failed)),
          member("c", model: F.model("m", residency: .loading)),
          member("d", model: F.model("m", residency: .loaded)),
        ], ["d": LoadReading(inFlight: 1)], ["d", "c", "a", "b"]
      ),
      (
        "a model that is being loaded for somebody",
        [
          member("a", model: F.model("m", residency: .unloaded)),
          member("b", model: F.model("m", residency: .unloaded)),
        ], ["b": LoadReading(inFlight: 1, isModelUsed: true)], ["b", "a"]
      ),
      (
        "differences that are noise: longest unused first",
        [member("a"), member("b"), member("c")],
        [
          "a": learned(lastUsed: 9) { $0.base = 10 },
          "b": learned(lastUsed: 7) { $0.base = 11 },
          "c": learned(lastUsed: 8) { $0.base = 11.5 },
        ], ["b", "c", "a"]
      ),
      (
        "a place whose requests are overdue", [member("a"), member("b", priority: 60)],
        ["a": learned { $0.overdue = 2_000 }], ["b", "a"]
      ),
      (
        "a short wait at a fast place before a free slow one",
        [member("a", model: F.model("m", slots: 2)), member("b")],
        [
          "a": learned(inFlight: 2) { ($0.base, $0.service) = (50, 1_000) },
          "b": learned { $0.base = 3_000 },
        ], ["a", "b"]
      ),
    ]
    for (name, members, readings, expected) in cases {
      #expect(order(members, .smart, FixedLoads(readings: readings)) == expected, "\(name)")
    }
  }

  @Test(arguments: Settings.Strategy.allCases)
  func whatLeavesTheMemoryComesLast(_ strategy: Settings.Strategy) {
    func reading(isLeaving: Bool, _ verdict: BackendQuality.Verdict = .good) -> LoadReading {
      var reading = LoadReading(inFlight: isLeaving ? 0 : 9, lastUsed: isLeaving ? 1 : 2)
      reading.isLeaving = isLeaving
      reading.quality.verdict = verdict
      return reading
    }
    let members = [member("a", priority: 0), member("b", priority: 90, limit: 10)]
    var loads = FixedLoads(readings: [
      "a": reading(isLeaving: true), "b": reading(isLeaving: false),
    ])
    #expect(order(members, strategy, loads) == ["b", "a"])
    // It serves while it is there rather than a place that fails, or none.
    loads.readings["b"] = reading(isLeaving: false, .poor)
    #expect(order(members, strategy, loads) == ["a"])
    loads.readings["b"] = LoadReading(inFlight: 10)
    #expect(order(members, strategy, loads) == ["a"])
    loads.readings["b"] = reading(isLeaving: true)
    #expect(order(members, strategy, loads).count == 2)
  }

  /// What has to be loaded first counts as every other model that is not in memory.
  @Test func whatHasToBeLoadedFirstIsChosenByTheTimeThatTakes() {
    func place(_ name: String, _ residency: Residency) -> FleetMember {
      member(name, model: F.model("m", residency: residency, slots: 1, needsLoad: true))
    }
    let fleet = FleetSnapshot(members: [place("cold", .unloaded), place("warm", .loaded)])
    func attempts(_ inFlight: Int) -> [Attempt] {
      let loads = FixedLoads(readings: ["warm": LoadReading(inFlight: inFlight)])
      return Router.plan(facts, fleet, loads: loads).attempts
    }
    #expect(attempts(2).map(\.backend.name) == ["warm", "cold"])
    #expect(attempts(2).map(\.needsLoading) == [false, true])
    #expect(attempts(9).map(\.backend.name) == ["cold", "warm"])
    #expect(attempts(9)[0].made(for: .failover).needsLoading)
  }

  @Test func aLoadBesideItMakesRoomForAnEqualPlaceAndRefusesNobody() {
    let members = [member("a", model: F.model("m", residency: .loaded)), member("b")]
    var reading = LoadReading(inFlight: 0)
    for evicts in [false, true] {
      reading.otherLoad = OtherLoad(milliseconds: 1_000, evicts: evicts)
      var loads = FixedLoads(readings: ["a": reading])
      #expect(order(members, .smart, loads) == ["b", "a"])
      #expect(order([members[0]], .smart, loads) == ["a"])
      // What makes the model leave costs more than a queue of two.
      loads.readings["b"] = learned(inFlight: 3) { ($0.slots, $0.service) = (1, 2_000) }
      #expect(order(members, .smart, loads) == (evicts ? ["b", "a"] : ["a", "b"]))
    }
  }

  @Test func aPromptGoesWhereItsBeginningIsCached() {
    let members = [member("a"), member("b")]
    let fleet = FleetSnapshot(members: members)
    var facts = facts
    facts.prompt = PromptSize(bytes: 40_000)
    let loads = FixedLoads(readings: [
      "a": learned { $0.perPromptToken = 0.5 },
      "b": learned(inFlight: 2) { $0.perPromptToken = 0.5 },
    ])
    #expect(Router.plan(facts, fleet, loads: loads).outline == ["a", "b"])
    facts.warm.add(.init(backend: members[1].backend.key, bytes: 36_000))
    #expect(Router.plan(facts, fleet, loads: loads).outline == ["b", "a"])
    let mistrusted = FixedLoads(readings: [
      "a": learned { $0.perPromptToken = 0.5 },
      "b": learned(inFlight: 2) { ($0.perPromptToken, $0.cacheTrust) = (0.5, 0) },
    ])
    #expect(Router.plan(facts, fleet, loads: mistrusted).outline == ["a", "b"])
  }

  @Test func attemptsSayWhatWasExpectedOfThem() throws {
    let members = [member("a", model: F.model("m", slots: 3)), member("b")]
    var facts = facts
    facts.prompt = PromptSize(bytes: 4_000)
    facts.warm.add(.init(backend: members[0].backend.key, bytes: 2_000))
    let plan = Router.plan(facts, FleetSnapshot(members: members), loads: FixedLoads())
    let attempt = try #require(plan.attempts.first { $0.backend.name == "a" })
    #expect(attempt.promptTokens == 1_000 && attempt.cachedTokens == 500 && attempt.slots == 3)
    #expect(attempt.expected == 200)
  }

  @Test(
    arguments: [
      ((100, 0, 0), ["b", "a"]), ((0, 100, 0), ["a", "b"]), ((0, 0, 7), ["a", "b"]),
    ] as [((Int, Int, Int), [String])])
  func onlyTheProportionsOfWeightsCount(weights: (Int, Int, Int), expected: [String]) {
    let policy = RoutingPolicy.with {
      ($0.weights.priority, $0.weights.load, $0.weights.latency) = weights
    }
    let fleet = FleetSnapshot(members: [member("a", priority: 90), member("b", priority: 1)])
    let loads = FixedLoads(readings: ["b": learned(inFlight: 9) { $0.base = 9_000 }])
    #expect(Router.plan(facts, fleet, policy, loads: loads).outline == expected)
  }

  @Test func roundRobinGivesEachItsTurn() {
    let members = ["a", "b", "c"].map { member($0) }
    var loads = FixedLoads()
    var counts: [String: Int] = [:]
    for turn in 1...6 {
      let chosen = order(members, .roundRobin, loads)[0]
      counts[chosen, default: 0] += 1
      loads.readings[chosen] = LoadReading(inFlight: 0, lastUsed: UInt64(turn))
    }
    #expect(counts == ["a": 2, "b": 2, "c": 2])
  }

  @Test func priorityOnlyLooksAtPriorityAndSharesAmongEquals() {
    let members = [member("a", priority: 2), member("b", priority: 1), member("c", priority: 1)]
    let loads = FixedLoads(readings: [
      "b": LoadReading(inFlight: 5, lastUsed: 4), "c": LoadReading(inFlight: 9, lastUsed: 3),
    ])
    #expect(order(members, .priorityOnly, loads) == ["c", "b", "a"])
  }

  @Test func randomIsEven() {
    let members = ["a", "b", "c"].map { member($0) }
    var random = SeededRandom(state: 4)
    var counts: [String: Int] = [:]
    for _ in 0..<3_000 {
      let names = order(members, .random, draw: random.next())
      #expect(Set(names).count == 3)
      counts[names[0], default: 0] += 1
    }
    for name in ["a", "b", "c"] { #expect((900...1_100).contains(counts[name] ?? 0), "\(counts)") }
  }

  @Test(arguments: Settings.Strategy.allCases)
  func everyStrategyHasADeterminedOrder(strategy: Settings.Strategy) {
    let members = ["c", "a", "d", "b"].map { member($0) }
    #expect(order(members, strategy, draw: 7) == order(members.reversed(), strategy, draw: 7))
  }
}

struct CapacityTests {
  typealias F = FleetFixture

  private let facts = RequestFacts(model: "m", operation: .chat)

  private func member(_ name: String, priority: Int, limit: Int?) -> FleetMember {
    F.member(name, models: [F.model("m")]) {
      $0.priority = priority
      $0.maxConcurrent = limit
    }
  }

  @Test(arguments: Settings.Strategy.allCases)
  func aFullBackendIsPassedOver(strategy: Settings.Strategy) {
    let members = [
      member("a", priority: 1, limit: 2), member("b", priority: 9, limit: nil),
      member("c", priority: 9, limit: 0),
    ]
    let policy = RoutingPolicy.with { $0.strategy = strategy }
    let fleet = FleetSnapshot(members: members)
    let loads = FixedLoads(readings: ["a": LoadReading(inFlight: 2)])
    #expect(Router.plan(facts, fleet, policy, loads: loads).outline == ["b"])
  }

  @Test func theReasonSaysThatABetterPlaceWasFull() {
    let fleet = FleetSnapshot(members: [
      member("a", priority: 1, limit: 2), member("b", priority: 9, limit: 2),
    ])
    func reasons(_ readings: [String: LoadReading]) -> [RouteReason] {
      Router.plan(facts, fleet, loads: FixedLoads(readings: readings)).attempts.map(\.reason)
    }
    #expect(reasons([:]) == [.capabilityMatch, .capabilityMatch])
    #expect(reasons(["b": LoadReading(inFlight: 2)]) == [.capabilityMatch])
    #expect(reasons(["a": LoadReading(inFlight: 2)]) == [.capacityOverflow])
  }

  @Test func aFullFleetIsWorthAWait() throws {
    let fleet = FleetSnapshot(members: [
      member("a", priority: 1, limit: 1),
      F.member("b", .down, models: [F.model("m")]),
    ])
    let loads = FixedLoads(readings: ["a": LoadReading(inFlight: 1)])
    let plan = Router.plan(facts, fleet, loads: loads)
    #expect(plan.outline == ["queue backends_full"])
    let rejection = try #require(plan.rejection)
    #expect(rejection.explanation.summary == "a: backend_full, b: unhealthy")
  }

  @Test func aRequestTriesOnlyAsManyBackendsAsItMay() {
    let fleet = FleetSnapshot(members: (0..<9).map { member("b\($0)", priority: 50, limit: nil) })
    for retries in [0, 2, 20] {
      let policy = RoutingPolicy.with { $0.maxRetries = retries }
      let names = Router.plan(facts, fleet, policy, loads: FixedLoads()).outline
      #expect(names == (0..<min(9, 1 + retries)).map { "b\($0)" })
    }
  }
}

import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// How plans go around circuits that are open.
@Suite struct CircuitRoutingTests {
  typealias F = FleetFixture

  private static let failing = CircuitReading.open(CircuitOpening(.failing, left: 900))
  private static let soon = CircuitReading.open(CircuitOpening(.failing, left: 100))
  private static let limited = CircuitReading.open(
    CircuitOpening(.rateLimited, left: 4_200, isFirm: true))
  private static let keyless = CircuitReading.open(
    CircuitOpening(.keyRefused, left: .max, isFirm: true))

  private func loads(_ circuits: [String: CircuitReading], full: String? = nil) -> FixedLoads {
    var loads = FixedLoads()
    for (name, circuit) in circuits {
      loads.readings[name] = LoadReading(inFlight: 0)
      loads.readings[name]?.circuit = circuit
    }
    if let full { loads.readings[full] = LoadReading(inFlight: 1) }
    return loads
  }

  private func fleet(_ names: [String], limit: Int? = nil) -> FleetSnapshot {
    FleetSnapshot(
      members: names.enumerated().map { number, name in
        F.member(name, models: [F.model(name.hasPrefix("f") ? "fallback" : "m")]) {
          $0.priority = number
          $0.maxConcurrent = limit
        }
      })
  }

  private let rules = RoutingPolicy.with {
    $0.strategy = .priorityOnly
    $0.fallbacks = ["m": ["fallback"]]
  }
  private let facts = RequestFacts(model: "m", operation: .chat)

  private func plan(
    _ names: [String], _ circuits: [String: CircuitReading], limit: Int? = nil, full: String? = nil
  ) -> RoutePlan {
    Router.plan(
      facts, fleet(names, limit: limit), rules, loads: loads(circuits, full: full))
  }

  @Test func whatIsOpenIsLeftOutWhileAnotherServes() {
    let plan = plan(["a", "b", "c"], ["a": Self.failing, "c": Self.limited])
    #expect(plan.outline == ["b"])
    guard case .route(let attempts) = plan else { return }
    #expect(attempts.map(\.isLastResort) == [false])
    #expect(attempts.map(\.reason) == [.failover])
  }

  @Test func whatWouldNotHaveComeFirstIsNoFailover() {
    guard case .route(let attempts) = plan(["a", "b"], ["b": Self.failing]) else {
      Issue.record("no route")
      return
    }
    #expect(attempts.map(\.reason) == [.capabilityMatch])
  }

  @Test func halfOpenIsPlannedAsUsual() {
    #expect(plan(["a", "b"], ["a": .onTrial]).outline == ["a", "b"])
    #expect(plan(["a"], ["a": .onTrial]).outline == ["a"])
  }

  @Test func fallbacksComeBeforeTheLastResort() {
    #expect(plan(["a", "f1"], ["a": Self.failing]).outline == ["f1"])
    #expect(plan(["a", "b", "f1"], ["a": Self.failing, "b": Self.soon]).outline == ["f1"])
  }

  @Test func nothingIsRefusedForAGuess() {
    #expect(plan(["a"], ["a": Self.failing]).outline == ["a"])
    let plan = plan(["a", "b", "f1"], ["a": Self.failing, "b": Self.soon, "f1": Self.failing])
    // The one that opens next comes first.
    #expect(plan.outline == ["b", "a", "f1"])
    guard case .route(let attempts) = plan else { return }
    #expect(attempts.map(\.isLastResort) == [true, true, true])
  }

  @Test func whatIsFullWillBeFreeAndIsWaitedFor() {
    let plan = plan(["a", "b"], ["b": Self.failing], limit: 1, full: "a")
    #expect(plan.outline == ["queue backends_full"])
  }

  @Test(
    arguments: [
      (["a": Self.limited], 5, "rate_limited"),
      (["a": Self.keyless], nil, "credential_dead"),
      (["a": Self.keyless, "b": Self.limited], 5, "rate_limited"),
    ] as [([String: CircuitReading], Int?, String)])
  func whatIsKnownToFailIsRefused(
    _ circuits: [String: CircuitReading], _ seconds: Int?, _ cause: String
  ) {
    guard case .reject(let rejection) = plan(circuits.keys.sorted(), circuits) else {
      Issue.record("not refused")
      return
    }
    #expect(rejection.token == "circuit_open")
    guard case .circuitOpen(let opening) = rejection.reason else {
      Issue.record("\(rejection.reason)")
      return
    }
    #expect(opening.cause.name == cause)
    if let seconds { #expect(opening.seconds == seconds) }
    #expect(Set(rejection.explanation.refusals.map(\.stage)) == [.circuit])
  }

  @Test func aGuessBesideWhatIsKnownIsTried() {
    #expect(plan(["a", "b"], ["a": Self.limited, "b": Self.failing]).outline == ["b"])
  }

  @Test func theExplanationTellsTheSame() {
    let some = loads(["a": Self.failing, "b": Self.limited])
    let explained = Router.explain(facts, fleet(["a", "b", "c"]), rules, loads: some)
    let outcomes = explained.entries.map { entry in
      switch entry.outcome {
      case .notChosen: "not chosen"
      case .kept(let rank, _, _): "kept \(rank)"
      case .dropped(let stage, let reason): "\(stage.rawValue) \(reason.token)"
      }
    }
    #expect(outcomes == ["circuit circuit_open", "circuit circuit_open", "kept 0"])
    let all = Router.explain(facts, fleet(["a", "b"]), rules, loads: some)
    guard case .kept(0, _, _) = all.entries[0].outcome else {
      Issue.record("the last resort is not told: \(all.entries)")
      return
    }
  }
}

import Testing

@testable import Drivers
@testable import Fleet
@testable import Routing

struct RouterTests {
  typealias F = FleetFixture

  /// The names of the attempts in order, or the token of the refusal.
  private func names(
    _ members: [FleetMember], _ facts: RequestFacts, _ loads: FixedLoads = FixedLoads()
  ) -> [String] {
    switch Router.plan(facts, FleetSnapshot(members: members), loads: loads) {
    case .route(let attempts): attempts.map(\.backend.name)
    case .queue(let rejection): ["queue \(rejection.token)"]
    case .reject(let rejection): ["reject \(rejection.token)"]
    }
  }

  private func chat(_ model: String, needs: Abilities = [], tokens: UInt64? = nil) -> RequestFacts {
    RequestFacts(model: model, operation: .chat, needs: needs, promptTokens: tokens)
  }

  @Test func leastInFlightThenLatencyThenName() {
    let model = F.model("m")
    let members = ["d", "c", "b", "a"].map { F.member($0, models: [model]) }
    #expect(names(members, chat("m")) == ["a", "b", "c", "d"])
    let loads = FixedLoads(readings: [
      "a": LoadReading(inFlight: 2, latencyMicroseconds: 1),
      "b": LoadReading(inFlight: 1, latencyMicroseconds: 900),
      "c": LoadReading(inFlight: 1, latencyMicroseconds: 0),
      "d": LoadReading(inFlight: 1, latencyMicroseconds: 100),
    ])
    #expect(names(members, chat("m"), loads) == ["c", "d", "b", "a"])
  }

  @Test func onlyBackendsThatAreUpAndHaveTheModel() {
    let members = [
      F.member("up", models: [F.model("m")]),
      F.member("down", .down, models: [F.model("m")]),
      F.member("unknown", .unknown, models: [F.model("m")]),
      F.member("loading", .loading, models: [F.model("m")]),
      F.member("other", models: [F.model("n")]),
      F.member("empty", models: []),
      F.member("catalogue", models: [F.model("m", unavailable: true)]),
      F.member("nameless", models: [F.model("m")], operations: nil),
    ]
    #expect(names(members, chat("m")) == ["up"])
  }

  @Test func refusalsSayWhatIsNearestToSuccess() {
    let lacking = F.model("m", known: [.vision])
    let cases: [(String, [FleetMember], RequestFacts, String)] = [
      ("nothing", [], chat("m"), "reject model_unknown"),
      ("unknown", [F.member("a", models: [F.model("n")])], chat("m"), "reject model_unknown"),
      (
        "down", [F.member("a", .down, models: [F.model("m")])], chat("m"),
        "reject no_healthy_backend"
      ),
      (
        "loading",
        [
          F.member("a", .down, models: [F.model("m")]),
          F.member("b", .loading, models: [F.model("m")]),
        ], chat("m"), "queue backend_loading"
      ),
      (
        "operation",
        [F.member("a", models: [F.model("m")], operations: OperationSet(.embeddings))],
        chat("m"), "reject operation_unsupported"
      ),
      (
        "ability", [F.member("a", models: [lacking])], chat("m", needs: .vision),
        "reject ability_missing"
      ),
      (
        "ability here, down there",
        [F.member("a", models: [lacking]), F.member("b", .down, models: [F.model("m")])],
        chat("m", needs: .vision), "reject no_healthy_backend"
      ),
      (
        "draining", [F.member("a", models: [F.model("m")], isDraining: true)],
        chat("m"), "reject no_healthy_backend"
      ),
      (
        "context", [F.member("a", models: [F.model("m", context: 100)])],
        chat("m", tokens: 101), "reject context_too_small"
      ),
    ]
    for (name, members, facts, expected) in cases {
      #expect(names(members, facts) == [expected], "\(name)")
    }
  }

  @Test func unknownAbilitiesPassAndOnlyADefiniteNoExcludes() {
    let members = [
      F.member("no", models: [F.model("m", known: [.vision, .tools])]),
      F.member("unknown", models: [F.model("m")]),
      F.member("yes", models: [F.model("m", has: [.vision], known: [.vision])]),
    ]
    #expect(names(members, chat("m", needs: .vision)) == ["unknown", "yes"])
    #expect(names(members, chat("m", tokens: 1 << 40)) == ["no", "unknown", "yes"])
    let embedder = [F.member("a", models: [F.model("e", has: .embeddings, known: [.chat])])]
    #expect(names(embedder, chat("e")) == ["reject ability_missing"])
    #expect(names(embedder, RequestFacts(model: "e", operation: .embeddings)) == ["a"])
  }

  @Test func contextLengthEqualToThePromptPasses() {
    let members = [F.member("a", models: [F.model("m", context: 100)])]
    #expect(names(members, chat("m", tokens: 100)) == ["a"])
  }

  @Test func anIdComesBeforeAnAliasOnTheSameBackend() throws {
    let members = [
      F.member("a", models: [F.model("x", alias: "m"), F.model("m")]),
      F.member("b", models: [F.model("m:latest", alias: "m")]),
      F.member("c", models: [F.model("y", alias: "m"), F.model("z", alias: "m")]),
    ]
    guard case .route(let attempts) = Router.plan(chat("m"), FleetSnapshot(members: members)) else {
      Issue.record("no route")
      return
    }
    #expect(attempts.map(\.backend.name) == ["a", "b", "c"])
    #expect(attempts.map(\.model.id) == ["m", "m:latest", "y"])
    #expect(names(members, chat("m:latest")) == ["b"])
  }

  @Test func anUnknownModelIsToldWhatThereIs() {
    let many = (0..<50).map { F.model("m\($0)") }
    let fleet = FleetSnapshot(members: [
      F.member("a", models: many), F.member("b", .down, models: [F.model("gone")]),
    ])
    guard case .reject(let rejection) = Router.plan(chat("x"), fleet),
      case .modelUnknown(let available) = rejection.reason
    else {
      Issue.record("not rejected as unknown")
      return
    }
    #expect(available.count == 20)
    #expect(available == available.sorted())
    #expect(!available.contains("gone"))
    #expect(rejection.message.contains("'x'"))
    #expect(rejection.message.contains("m0"))
  }

  @Test func refusalNamesTheBackends() {
    let fleet = FleetSnapshot(members: [
      F.member("a", .down, models: [F.model("m")]), F.member("b", models: []),
    ])
    guard case .reject(let rejection) = Router.plan(chat("m"), fleet) else {
      Issue.record("not rejected")
      return
    }
    #expect(rejection.explanation.summary == "a: backend_down")
  }

  @Test func aDrainingBackendIsLeftOutAndSaidToBe() {
    let draining = F.member("a", models: [F.model("m")], isDraining: true)
    #expect(names([draining, F.member("b", models: [F.model("m")])], chat("m")) == ["b"])
    let down = F.member("b", .down, models: [F.model("m")])
    let fleet = FleetSnapshot(members: [draining, down])
    guard case .reject(let rejection) = Router.plan(chat("m"), fleet) else {
      Issue.record("not rejected")
      return
    }
    #expect(rejection.explanation.summary == "a: backend_draining, b: backend_down")
    #expect(fleet.routableModels == [])
  }
}

/// Laws that hold for every fleet, load and request.
struct RouterPropertyTests {
  typealias F = FleetFixture

  private func randomFleet(_ random: inout SplitMix) -> [FleetMember] {
    let sets: [OperationSet?] = [
      F.everything, OperationSet(.chat), OperationSet(.embeddings), nil,
    ]
    return (0..<Int.random(in: 0...8, using: &random)).map { number in
      let models = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        F.model(
          "m\(Int.random(in: 0...3, using: &random))",
          alias: Bool.random(using: &random) ? "m\(Int.random(in: 0...3, using: &random))" : "",
          has: Abilities(rawValue: UInt32.random(in: 0...511, using: &random)),
          known: Abilities(rawValue: UInt32.random(in: 0...511, using: &random)),
          context: UInt64.random(in: 0...2, using: &random) * 100,
          unavailable: Int.random(in: 0...9, using: &random) == 0)
      }
      return F.member(
        "b\(number)", BackendHealth.State.allCases.randomElement(using: &random) ?? .up,
        models: models, operations: sets.randomElement(using: &random) ?? nil)
    }
  }

  private func randomFacts(_ random: inout SplitMix) -> RequestFacts {
    RequestFacts(
      model: "m\(Int.random(in: 0...4, using: &random))",
      operation: Bool.random(using: &random) ? .chat : .embeddings,
      needs: Abilities(rawValue: [0, 0, 8, 16, 64].randomElement(using: &random) ?? 0),
      promptTokens: Bool.random(using: &random) ? 150 : nil)
  }

  private func attempts(_ plan: RoutePlan) -> [Attempt] {
    if case .route(let attempts) = plan { attempts } else { [] }
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func lawsHold(seed: UInt64) {
    var random = SplitMix(state: seed)
    for round in 0..<400 {
      let members = randomFleet(&random)
      let facts = randomFacts(&random)
      var loads = FixedLoads()
      for member in members {
        loads.readings[member.backend.name] = LoadReading(
          inFlight: Int.random(in: 0...2, using: &random),
          latencyMicroseconds: UInt64.random(in: 0...2, using: &random))
      }
      let fleet = FleetSnapshot(members: members)
      let plan = Router.plan(facts, fleet, loads: loads)
      let tried = attempts(plan)
      let context: Comment = "seed \(seed), round \(round)"

      for attempt in tried {
        #expect(attempt.member.state == .up, context)
        #expect(attempt.driver.supports(facts.operation), context)
        #expect(attempt.model.isUsable, context)
        #expect(attempt.model.id == facts.model || attempt.model.alias == facts.model, context)
        #expect(facts.allNeeds.isDisjoint(with: attempt.model.lacks), context)
      }
      #expect(Set(tried.map(\.backend.name)).count == tried.count, context)
      for (left, right) in zip(tried, tried.dropFirst()) {
        let before = loads.reading(of: left.member)
        let after = loads.reading(of: right.member)
        #expect(before.inFlight <= after.inFlight, context)
      }

      let explanation = Router.explain(facts, fleet, loads: loads)
      #expect(explanation.entries.map(\.backend) == members.map(\.backend.name), context)
      let kept = explanation.entries.compactMap { entry -> (Int, String)? in
        if case .kept(let rank, _) = entry.outcome { (rank, entry.backend) } else { nil }
      }
      #expect(kept.sorted { $0.0 < $1.0 }.map(\.1) == tried.map(\.backend.name), context)

      // The order of backends in the fleet decides nothing.
      let shuffled = FleetSnapshot(members: members.shuffled(using: &random))
      let again = attempts(Router.plan(facts, shuffled, loads: loads))
      #expect(again.map(\.backend.name) == tried.map(\.backend.name), context)
    }
  }
}

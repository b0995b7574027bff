import Testing

@testable import Drivers
@testable import Fleet
@testable import Routing

struct RouterTests {
  typealias F = FleetFixture

  private func names(_ members: [FleetMember], _ facts: RequestFacts) -> [String] {
    Router.plan(facts, FleetSnapshot(members: members), loads: FixedLoads()).outline
  }

  private func chat(_ model: String, needs: Abilities = [], tokens: UInt64? = nil) -> RequestFacts {
    RequestFacts(
      model: model, operation: .chat, needs: needs, prompt: PromptSize(knownTokens: tokens ?? 0))
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
    #expect(names(members, chat("m", needs: .vision)) == ["yes", "unknown"])
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
    #expect(rejection.explanation.summary == "a: unhealthy")
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
    #expect(rejection.explanation.summary == "a: backend_draining, b: unhealthy")
    #expect(fleet.routableModels == [])
  }
}

import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

struct AliasTests {
  @Test func exactNamesThenTheLongestLiteralBeginning() {
    let table = AliasTable([
      "gpt-4": "llama3:70b", "gpt-*": "small", "gpt-4*": "large", "g{a,b}": "braces", "*": "any",
      "a?c": "question", "chain": "gpt-4",
    ])
    let cases: [(String, [String])] = [
      ("gpt-4", ["llama3:70b", "any"]), ("gpt-4-turbo", ["large", "any"]),
      ("gpt-3.5", ["small", "any"]), ("gb", ["braces", "any"]), ("abc", ["question", "any"]),
      ("other", ["any"]), ("chain", ["gpt-4", "llama3:70b", "any"]),
    ]
    for (name, hops) in cases {
      #expect(table.hops(from: name) { $0 == "any" } == hops, "\(name)")
    }
  }

  @Test func aNameThatABackendListsMeansItself() {
    let table = AliasTable(["a": "b", "b": "c", "c": "d"])
    #expect(table.hops(from: "a") { $0 == "a" } == [])
    #expect(table.hops(from: "a") { $0 == "b" } == ["b"])
  }

  @Test func chainsEndAfterThreeHopsAndCirclesAtOnce() {
    let long = AliasTable(["a": "b", "b": "c", "c": "d", "d": "e"])
    #expect(long.hops(from: "a") { _ in false } == ["b", "c", "d"])
    let circle = AliasTable(["a": "b", "b": "a", "x": "x", "p*": "pp"])
    #expect(circle.hops(from: "a") { _ in false } == ["b"])
    #expect(circle.hops(from: "x") { _ in false } == [])
    #expect(circle.hops(from: "p1") { _ in false } == ["pp"])
  }
}

/// Aliases, fallbacks, policies and modes through the router.
struct RoutingRuleTests {
  typealias F = FleetFixture

  /// A backend: name, models, zone, tier.
  private func member(
    _ name: String, _ models: [Model], _ zone: Settings.Zone = .restricted, tier: Int = 1,
    state: BackendHealth.State = .up
  ) -> FleetMember {
    F.member(name, state, models: models) {
      $0.zone = zone
      $0.tier = tier
    }
  }

  private func plan(
    _ model: String, _ members: [FleetMember], mode: RequestFacts.Mode = .standard,
    _ adjust: (inout Settings.Routing) -> Void
  ) -> RoutePlan {
    Router.plan(
      RequestFacts(model: model, operation: .chat, mode: mode), FleetSnapshot(members: members),
      .with(adjust), loads: FixedLoads())
  }

  @Test func anAliasIsServedByWhatItMeans() {
    let members = [member("a", [F.model("llama")]), member("b", [F.model("real")])]
    let rules: (inout Settings.Routing) -> Void = {
      $0.aliases = ["gpt": "llama", "real": "llama"]
    }
    #expect(plan("gpt", members, rules).attempts.map(\.model.id) == ["llama"])
    #expect(plan("gpt", members, rules).attempts.map(\.isFallback) == [false])
    #expect(plan("real", members, rules).outline == ["b"])
    #expect(plan("none", members, rules).outline == ["reject model_unknown"])
  }

  @Test func fallbacksFollowWhenNothingElseCanServe() {
    let rules: (inout Settings.Routing) -> Void = {
      $0.fallbacks = ["big": ["gone", "short", "middle"]]
      $0.aliases = ["gpt": "big", "short": "small"]
    }
    let up = [
      member("a", [F.model("big")]), member("b", [F.model("small")]),
      member("c", [F.model("middle")]),
    ]
    let first = plan("gpt", up, rules).attempts
    #expect(first.map(\.backend.name) == ["a", "b", "c"])
    #expect(first.map(\.isFallback) == [false, true, true])
    #expect(first.map(\.reason) == [.capabilityMatch, .failover, .failover])

    let down = [member("a", [F.model("big")], state: .down)] + up.dropFirst()
    #expect(plan("big", down, rules).outline == ["b", "c"])
    #expect(plan("big", down, mode: .flexible, rules).outline == ["b", "c"])
    #expect(plan("big", down, mode: .strict, rules).outline == ["reject no_healthy_backend"])
    #expect(plan("big", [], rules).outline == ["reject model_unknown"])
  }

  @Test func aChainThatIsKnownInPartIsNoUnknownModel() throws {
    let members = [member("a", [F.model("other")], state: .down)]
    let plan = plan("m", members) { $0.fallbacks = ["m": ["x", "other"]] }
    #expect(plan.outline == ["reject no_healthy_backend"])
    let rejection = try #require(plan.rejection)
    #expect(rejection.explanation.steps.map(\.model) == ["m", "x", "other"])
    #expect(rejection.message.contains("'m' (with the fallbacks 'x', 'other')"))
  }

  @Test func fallbackAllowedFalseEndsAtTheModelAskedFor() {
    let members = [member("a", [F.model("small")])]
    let plan = plan("big", members) {
      $0.fallbacks = ["big": ["small"]]
      $0.policies = [Settings.Policy("big", fallbackAllowed: false)]
    }
    #expect(plan.outline == ["reject model_unknown"])
  }

  @Test func aFullModelFallsBackBeforeItWaits() {
    var full = Settings.Routing()
    full.fallbacks = ["big": ["small"]]
    let big = F.member("a", models: [F.model("big")]) { $0.maxConcurrent = 1 }
    let loads = FixedLoads(readings: ["a": LoadReading(inFlight: 1)])
    func outline(_ members: [FleetMember]) -> [String] {
      Router.plan(
        RequestFacts(model: "big", operation: .chat), FleetSnapshot(members: members),
        RoutingPolicy(full), loads: loads
      ).outline
    }
    #expect(outline([big, member("b", [F.model("small")])]) == ["b"])
    #expect(
      outline([big, member("b", [F.model("small")], state: .down)]) == ["queue backends_full"])
  }

  @Test func theFirstPolicyThatMatchesDecides() {
    let members = [member("a", [F.model("gpt-4"), F.model("gpt-5")], .open)]
    let rules: (inout Settings.Routing) -> Void = {
      $0.policies = [Settings.Policy("gpt-4*"), Settings.Policy("gpt-*", .restricted)]
    }
    #expect(plan("gpt-4", members, rules).outline == ["a"])
    #expect(plan("gpt-5", members, rules).outline == ["reject privacy_zone_mismatch"])
  }

  @Test func zonesAdmitWhatIsTrustedAtLeastAsMuch() {
    let zones = Settings.Zone.allCases
    let members = zones.map { member($0.rawValue, [F.model("m")], $0) }
    for (number, zone) in zones.enumerated() {
      let plan = plan("m", members) {
        $0.maxRetries = 9
        $0.policies = [Settings.Policy("*", zone)]
      }
      #expect(plan.outline.sorted() == zones[number...].map(\.rawValue).sorted())
      let reason: RouteReason = zone == .open ? .capabilityMatch : .privacyRequirement
      #expect(plan.attempts.allSatisfy { $0.reason == reason && $0.isAllowed })
    }
  }

  @Test func noModeRelaxesAZone() throws {
    let members = [member("cloud", [F.model("m")], .open, tier: 5)]
    for mode in [RequestFacts.Mode.standard, .strict, .flexible] {
      let plan = plan("m", members, mode: mode) {
        $0.policies = [Settings.Policy("m", .restricted)]
      }
      #expect(plan.outline == ["reject privacy_zone_mismatch"])
      let step = try #require(plan.rejection).explanation.steps[0]
      #expect(step.zone == .restricted)
      #expect(step.policies == ["m"])
    }
  }

  @Test func aRemoteModelIsOpenWhereverItIsListed() {
    let members = [
      member("near", [F.model("m", isRemote: true)], .restricted), member("far", [F.model("m")]),
    ]
    let plan = plan("m", members) { $0.policies = [Settings.Policy("*", .internal)] }
    #expect(plan.outline == ["far"])
    #expect(plan.attempts.map(\.zone) == [.restricted])
    #expect(plan.attempts.map(\.reason) == [.privacyRequirement])
  }

  @Test func policiesHoldForEveryNameOfARequest() {
    let cloud = member("cloud", [F.model("llama"), F.model("spare")], .open)
    let cases: [(String, String, (inout Settings.Routing) -> Void)] = [
      ("the name asked for", "gpt-4", { $0.policies = [Settings.Policy("gpt-*", .restricted)] }),
      ("a hop", "gpt-4", { $0.policies = [Settings.Policy("hop", .restricted)] }),
      ("the resolved name", "gpt-4", { $0.policies = [Settings.Policy("llama", .restricted)] }),
      (
        "the model fallen back from", "big", { $0.policies = [Settings.Policy("big", .restricted)] }
      ),
      (
        "the model fallen back to", "big", { $0.policies = [Settings.Policy("spare", .restricted)] }
      ),
      (
        "the strictest of them", "gpt-4",
        { $0.policies = [Settings.Policy("llama"), Settings.Policy("*", .restricted)] }
      ),
    ]
    for (name, model, rules) in cases {
      let outline = plan(model, [cloud]) {
        $0.aliases = ["gpt-4": "hop", "hop": "llama"]
        $0.fallbacks = ["big": ["spare"]]
        rules(&$0)
      }.outline
      #expect(outline == ["reject privacy_zone_mismatch"], "\(name)")
    }
  }

  @Test func theServersOwnNameOfAModelIsBoundByItsPolicyToo() {
    let members = [member("cloud", [F.model("llama:70b", alias: "llama")], .open)]
    let rules: (inout Settings.Routing) -> Void = {
      $0.policies = [Settings.Policy("llama:*", .restricted)]
    }
    #expect(plan("llama", members, rules).outline == ["reject privacy_zone_mismatch"])
  }

  @Test func aBrokenPatternHoldsForEveryModel() {
    let members = [member("cloud", [F.model("m")], .open)]
    let plan = plan("m", members) { $0.policies = [Settings.Policy("[", .restricted)] }
    #expect(plan.outline == ["reject privacy_zone_mismatch"])
  }

  @Test func tiersAreKeptUnlessTheClientIsFlexible() throws {
    let model = [F.model("m")]
    let fleet = [
      member("one", model, tier: 1), member("two", model, tier: 2), member("four", model, tier: 4),
    ]
    let low = Array(fleet.prefix(2))
    let highDown = low + [member("four", model, tier: 4, state: .down)]
    let rules: (inout Settings.Routing) -> Void = {
      $0.policies = [Settings.Policy("*", minTier: 3)]
    }
    for mode in [RequestFacts.Mode.standard, .strict] {
      #expect(plan("m", fleet, mode: mode, rules).outline == ["four"])
      #expect(plan("m", low, mode: mode, rules).outline == ["reject tier_below_minimum"])
      #expect(plan("m", highDown, mode: mode, rules).outline == ["reject no_healthy_backend"])
    }
    #expect(plan("m", fleet, mode: .flexible, rules).outline == ["four"])
    #expect(plan("m", fleet, mode: .flexible, rules).attempts.map(\.missedTier) == [nil])
    for members in [low, highDown] {
      let attempts = plan("m", members, mode: .flexible, rules).attempts
      #expect(attempts.map(\.backend.name) == ["two"])
      #expect(attempts.map(\.missedTier) == [3])
      #expect(attempts.map(\.reason) == [.failover])
    }
    let rejection = try #require(plan("m", low, rules).rejection)
    #expect(rejection.explanation.steps[0].minTier == 3)
    #expect(rejection.reason == .tierTooLow(3))
  }

  @Test func anExplanationNamesWhatWasApplied() {
    let members = [
      member("a", [F.model("llama")], .open), member("b", [F.model("llama")]), member("c", []),
      member("d", [F.model("small")], tier: 3),
    ]
    let policy = RoutingPolicy.with {
      $0.aliases = ["gpt": "llama"]
      $0.fallbacks = ["llama": ["small"]]
      $0.policies = [
        Settings.Policy("small", minTier: 2), Settings.Policy("never", .internal),
        Settings.Policy("gpt", .restricted),
      ]
    }
    let explanation = Router.explain(
      RequestFacts(model: "gpt", operation: .chat), FleetSnapshot(members: members), policy,
      loads: FixedLoads())
    #expect(explanation.model == "gpt")
    #expect(explanation.resolved == "llama")
    let (first, second) = (explanation.steps[0], explanation.steps[1])
    #expect(first.hops == ["llama"])
    #expect(first.policies == ["gpt"])
    #expect(second.policies == ["small", "gpt"])
    #expect(second.zone == .restricted)
    #expect(second.minTier == 2)
    let outcomes = first.entries.map { entry -> String in
      switch entry.outcome {
      case .notChosen: "\(entry.backend) not chosen"
      case .kept(let rank, _, let score): "\(entry.backend) \(rank) \(score != nil)"
      case .dropped(let stage, let reason): "\(entry.backend) \(stage) \(reason.token)"
      }
    }
    #expect(
      outcomes == [
        "a privacy privacy_zone_mismatch", "b 0 true", "c model model_absent",
        "d model model_absent",
      ])
  }
}

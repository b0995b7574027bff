import HTTP
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// The control loop's view of the fleet, played event by event with a clock that the test turns.
struct FleetStateTests {
  typealias F = FleetFixture

  private static let drivers = ["alpha", "beta"].compactMap { name -> Driver? in
    name == "alpha" ? F.driver(F.everything, type: "alpha") : F.driver(F.everything, type: "beta")
  }
  /// The first backend that a state is told of.
  private let first = RecordID(number: 1)
  private let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: 11_434)

  private func state() -> FleetState {
    FleetState(catalogue: DriverCatalogue(drivers: Self.drivers), created: 7)
  }

  private func ready(_ models: [String], _ health: ServerHealth.State = .ready) -> ExchangeOutcome {
    var reports = DriverReports()
    reports.health = ServerHealth(state: health, detail: "as told")
    reports.models = models.map { ModelReport(id: $0) }
    return ExchangeOutcome(reports: reports)
  }

  private func identity(_ type: String, _ certainty: Int) -> ExchangeOutcome {
    var reports = DriverReports()
    reports.identity = ServerIdentity(certainty: certainty, backendType: type)
    return ExchangeOutcome(reports: reports)
  }

  private let refused = ExchangeOutcome(failure: DriverFailure(.upstreamBroken, "no connection"))
  private let notMine = ExchangeOutcome(failure: DriverFailure(.unsupported, "this is not mine"))

  private var kind: BackendKind? {
    Self.drivers.first.map { BackendKind(type: "alpha", driver: $0) }
  }

  /// Actions as words, so that a dialogue reads like one.
  private func words(_ actions: [FleetState.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .knock(_, let endpoint): return "knock \(endpoint.authority)"
      case .resolve(let name): return "resolve \(name)"
      case .identify(.backend(let id), _): return "identify backend \(id.number)"
      case .identify(.place, let target): return "identify \(target.endpoint.authority)"
      case .survey(_, let backend, let kind): return "survey \(backend.name) as \(kind.type)"
      case .adopt: return "adopt"
      case .publish(let snapshot):
        let members = snapshot.members.map { member in
          let models = member.models.map(\.id).joined(separator: "+")
          return "\(member.backend.name)=\(member.state.rawValue)(\(models))"
        }
        return "publish " + members.joined(separator: " ")
      case .tell(let news): return "tell \(name(of: news))"
      }
    }
  }

  private func name(of news: FleetNews) -> String {
    String(String(describing: news).prefix { $0 != "(" })
  }

  private func named(_ type: BackendKind?, _ state: inout FleetState) {
    let settings = Settings.Backend(name: "a", endpoint: endpoint, type: type?.type)
    state.configure(
      FleetPlan(backends: [Backend(settings, kind: type)]), now: 0)
  }

  @Test func aNamedBackendIsSurveyedAndComesUp() {
    var state = state()
    named(kind, &state)
    #expect(words(state.on(.tick, now: 0)) == ["survey a as alpha", "publish a=unknown()"])
    #expect(state.nextWake == nil)
    let actions = words(state.on(.surveyed(first, ready(["m", "n"])), now: 10))
    #expect(actions == ["tell up", "publish a=up(m+n)"])
    #expect(state.nextWake == 30_010)
    #expect(words(state.on(.tick, now: 30_009)) == [])
    #expect(words(state.on(.tick, now: 30_010)) == ["survey a as alpha"])
    // Nothing new: nothing is said or handed out.
    #expect(words(state.on(.surveyed(first, ready(["m", "n"])), now: 30_020)) == [])
    #expect(state.snapshot.version == 2)
    #expect(state.snapshot.created == 7)
  }

  @Test func changedModelsAreTold() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m", "n"])), now: 10)
    _ = state.on(.tick, now: 40_000)
    let actions = state.on(.surveyed(first, ready(["n", "o"])), now: 40_010)
    #expect(words(actions) == ["tell modelsChanged", "publish a=up(n+o)"])
    guard case .tell(.modelsChanged("a", 2, ["o"], ["m"]))? = actions.first else {
      Issue.record("\(actions)")
      return
    }
  }

  @Test func requestsOfOthersAreWhatAServerHasBesidesOurs() {
    func survey(_ loads: [LoadReport]) -> ExchangeOutcome {
      var outcome = ready(["m"])
      outcome.reports.loads = loads
      return outcome
    }
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    let cases: [([LoadReport], Int)] = [
      ([LoadReport(running: 2, waiting: 3)], 4), ([LoadReport(running: 1)], 0),
      ([LoadReport(model: "m", running: 2), LoadReport(model: "n", waiting: 2)], 3),
      ([LoadReport(running: 3), LoadReport(model: "m", running: 9)], 2), ([], 0),
    ]
    for (number, (loads, foreign)) in cases.enumerated() {
      let now = UInt64(number * 30_010)
      _ = state.on(.tick, now: now)
      let ours = state.snapshot.members[0].backend.load.enter()
      _ = state.on(.surveyed(first, survey(loads)), now: now + 1)
      _ = consume ours
      #expect(state.snapshot.standings[0].foreign == foreign)
    }
  }

  @Test func aDeadServerGoesDownKeepsItsModelsAndComesBack() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let backend = state.records[0].backend
    let failure = DriverFailure(.upstreamBroken, "connection refused")
    // A request fails: the next look does not wait for its round.
    #expect(words(state.on(.requestFailed(backend, failure), now: 1_000)) == [])
    #expect(backend.load.isDoubted)
    #expect(state.nextWake == 1_100)
    #expect(words(state.on(.tick, now: 1_100)) == ["survey a as alpha"])
    #expect(words(state.on(.surveyed(first, refused), now: 1_101)) == [])
    #expect(state.nextWake == 1_351)
    _ = state.on(.tick, now: 1_351)
    let down = words(state.on(.surveyed(first, refused), now: 1_352))
    #expect(down == ["tell down", "publish a=down(m)"])
    #expect(!backend.load.isDoubted)
    // Looks become rarer, up to 5 s on this machine.
    var pauses: [UInt64] = []
    var now: UInt64 = 1_352
    for _ in 0..<5 {
      guard let wake = state.nextWake else { break }
      pauses.append(wake - now)
      now = wake
      #expect(words(state.on(.tick, now: now)) == ["survey a as alpha"])
      #expect(words(state.on(.surveyed(first, refused), now: now)) == [])
    }
    #expect(pauses == [1_000, 2_000, 4_000, 5_000, 5_000])
    // Back again: two successes in quick succession.
    now = state.nextWake ?? 0
    _ = state.on(.tick, now: now)
    #expect(words(state.on(.surveyed(first, ready(["m"])), now: now)) == [])
    #expect(state.nextWake == now + 250)
    _ = state.on(.tick, now: now + 250)
    let up = words(state.on(.surveyed(first, ready(["m"])), now: now + 260))
    #expect(up == ["tell up", "publish a=up(m)"])
  }

  @Test func manyFailuresAtOnceTakeItDownAndCauseOneLook() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let backend = state.records[0].backend
    let failure = DriverFailure(.upstreamBroken, "reset")
    var told: [String] = []
    for _ in 0..<20 { told += words(state.on(.requestFailed(backend, failure), now: 50)) }
    #expect(told == ["tell down", "publish a=down(m)"])
    #expect(words(state.on(.tick, now: 150)) == ["survey a as alpha"])
    #expect(words(state.on(.tick, now: 151)) == [])
  }

  @Test func failuresThatAreNotTheBackendsFaultCountForNothing() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let backend = state.records[0].backend
    for code in FailureCode.allCases where code != .upstreamBroken && code != .credentialDead {
      for _ in 0..<3 {
        _ = state.on(.requestFailed(backend, DriverFailure(code, "x")), now: 1)
      }
      #expect(state.records[0].health.state == .up, "\(code)")
      #expect(state.records[0].health.failures == 0, "\(code)")
    }
    let dead = words(state.on(.requestFailed(backend, DriverFailure(.credentialDead, "x")), now: 1))
    #expect(dead == ["tell keyRefused", "publish a=down(m)"])
  }

  @Test func aRequestThatSucceedsEndsTheDoubt() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let backend = state.records[0].backend
    let failure = DriverFailure(.upstreamBroken, "reset")
    _ = state.on(.requestFailed(backend, failure), now: 1)
    _ = state.on(.requestFailed(backend, failure), now: 2)
    _ = state.on(.requestSucceeded(backend), now: 3)
    #expect(!backend.load.isDoubted)
    #expect(words(state.on(.requestFailed(backend, failure), now: 4)) == [])
    #expect(state.records[0].health.state == .up)
  }

  @Test func loadingIsLookedAtEverySecond() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    let loading = words(state.on(.surveyed(first, ready([], .loading)), now: 10))
    #expect(loading == ["tell loading", "publish a=loading()"])
    #expect(state.nextWake == 1_010)
    #expect(state.snapshot.members[0].detail == "as told")
    _ = state.on(.tick, now: 1_010)
    let up = words(state.on(.surveyed(first, ready(["m"])), now: 1_020))
    #expect(up == ["tell up", "publish a=up(m)"])
    #expect(state.snapshot.members[0].detail == "")
  }

  @Test func theMostCertainDriverWins() {
    for order in [[0, 1], [1, 0]] {
      var state = state()
      named(nil, &state)
      let begun = words(state.on(.tick, now: 0))
      #expect(begun == ["identify backend 1", "publish a=unknown()"])
      let answers = [identity("alpha", 10), identity("beta", 90)]
      #expect(
        words(state.on(.identified(.backend(first), order: order[0], answers[order[0]]), now: 1))
          == [])
      let known = words(
        state.on(.identified(.backend(first), order: order[1], answers[order[1]]), now: 2))
      #expect(known == ["tell identified", "survey a as beta", "publish a=unknown()"])
    }
  }

  @Test func equallyCertainDriversAreTakenInTheirOrder() {
    for order in [[0, 1], [1, 0]] {
      var state = state()
      named(nil, &state)
      _ = state.on(.tick, now: 0)
      let answers = [identity("alpha", 50), identity("beta", 50)]
      for number in order {
        _ = state.on(.identified(.backend(first), order: number, answers[number]), now: 1)
      }
      #expect(state.records[0].backend.kind?.type == "alpha")
    }
  }

  @Test func aTypeThatIsNotTheDriversOwnIsNoAnswer() {
    var state = state()
    named(nil, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.identified(.backend(first), order: 0, identity("beta", 100)), now: 1)
    let actions = words(state.on(.identified(.backend(first), order: 1, notMine), now: 2))
    #expect(actions == ["tell unrecognised", "publish a=unknown()"])
  }

  @Test func aStrangerIsToldOnceAndAskedAgain() {
    var state = state()
    named(nil, &state)
    var told: [String] = []
    var now: UInt64 = 0
    for _ in 0..<6 {
      told += words(state.on(.tick, now: now))
      told += words(state.on(.identified(.backend(first), order: 0, notMine), now: now))
      told += words(state.on(.identified(.backend(first), order: 1, notMine), now: now))
      now = state.nextWake ?? .max
      guard now != .max else { break }
    }
    #expect(told.count { $0 == "identify backend 1" } == 6)
    #expect(told.count { $0 == "tell unrecognised" } == 1)
    #expect(told.count { $0 == "tell down" } == 1)
  }

  @Test func anotherServerInTheSamePlaceIsRecognised() {
    var state = state()
    named(nil, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.identified(.backend(first), order: 0, identity("alpha", 100)), now: 0)
    _ = state.on(.identified(.backend(first), order: 1, notMine), now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let load = state.records[0].backend.load
    var now: UInt64 = 30_000
    for _ in 0..<3 {
      #expect(words(state.on(.tick, now: now)) == ["survey a as alpha"])
      _ = state.on(.surveyed(first, refused), now: now)
      now = state.nextWake ?? 0
    }
    #expect(words(state.on(.tick, now: now)) == ["identify backend 1"])
    _ = state.on(.identified(.backend(first), order: 0, notMine), now: now)
    let other = words(
      state.on(.identified(.backend(first), order: 1, identity("beta", 100)), now: now))
    #expect(other == ["tell identified", "survey a as beta", "publish a=down()"])
    #expect(state.records[0].backend.load === load)
  }

  @Test func withoutDriversNothingIsAsked() {
    var state = FleetState(catalogue: DriverCatalogue(), created: 0)
    named(nil, &state)
    #expect(words(state.on(.tick, now: 0)) == ["publish a=unknown()"])
    #expect(state.nextWake == nil)
  }

  @Test func anEmptyFleetIsPublishedOnce() {
    var state = state()
    #expect(words(state.on(.tick, now: 0)) == ["publish "])
    #expect(words(state.on(.tick, now: 1)) == [])
  }

  /// Snapshots share what did not change, and never what did.
  @Test func snapshotsAfterAChangeOfStateKeepTheIndex() {
    var state = state()
    named(kind, &state)
    _ = state.on(.tick, now: 0)
    _ = state.on(.surveyed(first, ready(["m"])), now: 0)
    let before = state.snapshot
    _ = state.on(
      .requestFailed(state.records[0].backend, DriverFailure(.credentialDead, "x")), now: 1)
    let after = state.snapshot
    #expect(after.version == before.version + 1)
    #expect(after.candidates(for: "m") == before.candidates(for: "m"))
    #expect(before.members[0].state == .up)
    #expect(after.members[0].state == .down)
  }
}

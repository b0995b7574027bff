import HTTP
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// Drivers that come, go and follow one another, as the fleet's state takes them.
struct DriverChangeTests {
  typealias F = FleetFixture

  private let first = RecordID(number: 1)
  private let endpoint = Endpoint(scheme: .http, host: "127.0.0.1", port: 11_434)

  private func catalogue(
    _ drivers: [Driver?], after before: DriverCatalogue? = nil
  ) -> DriverCatalogue {
    DriverCatalogue(drivers: drivers.compactMap { $0 }, after: before)
  }

  private func plan(_ catalogue: DriverCatalogue, type: String?) -> FleetPlan {
    let settings = Settings.Backend(name: "a", endpoint: endpoint, type: type)
    let backend = Backend(
      settings, kind: type.flatMap { BackendKind(type: $0, in: catalogue) })
    return FleetPlan(backends: [backend], catalogue: catalogue)
  }

  private func begin(_ catalogue: DriverCatalogue, type: String? = "alpha") -> FleetState {
    var state = FleetState(catalogue: catalogue, created: 0)
    state.configure(plan(catalogue, type: type), now: 0)
    _ = state.on(.tick, now: 0)
    return state
  }

  private func ready(_ models: [String]) -> ExchangeOutcome {
    var reports = DriverReports()
    reports.models = models.map { ModelReport(id: $0) }
    return ExchangeOutcome(reports: reports)
  }

  private func surveys(_ actions: [FleetState.Action]) -> [BackendKind] {
    actions.compactMap { if case .survey(_, _, let kind) = $0 { kind } else { nil } }
  }

  @Test func oneDriverFollowsAnother() throws {
    let old = catalogue([F.driver(F.everything, type: "alpha")])
    var state = begin(old)
    _ = state.on(.surveyed(first, ready(["m"])), now: 1)
    let load = state.records[0].backend.load
    let before = try #require(state.records[0].backend.kind)

    let new = catalogue(
      [F.driver([OperationSet(.survey), OperationSet(.chat)], type: "alpha")], after: old)
    let actions = state.on(.configured(plan(new, type: "alpha")), now: 2)
    let kind = try #require(state.records[0].backend.kind)
    #expect(!kind.supports(.embeddings))
    #expect(state.records[0].health.state == .up)
    #expect(state.records[0].backend.load === load)
    #expect(state.snapshot.members[0].models.map(\.id) == ["m"])
    #expect(state.snapshot.members[0].backend.kind === kind)
    #expect(surveys(actions).first === kind)
    // Whoever kept the kind from before is with the new driver from the moment of the exchange.
    #expect(before.driver === old.drivers[0])
    new.install(after: old)
    #expect(before.driver === new.drivers[0])
    #expect(kind.driver === new.drivers[0])
  }

  @Test func aDriverGoesAndComesBack() throws {
    let old = catalogue([F.driver(F.everything, type: "alpha")])
    var state = begin(old)
    _ = state.on(.surveyed(first, ready(["m"])), now: 1)
    let kept = try #require(state.records[0].backend.kind)

    let none = catalogue([], after: old)
    _ = state.on(.configured(plan(none, type: "alpha")), now: 2)
    none.install(after: old)
    #expect(kept.driver == nil)
    let member = state.snapshot.members[0]
    #expect(!member.isRoutable)
    #expect(member.state == .unknown)
    #expect(member.models.isEmpty)
    #expect(member.detail.contains("no loaded driver serves the type 'alpha'"))
    // A survey that was under way says nothing any more.
    _ = state.on(.surveyed(first, ready(["m"])), now: 3)
    #expect(state.snapshot.members[0].models.isEmpty)

    let again = catalogue([F.driver(F.everything, type: "alpha")], after: none)
    let actions = state.on(.configured(plan(again, type: "alpha")), now: 4)
    #expect(surveys(actions).count == 1)
    _ = state.on(.surveyed(state.records[0].id, ready(["m"])), now: 5)
    #expect(state.snapshot.members[0].isRoutable)
    #expect(state.snapshot.members[0].detail.isEmpty)
  }

  @Test func whatIsBeingRecognisedIsAskedAnew() throws {
    let old = catalogue([F.driver(F.everything, type: "alpha")])
    var state = begin(old, type: nil)
    #expect(state.records[0].identification?.remaining == 1)
    let edition = state.driverEdition

    let new = catalogue([old.drivers[0], F.driver(F.everything, type: "beta")], after: old)
    _ = state.on(.configured(plan(new, type: nil)), now: 1)
    #expect(state.driverEdition > edition)
    #expect(state.records[0].identification?.remaining == 2)
    var reports = DriverReports()
    reports.identity = ServerIdentity(certainty: 90, backendType: "beta")
    let notMine = ExchangeOutcome(failure: DriverFailure(.unsupported, "not mine"))
    _ = state.on(.identified(.backend(first), order: 0, notMine), now: 2)
    _ = state.on(
      .identified(.backend(first), order: 1, ExchangeOutcome(reports: reports)), now: 2)
    let kind = try #require(state.records[0].backend.kind)
    #expect(kind.type == "beta")
    #expect(kind.isCurrent(in: new))
  }

  @Test func changesAreToldByFile() {
    let one = catalogue([F.driver(F.everything, type: "alpha")])
    let two = catalogue([F.driver(F.everything, type: "alpha")], after: one)
    #expect(one.changes(since: one).isEmpty)
    #expect(two.changes(since: one).count == 1)
    #expect(catalogue([]).changes(since: one).first?.new == nil)
  }
}

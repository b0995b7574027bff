import Drivers
import Fleet
import Testing

@testable import Gateway

/// What a backend is believed to have in memory.
@Suite struct HeldModelsTests {
  private let loaded = FleetFixture.model("loaded", residency: .loaded)
  private let cold = FleetFixture.model("cold", residency: .unloaded)
  private let other = FleetFixture.model("other", residency: .unloaded)
  private let remote = FleetFixture.model("remote", residency: .unloaded, isRemote: true)

  private func held(_ models: [Model], _ member: FleetMember) -> [String]? {
    HeldModels(member).map { held in
      models.filter { held.holds(ObjectIdentifier($0.account)) }.map(\.id)
    }
  }

  @Test func whereNothingIsUnloadedNothingMatters() {
    let known = FleetFixture.member("a", models: [loaded, FleetFixture.model("unknown"), remote])
    #expect(held([loaded], known) == nil)
  }

  @Test func theServerIsBelievedUntilItLoadsAnother() {
    let all = [loaded, cold, other, remote]
    let member = FleetFixture.member("a", models: all)
    #expect(held(all, member) == ["loaded", "remote"])
    _ = cold.use()
    member.backend.load.use(cold.account)
    #expect(held(all, member) == ["cold", "remote"])
    _ = other.use()
    member.backend.load.use(other.account)
    #expect(held(all, member) == ["other", "remote"])
    // What is in use cannot have gone.
    let request = loaded.account.requests.enter()
    #expect(held(all, member) == ["loaded", "other", "remote"])
    _ = consume request
    member.backend.load.use(loaded.account)
    #expect(held(all, member) == ["loaded", "remote"])
  }
}

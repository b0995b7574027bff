import HTTP
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

struct FleetPlanTests {
  private let catalogue = DriverCatalogue(
    drivers: [FleetFixture.driver(FleetFixture.everything)].compactMap { $0 })

  private func plan(
    _ backends: [String], probes: Bool = true, port: UInt16 = 8_000,
    environment: [String: String] = [:]
  ) throws -> (state: FleetState, news: [FleetNews]) {
    let options = FleetOptions(
      backends: try backends.map { try BackendOption.parse($0) }, probes: probes, ownPort: port)
    return FleetPlan.make(options, catalogue, now: 0) { environment[$0] }
  }

  @Test func typesAreResolvedAndOthersLeftOpen() throws {
    let records = try plan(["http://a:1,type=fake", "http://b:1"]).state.records
    #expect(records.map(\.backend.kind?.type) == ["fake", nil])
    #expect(records.map(\.hasConfiguredType) == [true, false])
  }

  @Test func theGatewayIsNoBackendOfItself() throws {
    let plan = try plan(["http://localhost:8000", "http://127.0.0.1:8001", "http://far:8000"])
    #expect(plan.state.records.map(\.backend.name) == ["127.0.0.1:8001", "far:8000"])
    #expect(plan.news == [.ownAddress(name: "localhost:8000", url: "http://localhost:8000")])
  }

  @Test(arguments: [
    ("sk-1", "sk-1"), ("sk-1\n", "sk-1"), ("sk-1\r\n", "sk-1"), ("a b", nil), ("", nil),
    ("a\r\nX: y", nil), ("é", nil), (nil, nil),
  ]) func keysAreReadAndChecked(value: String?, key: String?) throws {
    let environment = value.map { ["KEY": $0] } ?? [:]
    let plan = try plan(["http://a:1,api-key-env=KEY"], environment: environment)
    #expect(plan.state.records.first?.backend.target.credential == key.map { Array($0.utf8) })
    #expect(plan.news.isEmpty == (key != nil))
    #expect(!plan.news.contains { value?.isEmpty == false && "\($0)".contains(value ?? "") })
  }

  @Test func portsAreOnlyLookedAtWhenNobodyNamedABackend() throws {
    let declared = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    defer { declared.deallocate() }
    #expect(try plan([]).state.ports == catalogue.ports.map(\.port))
    #expect(try plan([], probes: false).state.ports == [])
    #expect(try plan(["http://a:1"]).state.ports == [])
  }
}

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
    environment: [String: String] = [:], files: [String: String] = [:],
    adjust: (inout Settings.Backend) -> Void = { _ in }
  ) throws -> (plan: FleetPlan, news: [FleetNews]) {
    var settings = Settings()
    settings.discovery.enabled = probes
    settings.discovery.ports = [11_434, 8_080, 8_080]
    for text in backends {
      var backend = try BackendOption.parse(text)
      adjust(&backend)
      settings.backends.append(backend)
    }
    var factory = BackendFactory(catalogue: catalogue, ownHost: "127.0.0.1", ownPort: port)
    factory.environment = { environment[$0] }
    factory.read = { (path) throws(SmallFile.Failure) in
      guard let content = files[path] else { throw SmallFile.Failure("No such file") }
      return Array(content.utf8)
    }
    return FleetPlan.make(settings, factory)
  }

  @Test func typesAreResolvedAndOthersLeftOpen() throws {
    let backends = try plan(["http://a:1,type=fake", "http://b:1"]).plan.backends
    #expect(backends.map(\.kind?.type) == ["fake", nil])
  }

  @Test func theGatewayIsNoBackendOfItself() throws {
    let (plan, news) = try plan(
      ["http://localhost:8000", "http://127.0.0.1:8001", "http://far:8000"])
    #expect(plan.backends.map(\.name) == ["127.0.0.1:8001", "far:8000"])
    #expect(news == [.ownAddress(name: "localhost:8000", url: "http://localhost:8000")])
  }

  @Test func aPublicAddressIsTold() throws {
    let news = try plan(["http://gpu.example.com:1,type=fake,name=gpu"]).news
    #expect(news == [.openByAddress(name: "gpu", url: "http://gpu.example.com:1")])
    #expect(try plan(["http://192.168.1.7:1,type=fake"]).news == [])
  }

  @Test func keysComeFromFiles() throws {
    func credential(_ content: String?) throws -> (key: [UInt8]?, news: [FleetNews]) {
      let (plan, news) = try plan(
        ["http://a:1,name=a"], files: content.map { ["/run/key": $0] } ?? [:]
      ) { $0.keyFile = "/run/key" }
      return (plan.backends.first?.target.credential, news)
    }
    #expect(try credential("sk-1\n").key == Array("sk-1".utf8))
    #expect(try credential("").news == [.keyUnusable(name: "a", place: "/run/key")])
    let missing = FleetNews.keyFileUnreadable(name: "a", file: "/run/key", why: "No such file")
    #expect(try credential(nil).news == [missing])
  }

  @Test(arguments: [
    ("sk-1", "sk-1"), ("sk-1\n", "sk-1"), ("sk-1\r\n", "sk-1"), ("a b", nil), ("", nil),
    ("a\r\nX: y", nil), ("é", nil), (nil, nil),
  ]) func keysAreReadAndChecked(value: String?, key: String?) throws {
    let environment = value.map { ["KEY": $0] } ?? [:]
    let plan = try plan(["http://a:1,api-key-env=KEY"], environment: environment)
    #expect(plan.plan.backends.first?.target.credential == key.map { Array($0.utf8) })
    #expect(plan.news.isEmpty == (key != nil))
    #expect(!plan.news.contains { value?.isEmpty == false && "\($0)".contains(value ?? "") })
  }

  @Test func portsAreLookedAtUnlessThatIsSwitchedOff() throws {
    #expect(try plan(["http://a:1"]).plan.discovery.ports == [8_080, 11_434])
    #expect(try plan(["http://a:1"], probes: false).plan.discovery.ports == [])
    #expect(try plan([], probes: false).plan.discovery.isLooking == false)
  }
}

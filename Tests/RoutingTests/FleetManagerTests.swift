import HTTP
import Net
import Synchronization
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet
@testable import Telemetry

/// Plays a server that is up or not, without a network.
private final class ScriptedProber: FleetProber {
  let isUp: Atomic<Bool>
  let surveys = Atomic<Int>(0)

  init(isUp: Bool) { self.isUp = Atomic(isUp) }

  func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, limits: ProbeLimits
  ) async -> ExchangeOutcome {
    guard isUp.load(ordering: .relaxed) else {
      return ExchangeOutcome(failure: DriverFailure(.upstreamBroken, "refused"))
    }
    var reports = DriverReports()
    if operation.kind == .identify {
      reports.identity = ServerIdentity(certainty: 100, backendType: "fake")
    } else {
      surveys.wrappingAdd(1, ordering: .relaxed)
      reports.models = [ModelReport(id: "m")]
    }
    return ExchangeOutcome(reports: reports)
  }

  func isOpen(_ endpoint: Endpoint, within milliseconds: UInt64) async -> Bool {
    isUp.load(ordering: .relaxed)
  }
}

struct FleetManagerTests {
  /// The manager on a real loop: a backend of unknown type comes up, fails, and comes back.
  @Test(.timeLimit(.minutes(1))) func followsAServer() async throws {
    let loop = try EventLoop()
    let thread = try LoopThread(name: "control", loop: loop)
    defer {
      loop.stop()
      thread.join()
    }
    let prober = ScriptedProber(isUp: true)
    let (snapshots, continuation) = AsyncStream.makeStream(of: FleetSnapshot.self)
    let driver = try #require(FleetFixture.driver(FleetFixture.everything))
    var settings = Settings()
    settings.backends = [try BackendOption.parse("http://127.0.0.1:1,name=a")]
    let manager = FleetManager(
      loop: loop, catalogue: DriverCatalogue(drivers: [driver]),
      options: FleetOptions(settings, ownPort: 8_000),
      prober: prober, log: Log(level: .error), publish: { continuation.yield($0) })
    manager.start()
    func next(_ state: BackendHealth.State) async -> FleetSnapshot? {
      await snapshots.first { $0.members.first?.state == state }
    }
    let up = try #require(await next(.up))
    #expect(up.routableModels == ["m"])
    prober.isUp.store(false, ordering: .relaxed)
    manager.attemptFailed(on: up.members[0].backend, DriverFailure(.upstreamBroken, "refused"))
    let down = try #require(await next(.down))
    #expect(down.routableModels == [])
    #expect(down.members[0].models.map(\.id) == ["m"])
    prober.isUp.store(true, ordering: .relaxed)
    let again = try #require(await next(.up))
    #expect(again.members[0].backend.load === up.members[0].backend.load)
    manager.stop()
  }
}

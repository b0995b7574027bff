import HTTP
import Net
import Synchronization
import Testing

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet
@testable import Telemetry

/// Plays a server with the models "m" and "n" that loads when the test says so.
private final class ScriptedServer: FleetProber, ResidencyChanger, Sendable {
  private struct State {
    var loaded: Set<String> = []
    var exchanges = 0
    var isDone = false
    var isGone = false
  }

  private let state = Mutex(State())
  let loop: EventLoop

  init(loop: EventLoop) { self.loop = loop }

  var exchanges: Int { state.withLock { $0.exchanges } }
  func letGo() { state.withLock { $0.isDone = true } }
  func die() { state.withLock { $0.isGone = true } }

  func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, limits: ProbeLimits
  ) async -> ExchangeOutcome {
    guard !state.withLock({ $0.isGone }) else {
      return ExchangeOutcome(failure: DriverFailure(.upstreamBroken, "refused"))
    }
    var reports = DriverReports()
    if operation.kind == .identify {
      reports.identity = ServerIdentity(certainty: 100, backendType: "fake")
      return ExchangeOutcome(reports: reports)
    }
    reports.models = state.withLock { state in
      ["m", "n"].map { id in
        var report = ModelReport(id: id)
        report.residency = state.loaded.contains(id) ? .loaded : .unloaded
        report.needsLoad = true
        return report
      }
    }
    return ExchangeOutcome(reports: reports)
  }

  func isOpen(_ endpoint: Endpoint, within milliseconds: UInt64) async -> Bool { true }

  func change(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget,
    deadline: UInt64, scope: CancelScope, progress: @escaping (JobProgress) -> Void
  ) async -> ExchangeOutcome {
    state.withLock { $0.exchanges += 1 }
    progress(JobProgress(permille: 250))
    while scope.cause == nil, !state.withLock({ $0.isDone }) { await loop.sleep(milliseconds: 1) }
    guard scope.cause == nil else {
      return ExchangeOutcome(failure: DriverFailure(.upstreamBroken, "cancelled"))
    }
    let model = String(decoding: operation.model, as: UTF8.self)
    state.withLock { state in
      if operation.kind == .load {
        state.loaded.insert(model)
      } else {
        state.loaded.remove(model)
      }
    }
    return ExchangeOutcome()
  }
}

/// The manager on a real loop, with the fleet's manager beside it.
@Suite(.timeLimit(.minutes(1))) struct LifecycleManagerTests {
  private struct Gateway {
    let loop: EventLoop
    let thread: LoopThread
    let server: ScriptedServer
    let fleet: FleetManager
    let lifecycle: LifecycleManager
    let backend: Backend
    let models: [Model]
  }

  private func withGateway(_ body: (Gateway) async throws -> Void) async throws {
    let loop = try EventLoop()
    let thread = try LoopThread(name: "control", loop: loop)
    defer {
      loop.stop()
      thread.join()
    }
    let server = ScriptedServer(loop: loop)
    let log = Log(level: .error)
    let lifecycle = LifecycleManager(loop: loop, prober: server, log: log)
    let driver = try #require(FleetFixture.driver(FleetFixture.everything))
    var settings = Settings()
    settings.backends = [try BackendOption.parse("http://127.0.0.1:1,name=a")]
    let (snapshots, continuation) = AsyncStream.makeStream(of: FleetSnapshot.self)
    let fleet = FleetManager(
      loop: loop, catalogue: DriverCatalogue(drivers: [driver]),
      options: FleetOptions(settings, ownPort: 8_000), prober: server, log: log
    ) {
      lifecycle.follow($0)
      continuation.yield($0)
    }
    fleet.start()
    lifecycle.start(fleet, settings)
    let up = try #require(await snapshots.first { $0.members.first?.state == .up })
    try await body(
      Gateway(
        loop: loop, thread: thread, server: server, fleet: fleet, lifecycle: lifecycle,
        backend: up.members[0].backend, models: up.members[0].models))
    lifecycle.stop()
    fleet.stop()
  }

  @Test func requestsShareALoad() async throws {
    try await withGateway { gateway in
      let (manager, model, backend) = (gateway.lifecycle, gateway.models[0], gateway.backend)
      #expect(await manager.ensureLoaded(model, on: backend, within: 1) == .late)
      let job = try #require(await manager.underWay(on: "a"))
      #expect(job.permille == 250 && job.cause == .request)
      let outcomes = await withTaskGroup(of: LoadOutcome.self) { group in
        for _ in 0..<20 {
          group.addTask { await manager.ensureLoaded(model, on: backend, within: 30_000) }
        }
        group.addTask {
          gateway.server.letGo()
          return .loaded
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.allSatisfy { $0 == .loaded })
      #expect(gateway.server.exchanges == 1)
      #expect(await manager.jobs().map(\.state) == [.completed])
      // It is there: no job is waited for.
      #expect(await manager.ensureLoaded(model, on: backend, within: 0) == .loaded)
      let unload = try await manager.unload("m", on: "a")
      #expect(await manager.wait(for: unload.id, milliseconds: 30_000)?.state == .completed)
    }
  }

  @Test func cancelWakesWhoWaits() async throws {
    try await withGateway { gateway in
      let manager = gateway.lifecycle
      let job = try await manager.load("m", on: "a")
      async let waiting = manager.wait(for: job.id, milliseconds: 30_000)
      #expect(try await manager.cancel(job.id).state == .cancelled)
      #expect(await waiting?.state == .cancelled)
      #expect(await manager.underWay(on: "a") == nil)
      #expect(await manager.wait(for: "op-none", milliseconds: 30_000) == nil)
    }
  }

  @Test func aDeathWakesWhoWaits() async throws {
    try await withGateway { gateway in
      let manager = gateway.lifecycle
      async let outcome = manager.ensureLoaded(
        gateway.models[0], on: gateway.backend, within: 30_000)
      while await manager.underWay(on: "a") == nil { await Task.yield() }
      gateway.server.die()
      for _ in 0..<3 {
        gateway.fleet.attemptFailed(on: gateway.backend, DriverFailure(.upstreamBroken, "no"))
      }
      guard case .failed(let why) = await outcome else {
        Issue.record("a dead backend has loaded")
        return
      }
      #expect(why.hasPrefix("'a' went down"))
    }
  }

  @Test func anEndWakesWhoWaits() async throws {
    try await withGateway { gateway in
      let manager = gateway.lifecycle
      async let outcome = manager.ensureLoaded(
        gateway.models[0], on: gateway.backend, within: 30_000)
      while await manager.underWay(on: "a") == nil { await Task.yield() }
      manager.stop()
      #expect(await outcome == .failed("the gateway stopped"))
      await #expect(throws: LifecycleError.stopping) { try await manager.load("n", on: "a") }
    }
  }
}

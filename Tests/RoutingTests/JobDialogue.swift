import HTTP

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// A conversation with a `JobBook` about servers that the test moves, with a clock that it turns.
struct JobDialogue {
  /// A server and what it would say if it were asked now.
  final class Server {
    let backend: Backend
    var reports: [ModelReport]
    var state = BackendHealth.State.up
    var isDraining = false
    var total: UInt64 = 0
    var free: UInt64 = 0

    init(_ name: String, _ models: [ModelReport], adjust: (inout Settings.Backend) -> Void) {
      var settings = Settings.Backend(
        name: name, endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1))
      adjust(&settings)
      let driver = FleetFixture.driver(FleetFixture.everything)
      backend = Backend(settings, kind: driver.map { BackendKind(type: "fake", driver: $0) })
      reports = models
    }

    var member: FleetMember {
      FleetMember(
        backend: backend, state: state, isDraining: isDraining,
        models: reports.map { Model($0, account: backend.load.account(of: $0.id)) },
        memoryTotal: total, memoryFree: free)
    }

    func set(_ model: String, _ residency: Residency) {
      for index in reports.indices where reports[index].id == model {
        reports[index].residency = residency
      }
    }

    func residency(of model: String) -> Residency? {
      reports.first { $0.id == model }?.residency
    }
  }

  var book: JobBook
  var servers: [Server] = []
  var now: UInt64 = 1_000
  private var version: UInt64 = 0
  /// Under way.
  private(set) var exchanges: [(step: JobStep, kind: OperationKind, model: String, on: String)] = []
  private(set) var surveys: [(step: JobStep, on: String)] = []
  /// Everything that was told, but for what is written to the log.
  private(set) var over: [ModelJob] = []
  private(set) var refusals = 0
  private(set) var began: [String] = []
  private(set) var loadEnds: [String] = []
  /// Models that routing takes for about to leave.
  private(set) var leaving: [String] = []

  init() { book = JobBook(now: now, unix: 1_700_000_000_000, seed: 1) }

  static func report(
    _ id: String, _ residency: Residency = .unloaded, gb: UInt64 = 1, alias: String = ""
  ) -> ModelReport {
    var report = ModelReport(id: id)
    report.residency = residency
    report.diskBytes = gb * 1_000_000_000
    if residency == .loaded { report.memoryBytes = gb * 1_000_000_000 }
    report.alias = alias
    return report
  }

  mutating func add(
    _ name: String, _ models: [ModelReport], adjust: (inout Settings.Backend) -> Void = { _ in }
  ) -> Server {
    let server = Server(name, models, adjust: adjust)
    servers.append(server)
    publish()
    return server
  }

  /// Has the book see the fleet as it is.
  mutating func publish() {
    version += 1
    let snapshot = FleetSnapshot(version: version, members: servers.map(\.member))
    book.on(.fleet(snapshot), now: now)
    take()
  }

  mutating func load(
    _ model: String, on backend: String, makeRoom: Bool = false,
    cause: ModelJob.Cause = .command
  ) throws(LifecycleError) -> ModelJob {
    try order { (book, now) throws(LifecycleError) in
      try book.load(model, on: backend, makeRoom: makeRoom, cause: cause, now)
    }
  }

  mutating func unload(
    _ model: String, on backend: String, force: Bool = false
  ) throws(LifecycleError) -> ModelJob {
    try order { (book, now) throws(LifecycleError) in
      try book.unload(model, on: backend, force: force, cause: .command, now)
    }
  }

  mutating func migrate(
    _ model: String, from source: String, to target: String, unloadsSource: Bool = true
  ) throws(LifecycleError) -> ModelJob {
    try order { (book, now) throws(LifecycleError) in
      try book.migrate(
        model, from: source, to: target, makeRoom: false, unloadsSource: unloadsSource, now)
    }
  }

  mutating func cancel(_ id: String) throws(LifecycleError) -> ModelJob {
    try order { (book, now) throws(LifecycleError) in try book.cancel(id, now) }
  }

  private mutating func order(
    _ body: (inout JobBook, UInt64) throws(LifecycleError) -> ModelJob
  ) throws(LifecycleError) -> ModelJob {
    let result: Result<ModelJob, LifecycleError>
    do throws(LifecycleError) {
      result = .success(try body(&book, now))
    } catch {
      result = .failure(error)
    }
    take()
    return try result.get()
  }

  /// The exchange for the model ends; well, the server does what it was asked for.
  mutating func finish(_ model: String, _ failure: DriverFailure? = nil, moves: Bool = true) {
    guard let index = exchanges.firstIndex(where: { $0.model == model }) else { return }
    let exchange = exchanges.remove(at: index)
    if failure == nil, moves, let server = server(exchange.on) {
      server.set(model, exchange.kind == .load ? .loaded : .unloaded)
    }
    book.on(.exchanged(exchange.step, failure), now: now)
    take()
  }

  mutating func progress(_ model: String, _ permille: Int) {
    guard let exchange = exchanges.first(where: { $0.model == model }) else { return }
    book.on(.progress(exchange.step, JobProgress(permille: permille, detail: "half")), now: now)
    take()
  }

  /// All surveys that were asked for end, and the fleet shows what they found.
  mutating func answer() {
    let asked = surveys
    surveys = []
    if !asked.isEmpty { publish() }
    for survey in asked {
      book.on(.surveyed(survey.step, server(survey.on)?.member), now: now)
      take()
    }
  }

  /// Surveys end, and the backends have said nothing.
  mutating func answerNothing() {
    let asked = surveys
    surveys = []
    for survey in asked { book.on(.surveyed(survey.step, nil), now: now) }
    take()
  }

  mutating func wait(_ milliseconds: UInt64) {
    now += milliseconds
    book.on(.tick, now: now)
    take()
  }

  /// Lets everything end well.
  mutating func settle() {
    for _ in 0..<100 {
      if let exchange = exchanges.first { finish(exchange.model) }
      answer()
      if exchanges.isEmpty, surveys.isEmpty {
        guard !book.entries.isEmpty else { return }
        wait(1_000)
      }
    }
  }

  mutating func stop() {
    book.stop(now)
    take()
  }

  func server(_ name: String) -> Server? { servers.first { $0.backend.name == name } }

  func job(_ id: String) -> ModelJob? { book.job(id, now) }

  /// What is under way, in words.
  var underWay: [String] { exchanges.map { "\($0.kind.name) \($0.model) on \($0.on)" } }

  private mutating func take() {
    for action in book.takeActions() {
      switch action {
      case .exchange(let step, let kind, let model, let backend, _):
        exchanges.append((step, kind, model, backend.name))
      case .interrupt(let step): exchanges.removeAll { $0.step == step }
      case .survey(let step, let backend): surveys.append((step, backend.name))
      case .loadBegan(let model, let backend, let evicts):
        began.append("\(model) on \(backend.name)\(evicts ? " alone" : "")")
      case .loadEnded(let model, let backend, let isLoaded):
        loadEnds.append("\(model) on \(backend.name)\(isLoaded ? "" : " not")")
      case .leaveBegan(let model, let backend): leaving.append("\(model) on \(backend.name)")
      case .leaveEnded(let model, let backend):
        leaving.removeAll { $0 == "\(model) on \(backend.name)" }
      case .tell(.refused): refusals += 1
      case .tell: break
      case .over(let job): over.append(job)
      }
    }
  }
}

import Config
import Drivers
import Fleet
import HTTP
import LatencyModels
import Routing

/// The gateway's side of a run: the real backends, accounts, health machines and snapshots, fed as
/// the gateway feeds them (`Lessons`, `FleetState`, `ProbeSchedule`, `QualityKeeper`).
final class Desk {
  private struct Record {
    let backend: Backend
    var health = BackendHealth()
    var models: [Model] = []
    var loads: [LoadReport] = []
    var foreign = 0
    var account = QualityAccount()
    var modelAccounts: [String: QualityAccount] = [:]
    var nextProbe = 0.0
    var downProbes = 0
  }

  private var records: [Record] = []
  private(set) var fleet = FleetSnapshot()
  private var nextLook = Desk.lookInterval
  private var moments: UInt64 = 0
  private var prefixes = PrefixTable()

  /// Milliseconds between two surveys of a server that is well.
  static let surveyInterval = 5_000.0
  /// Milliseconds between two looks at the quality of answers, as configured by default.
  static let lookInterval = Double(Settings.Quality().metricsIntervalSeconds) * 1_000
  static let errorThreshold = Settings.Quality().errorRateThreshold

  static func modelName(_ number: Int) -> String { "model-\(number)" }

  /// `priorities`: those of the nodes, or nil for the usual one everywhere.
  init(_ specs: [NodeSpec], _ driver: Driver, priorities: [Int]? = nil) {
    let kind = BackendKind(type: "fake", driver: driver)
    for (index, spec) in specs.enumerated() {
      var settings = Settings.Backend(
        name: spec.name,
        endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: UInt16(1_000 + index)))
      settings.priority = priorities?[index] ?? settings.priority
      records.append(Record(backend: Backend(settings, kind: kind)))
    }
    publish()
  }

  func backend(_ node: Int) -> Backend { records[node].backend }

  /// The nodes that may serve a model as far as the gateway knows, in their order.
  func eligible(_ model: Int) -> [Int] {
    fleet.candidates(for: Self.modelName(model)).map(\.member).filter {
      fleet.members[$0].isRoutable
    }
  }

  func node(of attempt: Attempt) -> Int {
    records.firstIndex { $0.backend.key == attempt.backend.key } ?? 0
  }

  /// The model of a node, as it was last reported.
  func model(_ number: Int, on node: Int) -> Model? {
    fleet.members[node].models.first { $0.id == Self.modelName(number) }
  }

  /// A moment of the clock that is read when a request is sent, each time another.
  func moment(_ now: Double) -> UInt64 {
    moments += 1
    return UInt64(now * 1_000_000) + moments
  }

  // MARK: Surveys

  /// When something is due beside requests.
  var nextTime: Double { records.reduce(nextLook) { min($0, $1.nextProbe) } }

  func work(at now: Double, _ nodes: [Node]) {
    for index in records.indices where records[index].nextProbe <= now {
      survey(index, nodes[index], now)
    }
    guard nextLook <= now else { return }
    for index in records.indices { look(at: index) }
    nextLook = now + Self.lookInterval
  }

  private func look(at index: Int) {
    let load = records[index].backend.load
    look(at: load.quality, &records[index].account)
    for model in records[index].models where model.account.quality.sums != .init() {
      look(at: model.account.quality, &records[index].modelAccounts[model.id, default: .init()])
    }
  }

  private func look(at quality: BackendQuality, _ account: inout QualityAccount) {
    quality.publish(
      account.look(
        at: quality.sums, after: Self.lookInterval / 1_000, threshold: Self.errorThreshold))
  }

  private func survey(_ index: Int, _ node: Node, _ now: Double) {
    if node.isDown {
      apply(.probeFailed, to: index)
    } else {
      let reports = node.modelReports
      if records[index].models.map(\.report) != reports {
        let load = records[index].backend.load
        records[index].models = reports.map { Model($0, account: load.account(of: $0.id)) }
      }
      records[index].loads = node.loadReports
      let told = node.loadReports.reduce(0) { $0 + ($1.running ?? 0) + ($1.waiting ?? 0) }
      records[index].foreign = max(0, told - records[index].backend.load.inFlight)
      records[index].backend.load.circuit.record(.lookedWell, at: UInt64(now))
      apply(.probeReady, to: index)
    }
    records[index].nextProbe = now + pause(index)
    publish()
  }

  private func pause(_ index: Int) -> Double {
    let health = records[index].health
    guard health.state == .down else {
      records[index].downProbes = 0
      return health.failures > 0 ? 250 : Self.surveyInterval
    }
    if health.successes > 0 { return 250 }
    records[index].downProbes += 1
    return min(5_000, 500 * Double(1 << min(records[index].downProbes, 8)))
  }

  private func apply(_ event: BackendHealth.Event, to index: Int) {
    _ = records[index].health.on(event)
    let health = records[index].health
    records[index].backend.load.setDoubted(health.failures > 0 && health.state != .down)
  }

  private func publish() {
    let before = fleet
    fleet = FleetSnapshot(
      version: before.version + 1,
      members: records.map {
        FleetMember(
          backend: $0.backend, state: $0.health.state, models: $0.models, loads: $0.loads,
          foreignRequests: $0.foreign)
      })
    forget(since: before)
  }

  /// Forgets what servers lost between two snapshots, as the gateway's `Affinity` does.
  private func forget(since old: FleetSnapshot) {
    for (before, after) in zip(old.members, fleet.members) {
      let key = before.backend.key
      if before.state == .up, after.state != .up {
        prefixes.forget(backend: key)
        continue
      }
      for (was, model) in zip(before.models, after.models)
      where was.report.residency == .loaded && model.report.residency != .loaded {
        prefixes.forget(backend: key, model: PromptCache.key(ofModel: model.id))
      }
    }
  }

  // MARK: Where conversations were

  /// Where a request is best continued.
  func warmPlaces(_ call: Call, now: Double) -> WarmPlaces {
    let found = prefixes.places(
      for: Conversation(chain: call.chain), of: cacheKey(call), now: UInt64(now))
    return found.scaled(from: call.chain.bytes, to: call.size)
  }

  /// A node has begun to answer, so that the prompt is in its cache.
  func remember(_ call: Call, on node: Int, now: Double) {
    guard let model = model(call.model, on: node) else { return }
    prefixes.record(
      Conversation(chain: call.chain),
      in: PromptCache(backend: backend(node).key, model: cacheKey(call)),
      keeps: PromptCache.keeps(slots: model.report.slots), now: UInt64(now))
  }

  private func cacheKey(_ call: Call) -> UInt64 {
    PromptCache.key(ofModel: Self.modelName(call.model))
  }

  // MARK: What requests say

  func requestFailed(_ node: Int, now: Double) {
    let action = records[node].health.on(.requestFailed)
    if action.probeSoon { records[node].nextProbe = min(records[node].nextProbe, now + 100) }
    if action.became != nil { publish() }
  }

  func requestSucceeded(_ node: Int) {
    guard records[node].backend.load.isDoubted else { return }
    apply(.requestSucceeded, to: node)
  }
}

extension Node {
  /// What a survey finds.
  var modelReports: [ModelReport] {
    spec.models.map { number in
      var report = ModelReport(id: Desk.modelName(number))
      report.abilities = .chat
      report.abilitiesKnown = .chat
      let residency = residency(number)
      report.residency = residency.isThere ? .loaded : residency.isLoading ? .loading : .unloaded
      if spec.candour == .slots { report.slots = spec.latency.slots }
      return report
    }
  }

  var loadReports: [LoadReport] {
    switch spec.candour {
    case .residency: []
    case .slots:
      [LoadReport(running: runningCount, waiting: queue.count, slots: spec.latency.slots)]
    case .load: [LoadReport(running: runningCount, waiting: queue.count)]
    }
  }
}

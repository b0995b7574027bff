import Control
import Fleet
import Net
import Telemetry

/// Makes snapshots of how everything stands: asks the workers for their requests, reads the counters,
/// and keeps what rates are made from. Confined to the control loop.
final class LiveGatherer {
  /// A worker whose requests are to be seen.
  struct WorkerSource {
    let loop: EventLoop
    let requests: LoopBound<WorkerRequests>
    /// What it said last.
    var report = WorkerRequests.Report()
    /// Whether it is asked and has not answered.
    var isAsked = false
  }

  private let loop: EventLoop
  private let shared: GatewayShared
  private let view: @Sendable () -> GatewayView
  private var workers: [WorkerSource]
  private var series: LiveSeries
  private var numbers = BackendNumbers()
  private var history: (version: Int, limit: Int, entries: [HistoryEntry])?
  private var number: UInt64 = 0
  private var renderings = LiveRenderings()
  /// Which round of questions is under way, how many answers it lacks, and who waits for them.
  private var round = 0
  private var missing = 0
  private var waiter: UnsafeContinuation<Void, Never>?

  /// How many milliseconds workers have to answer.
  private static let patience: UInt64 = 50

  init(
    _ shared: GatewayShared, view: @escaping @Sendable () -> GatewayView, workers: [WorkerSource],
    on loop: EventLoop
  ) {
    self.shared = shared
    self.view = view
    self.workers = workers
    self.loop = loop
    series = LiveSeries(LiveSums(shared.metrics, at: loop.now))
  }

  /// Notes the next point of the last hour.
  func sample() {
    series.sample(
      LiveSums(shared.metrics, at: loop.now), unixSeconds: MonotonicClock.unixSeconds())
  }

  /// Nobody has asked for a while: what is kept for the next is let go.
  func rest() {
    history = nil
    renderings = LiveRenderings()
    for index in workers.indices where !workers[index].isAsked {
      workers[index].report = WorkerRequests.Report()
    }
  }

  /// How everything stands now.
  func gather() async -> LiveSnapshot {
    await askWorkers()
    return make(jobs: await shared.lifecycle.jobs())
  }

  // MARK: Workers

  /// Has every worker say how its requests stand. What one says that does not answer in time counts
  /// when it comes; until then what it said before does, and it is not asked again.
  private func askWorkers() async {
    round += 1
    missing = workers.count { !$0.isAsked }
    guard missing > 0 else { return }
    let bound = LoopBound(self)
    for index in workers.indices where !workers[index].isAsked {
      workers[index].isAsked = true
      let requests = workers[index].requests
      workers[index].loop.post { [loop, round] in
        let report = requests.value.report()
        loop.post { bound.value.note(report, from: index, in: round) }
      }
    }
    let timer = loop.after(Self.patience) { [self] in goOn() }
    await withUnsafeContinuation { waiter = $0 }
    loop.cancelExpiry(timer)
  }

  private func note(_ report: WorkerRequests.Report, from index: Int, in round: Int) {
    workers[index].report = report
    workers[index].isAsked = false
    guard round == self.round else { return }
    missing -= 1
    if missing == 0 { goOn() }
  }

  private func goOn() {
    waiter?.resume()
    waiter = nil
  }

  private var oldest: [LiveSnapshot.LiveRequest] {
    let all = workers.flatMap(\.report.oldest).sorted { $0.age > $1.age }
    return Array(all.prefix(LiveSnapshot.requestLimit))
  }

  // MARK: The snapshot

  private func make(jobs: [ModelJob]) -> LiveSnapshot {
    number += 1
    let view = view()
    let sums = LiveSums(shared.metrics, at: loop.now)
    defer { series.mark(sums) }
    // Read first: entries that come meanwhile belong to the next version too.
    let version = shared.history.version
    return LiveSnapshot(
      number: number, unixMilliseconds: MonotonicClock.unixNanoseconds() / 1_000_000,
      uptimeSeconds: shared.uptimeSeconds, version: shared.version, view: view,
      totals: series.totals(sums),
      queue: .init(depth: max(0, shared.queue.count), limit: view.rules.limits.queueSize),
      budget: LiveSnapshot.Budget(shared.ledger, view.rules.budget),
      backends: figures(view.fleet, sums), requests: oldest,
      requestsUnderWay: workers.reduce(0) { $0 + $1.report.count }, series: series.points,
      history: history(version, view), historyVersion: version, jobs: jobs,
      advice: shared.advisor.report, renderings: renderings)
  }

  private func history(_ version: Int, _ view: GatewayView) -> [HistoryEntry] {
    let limit = min(view.rules.historySize, LiveSnapshot.historyLimit)
    if let history, history.version == version, history.limit == limit { return history.entries }
    var entries: [HistoryEntry] = []
    shared.history.forEach(ofLast: limit) {
      entries.append($0)
      return true
    }
    history = (version, limit, entries)
    return entries
  }

  private func figures(_ fleet: FleetSnapshot, _ sums: LiveSums) -> [LiveSnapshot.BackendFigures] {
    numbers.follow(fleet, shared.metrics.labels)
    return zip(fleet.members, numbers.values).map { member, number in
      var figures = LiveSnapshot.BackendFigures()
      figures.lastCheck = member.backend.load.lastLook
      guard let number else { return figures }
      figures.requests = sums[number].requests
      figures.tokensPerSecond = series.tokensPerSecond(of: number, sums)
      figures.latencies = series.latencies(of: number, sums)
      return figures
    }
  }
}

/// Under which numbers the members of a fleet are counted.
private struct BackendNumbers {
  /// In the order of members; nil where nothing was counted, or under the name of another.
  private(set) var values: [Int?] = []
  private var fleet: FleetSnapshot?
  private var known = 0

  /// Looks them up again if there may be others.
  mutating func follow(_ fleet: FleetSnapshot, _ labels: MetricLabels) {
    let contents = labels.current
    guard fleet !== self.fleet || contents.backends.count != known else { return }
    (self.fleet, known) = (fleet, contents.backends.count)
    var left: [String: Int] = [:]
    for (number, label) in contents.backends.enumerated() { left[label] = number }
    // Where several names make one label, the first has what is counted under it.
    values = fleet.members.map { left.removeValue(forKey: MetricLabels.sanitized($0.backend.name)) }
  }
}

extension LiveSnapshot.Budget {
  /// Nil without a limit.
  init?(_ ledger: BudgetLedger, _ rules: BudgetRules) {
    guard let limit = rules.limit else { return nil }
    let standing = ledger.standing(rules)
    self.init(
      spent: standing.spent, reserved: max(0, standing.committed - standing.spent), limit: limit,
      softShare: rules.softShare, level: standing.level, month: ledger.billingMonth,
      action: rules.action)
  }
}

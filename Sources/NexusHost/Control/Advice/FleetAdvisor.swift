import Config
import Fleet
import Net
import Synchronization
import Telemetry

/// Counts how models are used, keeps that over restarts, and gives advice about what to keep in memory
/// where; loads models ahead of time if that is wanted. Methods are for any thread.
public final class FleetAdvisor: Sendable {
  /// What the control loop's thread works with.
  struct Work {
    var keeper: DemandKeeper?
    /// Nil while nothing is counted.
    var meter: DemandMeter?
    var analysis = AnalysisSchedule()
    var prewarm = PrewarmState()
    var ticks = 0
    var isOver = false
    /// Milliseconds of the loop's clock: since when anybody looks, and of the last writing.
    var began: UInt64 = 0
    var written: UInt64 = 0
  }

  /// What is in force at a moment.
  public struct View: Sendable {
    let fleet: FleetSnapshot
    let settings: Settings.Fleet
    let memory: MemoryEstimate.Rules

    public init(_ fleet: FleetSnapshot, _ settings: Settings.Fleet, _ memory: MemoryEstimate.Rules)
    {
      self.fleet = fleet
      self.settings = settings
      self.memory = memory
    }
  }

  let loop: EventLoop
  let log: Log
  let work = Mutex(Work())
  private let state: StateStore
  private let latest = Mutex(AdviceReport(isEnabled: false, generated: 0))
  /// Gives what is in force; nil before the start.
  private let view = Mutex<(@Sendable () -> View)?>(nil)

  /// Seconds between two looks at the counters.
  static let pace = 5
  /// What was counted is written so many milliseconds after it was written last.
  private static let writeInterval: UInt64 = 600_000

  /// Makes an advisor that does nothing until `start`. Its work runs on `loop`.
  public init(loop: EventLoop, state: StateStore, log: Log) {
    self.loop = loop
    self.state = state
    self.log = log
  }

  /// Begins to count. `view` gives what holds at the moment, on any thread.
  public func start(_ lifecycle: LifecycleManager, view: @escaping @Sendable () -> View) {
    self.view.withLock { $0 = view }
    loop.post { [self] in
      work.withLock { work in
        work.began = loop.now
        work.written = loop.now
      }
      goOn(lifecycle, view)
    }
  }

  /// Has everything written that was counted. The store writes what waits when it is closed or lent.
  public func keep() {
    let view = present
    work.withLock { work in
      if work.meter != nil, let view { count(&work, view) }
      write(&work)
    }
  }

  /// Keeps what was counted, at the end of the process.
  public func stop() {
    keep()
    work.withLock { $0.isOver = true }
  }

  /// The advice that holds now.
  public var report: AdviceReport {
    guard present?.settings.enabled == true else {
      return AdviceReport(isEnabled: false, generated: 0)
    }
    return latest.withLock { $0 }
  }

  /// What was counted; nil while nothing is counted.
  public var history: DemandHistory? {
    work.withLock { $0.meter == nil ? nil : $0.keeper?.history }
  }

  private var present: View? { view.withLock { $0 }?() }

  // MARK: The round

  private func goOn(_ lifecycle: LifecycleManager, _ view: @escaping @Sendable () -> View) {
    guard tick(lifecycle, view()) else { return }
    loop.after(1_000) { [self] in goOn(lifecycle, view) }
  }

  /// Returns whether there is another one.
  private func tick(_ lifecycle: LifecycleManager, _ view: View) -> Bool {
    let isDue = work.withLock { work -> Bool? in
      guard !work.isOver else { return nil }
      guard view.settings.enabled else {
        rest(&work)
        return false
      }
      work.ticks += 1
      let looks = work.ticks % Self.pace == 0
      let analyses = work.analysis.isDue(view, at: MonotonicClock.milliseconds())
      if work.meter == nil || looks || analyses { count(&work, view) }
      if MonotonicClock.milliseconds() >= work.written + Self.writeInterval { write(&work) }
      return analyses || looks && view.settings.prewarm
    }
    guard let isDue else { return false }
    if isDue {
      _ = loop.spawn { [self] in
        let jobs = await lifecycle.jobs()
        let sizes = await lifecycle.sizes()
        analyse(view, jobs, sizes)
        if view.settings.prewarm { await warmUp(lifecycle, view, jobs, sizes) }
      }
    }
    return true
  }

  /// Nothing is counted any more, or was.
  private func rest(_ work: inout Work) {
    guard work.meter != nil else { return }
    write(&work)
    work.meter = nil
    work.analysis = AnalysisSchedule()
    latest.withLock { $0 = AdviceReport(isEnabled: false, generated: 0) }
  }

  /// Adds what was answered since the last time; the first time it begins with that.
  private func count(_ work: inout Work, _ view: View) {
    let now = MonotonicClock.unixSeconds()
    if work.keeper == nil {
      var notes: [String] = []
      work.keeper = DemandKeeper(state, at: now, &notes)
      for note in notes { log.warn("state", "\(note)") }
      // What cannot be read is told of once: it goes now.
      if !notes.isEmpty { put(work.keeper?.takeRecords() ?? []) }
    }
    let requests = work.meter?.look(at: view.fleet) ?? [:]
    work.keeper?.add(requests, at: now)
    guard work.meter == nil || !requests.isEmpty, let history = work.keeper?.history else { return }
    if work.meter == nil { work.meter = DemandMeter(view.fleet) }
    let demand = DemandSummary(history, Recommender(view.settings, view.memory), at: now)
    latest.withLock { latest in
      latest.isEnabled = true
      latest.demand = demand
    }
  }

  private func write(_ work: inout Work) {
    work.written = MonotonicClock.milliseconds()
    work.meter?.clear()
    guard work.meter != nil, let records = work.keeper?.takeRecords() else { return }
    put(records)
  }

  private func put(_ records: [StateRecord]) {
    for record in records {
      state.put(record) { [log] error in
        guard let error, error != .closed else { return }
        log.warn(
          "state", "how a model was used could not be written",
          ["model": record.key, "reason": "\(error)"])
      }
    }
  }

  // MARK: Advice

  private func analyse(_ view: View, _ jobs: [ModelJob], _ sizes: ModelSizes) {
    let now = MonotonicClock.unixSeconds()
    let report = work.withLock { work -> AdviceReport? in
      guard work.meter != nil, let history = work.keeper?.history,
        work.analysis.begin(view, at: MonotonicClock.milliseconds())
      else { return nil }
      let recommender = Recommender(view.settings, view.memory)
      let places = WarmPlace.places(
        view.fleet, jobs, sizes, since: work.began, at: MonotonicClock.milliseconds())
      let recommendations = recommender.advise(
        history, places,
        unloaded: jobs.unloaded(after: now - Int64(view.settings.analysisIntervalSeconds)),
        at: now)
      return AdviceReport(
        recommendations: recommendations, isEnabled: true, generated: now,
        demand: DemandSummary(history, recommender, at: now))
    }
    guard let report else { return }
    let known = latest.withLock { latest in
      defer { latest = report }
      return Set(latest.recommendations.map(\.id))
    }
    for recommendation in report.recommendations where !known.contains(recommendation.id) {
      tell(recommendation)
    }
  }

  private func tell(_ recommendation: Recommendation) {
    log.info(
      "lifecycle", "a model could be kept in memory at another backend",
      [
        "model": recommendation.model, "backends": recommendation.targets.joined(separator: ","),
        "confidence": (recommendation.confidence * 100).rounded() / 100,
        "reason": recommendation.reasoning, "command": recommendation.command,
      ])
  }
}

/// When to look at the figures: each interval, the first time once the backends are known, and when
/// the rules have changed.
struct AnalysisSchedule {
  private var last: UInt64?
  private var settings: Settings.Fleet?
  private var waited: UInt64?

  /// How long the backends are waited for at first, in milliseconds.
  private static let firstWait: UInt64 = 10_000

  mutating func isDue(_ view: FleetAdvisor.View, at now: UInt64) -> Bool {
    guard let last else {
      let began = waited ?? now
      waited = began
      return now >= began + Self.firstWait || !view.fleet.members.isEmpty && view.fleet.isLookedAt
    }
    return settings != view.settings
      || now >= last + UInt64(view.settings.analysisIntervalSeconds) * 1_000
  }

  /// Whether it is due still; then it is done.
  mutating func begin(_ view: FleetAdvisor.View, at now: UInt64) -> Bool {
    guard isDue(view, at: now) else { return false }
    last = now
    settings = view.settings
    return true
  }
}

extension [ModelJob] {
  /// The models that somebody unloaded on purpose after a moment (Unix seconds), by backend.
  func unloaded(after moment: Int64) -> [String: Set<String>] {
    var models: [String: Set<String>] = [:]
    for job in self where job.kind == .unload && job.cause == .command && job.state == .completed {
      guard let backend = job.source, let finished = job.finished, finished / 1_000 >= moment else {
        continue
      }
      models[backend, default: []].insert(job.model)
    }
    return models
  }
}

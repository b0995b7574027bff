import Config
import Fleet
import Net
import Telemetry

/// How long the looks at all backends took. Written by the control loop's thread, read by any.
public final class QualityTimes: Sendable {
  public let looks = Distribution(MetricTable.qualityLook)

  public init() {}
}

/// Looks at regular times at how the backends have answered, and says what new requests go by until
/// the next time. Confined to the control loop's thread.
///
/// `@unchecked Sendable`: handed over once, before its loop turns.
public final class QualityKeeper: @unchecked Sendable {
  private let loop: EventLoop
  private let current: () -> (FleetSnapshot, Settings.Quality)
  private let log: Log
  private var accounts: [ObjectIdentifier: QualityAccount] = [:]
  private var windows: [ObjectIdentifier: QualityWindow] = [:]
  private let times: QualityTimes
  private var elapsed = 0

  /// `current`: the fleet and the settings that are in force.
  public init(
    loop: EventLoop, log: Log, times: QualityTimes = QualityTimes(),
    current: @escaping @Sendable () -> (FleetSnapshot, Settings.Quality)
  ) {
    self.loop = loop
    self.times = times
    self.current = current
    self.log = log
  }

  /// Begins. Any thread.
  public func start() { loop.post { [self] in goOn() } }

  // A second at a time, so that a shorter interval holds at once.
  private func goOn() {
    loop.after(1_000) { [self] in
      elapsed += 1
      let (fleet, settings) = current()
      if elapsed >= settings.metricsIntervalSeconds {
        let began = MonotonicClock.nanoseconds()
        look(at: fleet, settings)
        times.looks.record(MonotonicClock.nanoseconds() - began)
        elapsed = 0
      }
      goOn()
    }
  }

  private func look(at fleet: FleetSnapshot, _ settings: Settings.Quality) {
    let before = accounts
    let windows = self.windows
    accounts = [:]
    self.windows = [:]
    for member in fleet.members {
      let backend = member.backend
      look(at: backend.load.quality, of: backend, nil, before, settings)
      count(backend.load.quality, windows)
      for model in member.models where model.account.quality.sums != BackendQuality.Sums() {
        look(at: model.account.quality, of: backend, model, before, settings)
      }
    }
  }

  /// `model`: nil for all models of the backend together.
  private func look(
    at quality: BackendQuality, of backend: Backend, _ model: Model?,
    _ before: [ObjectIdentifier: QualityAccount], _ settings: Settings.Quality
  ) {
    let id = ObjectIdentifier(quality)
    var account = before[id] ?? QualityAccount()
    let old = quality.figures.verdict
    let figures = account.look(
      at: quality.sums, after: Double(elapsed), threshold: settings.errorRateThreshold)
    quality.publish(figures)
    accounts[id] = account
    tell(backend, model, from: old, figures)
  }

  /// Counts the last hour and the last day of a backend.
  private func count(
    _ quality: BackendQuality, _ before: [ObjectIdentifier: QualityWindow]
  ) {
    let id = ObjectIdentifier(quality)
    var window = before[id] ?? QualityWindow()
    quality.publish(recent: window.look(at: quality.sums, now: Double(loop.now) / 1_000))
    windows[id] = window
  }

  private func tell(
    _ backend: Backend, _ model: Model?, from before: BackendQuality.Verdict,
    _ figures: BackendQuality.Figures
  ) {
    let share = "\(Int((figures.errorRate * 100).rounded()))%"
    let who = model == nil ? "backend" : "model"
    switch (before, figures.verdict) {
    case (.good, .poor):
      log.warn(
        "quality", "\(who) fails too often; others are preferred",
        ["backend": backend.name, "model": model?.id, "error_rate": share])
    case (.poor, .good), (.onTrial, .good):
      log.info(
        "quality", "\(who) answers again", ["backend": backend.name, "model": model?.id])
    default: break
    }
  }
}

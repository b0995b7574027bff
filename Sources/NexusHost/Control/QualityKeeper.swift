import Config
import Fleet
import Net
import Telemetry

/// Looks at regular times at how the backends have answered, and says what new requests go by until
/// the next time. Confined to the control loop's thread.
///
/// `@unchecked Sendable`: handed over once, before its loop turns.
public final class QualityKeeper: @unchecked Sendable {
  private let loop: EventLoop
  private let current: () -> (FleetSnapshot, Settings.Quality)
  private let log: Log
  private var accounts: [ObjectIdentifier: QualityAccount] = [:]
  private var elapsed = 0

  /// `current`: the fleet and the settings that are in force.
  public init(
    loop: EventLoop, log: Log,
    current: @escaping @Sendable () -> (FleetSnapshot, Settings.Quality)
  ) {
    self.loop = loop
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
        look(at: fleet, settings)
        elapsed = 0
      }
      goOn()
    }
  }

  private func look(at fleet: FleetSnapshot, _ settings: Settings.Quality) {
    var kept: [ObjectIdentifier: QualityAccount] = [:]
    for member in fleet.members {
      let quality = member.backend.load.quality
      var account = accounts[ObjectIdentifier(quality)] ?? QualityAccount()
      let before = quality.figures.verdict
      let figures = account.look(
        at: quality.sums, after: Double(elapsed), threshold: settings.errorRateThreshold)
      quality.publish(figures)
      kept[ObjectIdentifier(quality)] = account
      tell(member.backend, from: before, figures)
    }
    accounts = kept
  }

  private func tell(
    _ backend: Backend, from before: BackendQuality.Verdict, _ figures: BackendQuality.Figures
  ) {
    let share = "\(Int((figures.errorRate * 100).rounded()))%"
    switch (before, figures.verdict) {
    case (.good, .poor):
      log.warn(
        "quality", "backend fails too often; others are preferred",
        ["backend": backend.name, "error_rate": share])
    case (.poor, .good), (.onTrial, .good):
      log.info("quality", "backend answers again", ["backend": backend.name])
    default: break
    }
  }
}

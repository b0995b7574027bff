import Config
import Fleet
import Net
import Synchronization
import Telemetry

/// Counts how models are used, keeps that over restarts, and gives advice about what to keep in memory
/// where; loads models ahead of time if that is wanted. Methods are for any thread.
public final class FleetAdvisor: Sendable {
  private let loop: EventLoop
  private let log: Log
  private let latest = Mutex(AdviceReport(isEnabled: false, generated: 0))

  /// Makes an advisor that does nothing until `start`. Its work runs on `loop`.
  public init(loop: EventLoop, state: StateStore, log: Log) {
    self.loop = loop
    self.log = log
  }

  /// Begins to count. `view` gives what holds at the moment, on the control loop's thread.
  public func start(
    _ lifecycle: LifecycleManager,
    view: @escaping @Sendable () -> (fleet: FleetSnapshot, settings: Settings.Fleet)
  ) {}

  /// Keeps what was counted, at the end of the process.
  public func stop() {}

  /// The advice that holds now.
  public var report: AdviceReport { latest.withLock { $0 } }
}

import Drivers
import Net

/// How models are brought into memory and out of it; tests put a script in its place. Confined to
/// the control loop's thread.
public protocol ResidencyChanger: AnyObject {
  /// Has a driver load or unload a model: to its end, for `deadline` milliseconds at most, or until
  /// `scope` is interrupted. `progress` hears how far it is.
  func change(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget,
    deadline: UInt64, scope: CancelScope, progress: @escaping (JobProgress) -> Void
  ) async -> ExchangeOutcome
}

import Config
import Fleet
import Net
import Telemetry

/// Brings models into memory and out of it: takes orders, carries them out beside requests, and
/// remembers what became of them. Methods are for any thread.
public final class LifecycleManager: Sendable {
  private let loop: EventLoop
  private let log: Log

  /// Makes a manager that refuses everything until `start`. Its work runs on `loop`.
  public init(loop: EventLoop, prober: any FleetProber, log: Log) {
    self.loop = loop
    self.log = log
  }

  /// Begins to take orders for the fleet that `manager` keeps.
  public func start(_ manager: FleetManager, _ settings: Settings) {}

  /// Takes the next description of the fleet. Called with each, on the control loop's thread.
  public func follow(_ fleet: FleetSnapshot) {}

  /// Takes the rules of a new configuration.
  public func configure(_ settings: Settings) {}

  /// Cancels what is under way and takes no more orders.
  public func stop() {}

  /// Begins to load a model. `makeRoom`: whether models that are not in use may be unloaded for it.
  /// A model that is loaded already gives a job that is completed.
  public func load(
    _ model: String, on backend: String, makeRoom: Bool = false,
    cause: ModelJob.Cause = .command
  ) async throws(LifecycleError) -> ModelJob {
    throw .stopping
  }

  /// Begins to unload a model. `force`: also if requests for it are under way there.
  public func unload(
    _ model: String, on backend: String, force: Bool = false,
    cause: ModelJob.Cause = .command
  ) async throws(LifecycleError) -> ModelJob {
    throw .stopping
  }

  /// Begins to load a model on `target`, and to unload it from `source` once it is there and, if
  /// `unloadsSource`, no request for it is under way there. Until then the source serves it; if the
  /// target fails, it stays as it was.
  public func migrate(
    _ model: String, from source: String, to target: String, makeRoom: Bool = false,
    unloadsSource: Bool = true
  ) async throws(LifecycleError) -> ModelJob {
    throw .stopping
  }

  /// Ends a job: nothing further is done for it. What the server does on its own goes on.
  public func cancel(_ id: String) async throws(LifecycleError) -> ModelJob {
    throw .jobUnknown(id)
  }

  /// How a job stands; nil if it is not remembered.
  public func job(_ id: String) async -> ModelJob? { nil }

  /// The jobs that are remembered: the last hundred and all that are under way, newest first.
  public func jobs() async -> [ModelJob] { [] }

  /// Waits until a job is over, or for so many milliseconds; gives it as it is then.
  public func wait(for id: String, milliseconds: UInt64) async -> ModelJob? { nil }

  /// What is under way at a backend, for its descriptions.
  public func underWay(on backend: String) async -> ModelJob? { nil }

  /// Has a model that requests do not load by themselves (`ModelReport.needsLoad`) brought into
  /// memory for a request. Many requests at once make one job. Returns when it is there, or why not.
  public func ensureLoaded(
    _ model: Model, on backend: Backend, within milliseconds: UInt64
  ) async -> LoadOutcome { .failed("the gateway stops") }
}

/// What came of a load that a request waited for.
public enum LoadOutcome: Equatable, Sendable {
  case loaded
  /// Why it is not there, in words.
  case failed(String)
  /// It goes on, but longer than the request can wait.
  case late
}

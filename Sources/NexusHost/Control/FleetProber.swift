import Config
import Drivers
import HTTP
import Net

/// How the fleet manager reaches servers; tests put a script in its place. Confined to the control
/// loop's thread.
public protocol FleetProber: AnyObject {
  /// Runs one operation to its end, or as long as the limits allow.
  func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, limits: ProbeLimits
  ) async -> ExchangeOutcome

  /// Whether something listens there, with a good certificate if that is asked for, and takes a
  /// connection within so many milliseconds.
  func isOpen(_ endpoint: Endpoint, within milliseconds: UInt64) async -> Bool
}

/// How long a probe may take, in milliseconds.
public struct ProbeLimits: Equatable, Sendable {
  /// For each answer: `health_check.timeout_seconds`.
  public let answer: UInt64
  /// For all of them together. Some servers are asked about each of their models, one question after
  /// the other, and slow answers that all come make no server useless.
  public let total: UInt64

  private static let answers: UInt64 = 4

  public init(_ settings: Settings.HealthCheck) {
    answer = UInt64(max(1, settings.timeoutSeconds)) * 1_000
    total = answer * Self.answers
  }
}

/// Reaches servers over the network.
public final class NetworkProber: FleetProber {
  private let runner: ExchangeRunner
  private let pool: UpstreamPool
  /// Servers are silent until a model is in memory: here only the deadline of the whole counts. A
  /// pool of its own, so that the limits of probes never hold for it.
  private let slowRunner: ExchangeRunner
  private let loop: EventLoop

  /// Makes a prober whose connections live on `loop`. `id`: of the gateway that asks; nil if it is
  /// none.
  public init(loop: EventLoop, id: GatewayID? = nil) throws(NetError) {
    self.loop = loop
    pool = try UpstreamPool(loop: loop, timeouts: UpstreamTimeouts())
    runner = ExchangeRunner(loop: loop, pool: pool, id: id)
    var timeouts = UpstreamTimeouts()
    timeouts.firstByte = Self.patience
    timeouts.idle = Self.patience
    slowRunner = ExchangeRunner(
      loop: loop, pool: try UpstreamPool(loop: loop, timeouts: timeouts), id: id)
  }

  /// Longer than any load may take, in milliseconds.
  private static let patience: UInt64 = 7 * 86_400_000

  public func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, limits: ProbeLimits
  ) async -> ExchangeOutcome {
    pool.timeouts.connect = limits.answer
    pool.timeouts.firstByte = limits.answer
    pool.timeouts.idle = limits.answer
    return await runner.run(driver, operation, at: target, deadline: limits.total)
  }

  public func isOpen(_ endpoint: Endpoint, within milliseconds: UInt64) async -> Bool {
    if let address = NumericAddress(endpoint.host) {
      // Most knocks are at closed doors, and this costs a fraction of what libcurl takes.
      let isOpen = await Knock.isOpen(
        address, port: endpoint.port, within: milliseconds, loop: loop)
      guard isOpen, endpoint.scheme == .https else { return isOpen }
    }
    pool.timeouts.connect = milliseconds
    do {
      try await pool.connect(to: endpoint).close()
      return true
    } catch {
      return false
    }
  }
}

extension NetworkProber: ResidencyChanger {
  public func change(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget,
    deadline: UInt64, scope: CancelScope, progress: @escaping (JobProgress) -> Void
  ) async -> ExchangeOutcome {
    await slowRunner.run(
      driver, operation, at: target, deadline: deadline, scope: scope, progress: progress)
  }
}

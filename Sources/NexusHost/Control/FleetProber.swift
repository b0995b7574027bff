import Drivers
import HTTP
import Net

/// How the fleet manager reaches servers; tests put a script in its place. Confined to the control
/// loop's thread.
public protocol FleetProber: AnyObject {
  /// Runs one operation to its end, or for `deadline` milliseconds at most.
  func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, deadline: UInt64
  ) async -> ExchangeOutcome

  /// Whether something listens there; costs no more than a connection.
  func isOpen(_ endpoint: Endpoint) async -> Bool
}

/// Reaches servers over the network.
public final class NetworkProber: FleetProber {
  private let runner: ExchangeRunner
  private let pool: UpstreamPool

  /// Makes a prober whose connections live on `loop`.
  public init(loop: EventLoop, timeouts: UpstreamTimeouts) throws(NetError) {
    pool = try UpstreamPool(loop: loop, timeouts: timeouts)
    runner = ExchangeRunner(loop: loop, pool: pool)
  }

  public func run(
    _ driver: Driver, _ operation: DriverOperation, at target: UpstreamTarget, deadline: UInt64
  ) async -> ExchangeOutcome {
    await runner.run(driver, operation, at: target, deadline: deadline)
  }

  public func isOpen(_ endpoint: Endpoint) async -> Bool {
    do {
      try await pool.connect(to: endpoint).close()
      return true
    } catch {
      return false
    }
  }
}

import Synchronization

/// The place of the driver of one type of servers, which others may take while requests are served.
///
/// Whoever keeps a backend for long — plans, histories, jobs — keeps its seat and not the driver, so
/// that a library is unmapped when the last exchange over it has ended. Any thread; the lock is held
/// for the copying of one reference.
public final class DriverSeat: Sendable {
  private let held: Mutex<Driver?>

  /// Makes a seat and puts a driver there.
  public init(_ driver: Driver) { held = Mutex(driver) }

  /// Who sits there; nil once the driver was removed.
  public var driver: Driver? { held.withLock { $0 } }

  /// Puts another driver there, or none.
  func take(_ driver: Driver?) {
    // The one before goes outside of the lock.
    _ = held.withLock { held -> Driver? in
      let old = held
      held = driver
      return old
    }
  }
}

import Control
import Drivers
import Fleet
import Gateway
import Synchronization

/// Passes on how attempts end to the fleet manager, which is made after the workers that report.
final class LateObserver: AttemptObserver {
  private let manager = Mutex<FleetManager?>(nil)

  func connect(_ manager: FleetManager) { self.manager.withLock { $0 = manager } }

  func attemptFailed(on backend: Backend, _ failure: DriverFailure) {
    manager.withLock { $0 }?.attemptFailed(on: backend, failure)
  }

  func attemptSucceeded(on backend: Backend) {
    manager.withLock { $0 }?.attemptSucceeded(on: backend)
  }
}

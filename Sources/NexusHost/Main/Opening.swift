import Gateway
import Synchronization
import Telemetry

/// Opens the doors once: as soon as the backends have been looked at, or when that takes too long.
///
/// Connections that come earlier wait in the kernel's queue instead of hearing that no backend is
/// known. Any thread.
final class Opening: Sendable {
  private let workers: [WorkerThread]
  private let log: Log
  private let announce: @Sendable () -> Void
  private let isOpen = Atomic<Bool>(false)

  init(workers: [WorkerThread], log: Log, announce: @escaping @Sendable () -> Void) {
    self.workers = workers
    self.log = log
    self.announce = announce
  }

  /// Keeps the doors closed if they are not open yet.
  func close() { isOpen.store(true, ordering: .relaxed) }

  func open() {
    guard !isOpen.exchange(true, ordering: .relaxed) else { return }
    let log = log
    for worker in workers {
      worker.serve { error in
        log.warn("serve", "a connection could not be taken", ["reason": "\(error)"])
      }
    }
    announce()
  }
}

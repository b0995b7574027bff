import CLinux
import Glibc
import Synchronization

/// Lets a thread wait for what another one says, once.
final class StateAnswer: Sendable {
  private let signal: CInt
  private let error = Mutex<StateError?>(nil)

  init() throws(StateError) {
    signal = eventfd(0, CInt(EFD_CLOEXEC))
    guard signal >= 0 else { throw .failed("eventfd", "memory") }
  }

  deinit { close(signal) }

  func give(_ answer: StateError?) {
    error.withLock { $0 = answer }
    var one: UInt64 = 1
    _ = write(signal, &one, 8)
  }

  /// Blocks until the answer is there; nil is a good one.
  func wait() -> StateError? {
    var count: UInt64 = 0
    while read(signal, &count, 8) < 0, errno == EINTR {}
    return error.withLock { $0 }
  }
}

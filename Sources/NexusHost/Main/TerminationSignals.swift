import Glibc

/// SIGINT and SIGTERM, waited for instead of handled.
///
/// Made before any other thread, so that all threads inherit the mask and none is interrupted.
struct TerminationSignals {
  private let set: sigset_t

  init() {
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    self.set = set
  }

  /// Waits for a signal to stop. `hangUp` is called for each SIGHUP meanwhile.
  func wait(hangUp: () -> Void) {
    var set = set
    while true {
      var number: Int32 = 0
      sigwait(&set, &number)
      guard number == SIGHUP else { return }
      hangUp()
    }
  }

  /// Whether another signal came within so many milliseconds.
  func came(within milliseconds: Int) -> Bool {
    var set = set
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let number = sigtimedwait(&set, nil, &time)
    return number == SIGINT || number == SIGTERM
  }
}

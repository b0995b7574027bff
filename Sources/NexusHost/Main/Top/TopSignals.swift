import CLinux
import Glibc

/// Signals as something to wait for beside keys (signalfd(2)).
struct TopSignals {
  let fd: Int32

  private static let numbers = [
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH,
  ]

  /// Holds them back from now on. Before any other thread is made.
  init() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in Self.numbers { sigaddset(&set, number) }
    sigprocmask(SIG_BLOCK, &set, nil)
    fd = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
  }

  /// The next that has come, or nil.
  func next() -> Int32? {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    return read(fd, &info, size) == size ? Int32(bitPattern: info.ssi_signo) : nil
  }
}

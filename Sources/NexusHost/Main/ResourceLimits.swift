import CLinux
import Glibc
import Telemetry

/// What the operating system lets the process have.
enum ResourceLimits {
  /// Below this, a few hundred streams use it up: a stream takes two, one to each side.
  private static let low: UInt64 = 1_024

  /// How many files and connections a gateway of this user may have open at once.
  static var openFiles: UInt64 {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return UInt64(limit.rlim_max)
  }

  /// Raises the number of open files to what the user may have: every connection takes one.
  static func raiseOpenFiles(_ log: Log) {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    if setrlimit(resource, &limit) != 0 { limit.rlim_cur = before }
    let count = UInt64(limit.rlim_cur)
    log.debug("serve", "open files allowed", ["count": count, "before": UInt64(before)])
    guard count < low else { return }
    log.warn(
      "serve",
      "few open files are allowed, and every stream takes two; raise the limit with"
        + " 'ulimit -Hn' or LimitNOFILE= in the systemd unit",
      ["count": count])
  }
}

import Glibc
import Net

/// What systemd, or whoever started us, is told of the service's state (sd_notify(3)). Does nothing
/// if nobody asked to be told. Any thread.
struct ServiceManager: Sendable {
  private let socket: ServiceSocket?
  /// How long a sign of life may be missing before we are killed, in milliseconds; nil if nobody
  /// watches.
  let watchdogTimeout: UInt64?

  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment: they
  /// are for this process alone. For the start, before there are threads.
  static func fromEnvironment() -> ServiceManager {
    let address = take("NOTIFY_SOCKET")
    let time = take("WATCHDOG_USEC").flatMap { UInt64($0) }
    let watched = take("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
    return ServiceManager(
      socket: address.flatMap { ServiceSocket(name: $0) },
      watchdogTimeout: watched ? time.map { $0 / 1000 }.flatMap { $0 > 0 ? $0 : nil } : nil)
  }

  /// The service does its work now; also the end of a reload.
  func ready(_ status: String) { tell("READY=1\nSTATUS=\(status)") }

  /// One line for people, shown by `systemctl status`.
  func status(_ status: String) { tell("STATUS=\(status)") }

  /// The configuration is being read again; `ready` says that this is over.
  func reloading() {
    tell(
      "RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)"
        + "\nSTATUS=reading the configuration again")
  }

  /// The service stops, which may take so many milliseconds.
  func stopping(within milliseconds: UInt64) {
    tell(
      "STOPPING=1\nEXTEND_TIMEOUT_USEC=\((milliseconds + Self.margin) * 1000)"
        + "\nSTATUS=finishing the requests under way")
  }

  /// Another process does the work from now on, and is the one to watch.
  func succeeded(by process: Int32) {
    tell("MAINPID=\(process)\nSTATUS=taken over by process \(process)")
  }

  /// A sign of life.
  func beat() { tell("WATCHDOG=1") }

  private static let margin: UInt64 = 10_000

  private func tell(_ message: String) { _ = socket?.send(message) }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    defer { unsetenv(name) }
    return String(cString: value)
  }
}

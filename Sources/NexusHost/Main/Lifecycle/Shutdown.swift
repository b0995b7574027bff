import Config
import Gateway
import Glibc
import Net
import Telemetry

/// The orderly end: no new connections, time for what is under way, a clean end for the rest.
struct Shutdown {
  let workers: [WorkerThread]
  let shared: GatewayShared
  let main: MainThread
  let service: ServiceManager
  let log: Log
  /// How long requests that are under way may take, in milliseconds.
  let drainTimeout: UInt64

  /// How long clients are given to hear that the time is over.
  private static let lastWords: UInt64 = 2_000
  /// How often the open connections are counted.
  private static let step: UInt64 = 10

  /// Returns when all connections are closed or the time is over. A second signal ends the process
  /// at once, with 128 plus its number as exit code.
  func run(because signal: Int32) {
    let end = MonotonicClock.milliseconds() + drainTimeout
    service.stopping(within: drainTimeout + Self.lastWords)
    log.info(
      "serve", "stopping",
      [
        "signal": Self.name(signal), "connections": "\(openConnections)",
        "requests": "\(workers.reduce(0) { $0 + $1.requestsUnderWay })",
        "drain_timeout": "\(drainTimeout / 1000)s",
      ])
    shared.drain()
    for worker in workers { worker.drain(idle: 0, sharing: false) }
    guard !allClosed(by: end) else { return }
    log.warn(
      "serve", "the time to stop is over; telling the clients that are left",
      ["connections": "\(openConnections)"])
    for worker in workers { worker.cutOff() }
    _ = allClosed(by: MonotonicClock.milliseconds() + Self.lastWords)
  }

  private var openConnections: Int { workers.reduce(0) { $0 + $1.openConnections } }

  private func allClosed(by end: UInt64) -> Bool {
    while true {
      if workers.allSatisfy(\.isDrained) { return true }
      let now = MonotonicClock.milliseconds()
      guard now < end else { return false }
      if case .stop(let signal) = main.next(until: min(now + Self.step, end)) { abandon(signal) }
    }
  }

  private func abandon(_ signal: Int32) -> Never {
    log.warn("serve", "stopping at once", ["signal": Self.name(signal)])
    log.flush(within: 100)
    _exit(ExitCode.killed(by: signal))
  }

  private static func name(_ signal: Int32) -> String { signal == SIGINT ? "SIGINT" : "SIGTERM" }
}

import Config
import Gateway
import Glibc
import Net
import Telemetry

/// The orderly end: no new connections, time for what is under way, a clean end for the rest.
struct Shutdown {
  let workers: [WorkerThread]
  let door: FrontDoor
  let shared: GatewayShared
  let main: MainThread
  let service: ServiceManager
  let log: Log
  /// How long requests that are under way may take, in milliseconds.
  let drainTimeout: UInt64

  /// Why the process ends.
  enum Reason {
    case signal(Int32)
    /// The process of that number serves new clients.
    case successor(Int32)
  }

  /// How long clients are given to hear that the time is over.
  private static let lastWords: UInt64 = 2_000
  /// How often the open connections are counted.
  private static let step: UInt64 = 10
  /// With a successor there is no hurry: requests may take at least so long, and connections without
  /// one stay for a while, so that few are closed just when their client wants to use them.
  private static let retireTime: UInt64 = 600_000
  private static let retireIdle: UInt64 = 5_000

  /// Returns when all connections are closed or the time is over. A further signal ends the process at
  /// once, with 128 plus its number as exit code.
  func run(because reason: Reason) {
    shared.drain()
    door.close()
    switch reason {
    case .signal(let signal):
      service.stopping(within: drainTimeout + Self.lastWords)
      tell("stopping", "signal", Self.name(signal), drainTimeout)
      drain(
        within: drainTimeout, idle: 0, sharing: door.isShared)
    case .successor(let pid):
      let time = max(drainTimeout, Self.retireTime)
      service.succeeded(by: pid)
      tell("retiring", "successor", "\(pid)", time)
      drain(within: time, idle: Self.retireIdle, sharing: true)
    }
  }

  private func drain(within time: UInt64, idle: UInt64, sharing: Bool) {
    let end = MonotonicClock.milliseconds() + time
    for worker in workers { worker.drain(idle: idle, sharing: sharing) }
    guard !allClosed(by: end) else { return }
    log.warn(
      "serve", "the time to stop is over; telling the clients that are left",
      ["connections": openConnections])
    for worker in workers { worker.cutOff() }
    _ = allClosed(by: MonotonicClock.milliseconds() + Self.lastWords)
  }

  private func tell(
    _ what: String, _ cause: StaticString, _ value: String, _ time: UInt64
  ) {
    let requests = workers.reduce(0) { $0 + $1.requestsUnderWay }
    log.info(
      "serve", what,
      [
        cause: value, "connections": openConnections, "requests": requests,
        "drain_timeout": "\(time / 1000)s",
      ])
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

import Net
import Synchronization
import Telemetry

/// Tells the service manager that the process is alive, as long as it is: each loop has to have
/// turned since the last sign. One that hangs stops the signs, and the manager starts us anew.
///
/// For the main thread.
final class Watchdog {
  private struct Watched {
    let name: String
    let loop: EventLoop
    let answer = Answer()
  }

  private final class Answer: Sendable {
    let hasCome = Atomic<Bool>(true)
  }

  private let watched: [Watched]
  private let service: ServiceManager
  private let log: Log
  private let timeout: UInt64
  private var isStuck = false
  /// When `tick` is due, by `MonotonicClock`.
  private(set) var due: UInt64

  /// Nil if the manager does not watch.
  init?(_ service: ServiceManager, loops: [(name: String, loop: EventLoop)], log: Log) {
    guard let timeout = service.watchdogTimeout else { return nil }
    self.timeout = timeout
    self.service = service
    self.log = log
    watched = loops.map { Watched(name: $0.name, loop: $0.loop) }
    due = MonotonicClock.milliseconds()
  }

  /// Gives a sign of life if all loops have turned since the last one, and asks them again; looks
  /// again soon if not.
  func tick() {
    let missing = watched.filter { !$0.answer.hasCome.load(ordering: .relaxed) }
    let now = MonotonicClock.milliseconds()
    guard missing.isEmpty else {
      due = now + max(timeout / 16, 1)
      if !isStuck {
        let names = missing.map(\.name).joined(separator: ",")
        log.warn("serve", "a thread does not respond", ["thread": names])
      }
      isStuck = true
      return
    }
    isStuck = false
    due = now + max(timeout / 2, 1)
    service.beat()
    for one in watched {
      let answer = one.answer
      answer.hasCome.store(false, ordering: .relaxed)
      one.loop.post { answer.hasCome.store(true, ordering: .relaxed) }
    }
  }
}

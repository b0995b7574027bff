import CLinux
import Glibc
import Net
import Synchronization

/// Something that the main thread reacts to.
enum ProcessEvent: Sendable {
  /// SIGINT or SIGTERM: the process is to stop.
  case stop(signal: Int32)
  /// SIGHUP, or a command: the configuration is to be read again.
  case reload
  /// Another process has taken over the port, and this one is to go.
  case retire(successor: Int32)
  /// The doors are open.
  case opened
}

/// What the main thread waits for: signals from outside, and events that other threads post.
///
/// Made before any other thread, so that all threads inherit the mask and none is interrupted; a
/// signal that comes during the start is kept until somebody waits. `next` is for the thread that
/// made the object.
final class ProcessEvents: Sendable {
  private let inbox = Mutex<[ProcessEvent]>([])
  private let mainThread = pthread_self()
  /// Says that the inbox has something; from outside it does nothing.
  private static let wakeSignal = SIGUSR1

  init() {
    signal(SIGPIPE, SIG_IGN)
    var set = Self.signals
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Has `next` give this event. Any thread.
  func post(_ event: ProcessEvent) {
    inbox.withLock { $0.append(event) }
    pthread_kill(mainThread, Self.wakeSignal)
  }

  /// Waits for the next event; nil once `MonotonicClock` has reached `deadline` (milliseconds).
  func next(until deadline: UInt64? = nil) -> ProcessEvent? {
    while true {
      if let event = takePosted() { return event }
      switch nextSignal(until: deadline) {
      case SIGINT: return .stop(signal: SIGINT)
      case SIGTERM: return .stop(signal: SIGTERM)
      case SIGHUP: return .reload
      case Self.wakeSignal: continue
      default: if let deadline, MonotonicClock.milliseconds() >= deadline { return nil }
      }
    }
  }

  private func takePosted() -> ProcessEvent? {
    inbox.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// The number of the next signal, or -1 if none has come in time.
  private func nextSignal(until deadline: UInt64?) -> Int32 {
    var set = Self.signals
    guard let deadline else { return sigwaitinfo(&set, nil) }
    let now = MonotonicClock.milliseconds()
    let left = Int(deadline > now ? deadline - now : 0)
    var time = timespec(tv_sec: left / 1000, tv_nsec: left % 1000 * 1_000_000)
    return sigtimedwait(&set, nil, &time)
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP, wakeSignal] { sigaddset(&set, number) }
    return set
  }
}

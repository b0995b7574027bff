import CLinux
import Glibc

/// A thread that turns an event loop.
///
/// `@unchecked Sendable`: the handle is written once, before the object is shared.
public final class LoopThread: @unchecked Sendable {
  public let loop: EventLoop
  private var thread = pthread_t()

  /// Starts the thread; `name` (at most 15 bytes) is what tools such as top show.
  public init(name: String, loop: EventLoop) throws(NetError) {
    self.loop = loop
    // The thread takes over this reference and drops it when the loop ends.
    let context = Unmanaged.passRetained(loop)
    let mask = Self.blockSignals()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    Self.restoreSignals(mask)
    guard code == 0 else {
      context.release()
      throw .system(call: "pthread_create", errno: code)
    }
    nexus_name_thread(thread, name)
  }

  /// Signals are the main thread's business: a thread inherits that they are blocked. Those that tell
  /// faults of the thread itself stay.
  private static func blockSignals() -> sigset_t {
    var set = sigset_t()
    var before = sigset_t()
    sigfillset(&set)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { sigdelset(&set, fault) }
    pthread_sigmask(SIG_BLOCK, &set, &before)
    return before
  }

  private static func restoreSignals(_ mask: sigset_t) {
    var mask = mask
    pthread_sigmask(SIG_SETMASK, &mask, nil)
  }

  /// Waits for the thread after `loop.stop()`.
  public func join() { pthread_join(thread, nil) }
}

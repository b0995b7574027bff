import CLinux
import Glibc

/// Work that blocks its thread, such as asking the resolver, done beside an event loop. For commands:
/// each call starts a thread of its own.
public enum BlockingWork {
  /// Runs `work` on a new thread and gives back its result.
  public static func run<Value: Sendable>(
    _ work: @escaping @Sendable () -> Value
  ) async -> Value {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Value, Never>) in
      start { continuation.resume(returning: work()) }
    }
  }

  private final class Job: Sendable {
    let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) { self.action = action }
  }

  private static func start(_ action: @escaping @Sendable () -> Void) {
    // The thread takes over this reference.
    let job = Unmanaged.passRetained(Job(action))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Job>.fromOpaque(context).takeRetainedValue().action()
        return nil
      }, job.toOpaque())
    guard code == 0 else {
      // Without a thread it is done here: late, but done.
      job.takeRetainedValue().action()
      return
    }
    pthread_detach(thread)
  }
}

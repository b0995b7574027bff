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
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw .system(call: "pthread_create", errno: code)
    }
    nexus_name_thread(thread, name)
  }

  /// Waits for the thread after `loop.stop()`.
  public func join() { pthread_join(thread, nil) }
}

import CAvahi
import Glibc

/// What libavahi calls its event loop (`AvahiPoll` of avahi-common/watch.h), done by ours: neither
/// a thread nor a loop of its own.
///
/// Confined to the loop's thread. It must outlive the client that was made with it. Unsafe code: the
/// interface is a table of C functions that pass contexts as addresses.
final class AvahiPollBridge {
  /// The table that libavahi takes.
  let api: UnsafeMutablePointer<AvahiPoll>
  fileprivate let loop: EventLoop

  init(loop: EventLoop) {
    self.loop = loop
    api = .allocate(capacity: 1)
    api.initialize(to: AvahiPoll())
    api.pointee.userdata = Unmanaged.passUnretained(self).toOpaque()
    setWatchFunctions()
    setTimeoutFunctions()
  }

  deinit { api.deallocate() }

  private func setWatchFunctions() {
    api.pointee.watch_new = { api, fd, events, callback, context in
      guard let bridge = AvahiPollBridge.of(api), let callback else { return nil }
      let watch = PollWatch(loop: bridge.loop, fd: fd, callback: callback, context: context)
      guard watch.start(events) else { return nil }
      return OpaquePointer(Unmanaged.passRetained(watch).toOpaque())
    }
    api.pointee.watch_update = { PollWatch.of($0)?.takeUnretainedValue().update($1) }
    api.pointee.watch_get_events = {
      PollWatch.of($0)?.takeUnretainedValue().happened ?? AvahiWatchEvent(rawValue: 0)
    }
    api.pointee.watch_free = { PollWatch.of($0)?.takeRetainedValue().stop() }
  }

  private func setTimeoutFunctions() {
    api.pointee.timeout_new = { api, deadline, callback, context in
      guard let bridge = AvahiPollBridge.of(api), let callback else { return nil }
      let timeout = PollTimeout(loop: bridge.loop, callback: callback, context: context)
      timeout.update(deadline?.pointee)
      return OpaquePointer(Unmanaged.passRetained(timeout).toOpaque())
    }
    api.pointee.timeout_update = { PollTimeout.of($0)?.takeUnretainedValue().update($1?.pointee) }
    api.pointee.timeout_free = { PollTimeout.of($0)?.takeRetainedValue().stop() }
  }

  private static func of(_ api: UnsafePointer<AvahiPoll>?) -> AvahiPollBridge? {
    guard let context = api?.pointee.userdata else { return nil }
    return Unmanaged<AvahiPollBridge>.fromOpaque(context).takeUnretainedValue()
  }
}

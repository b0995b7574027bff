import Config
import Net
import Telemetry

/// This gateway's one connection to the avahi-daemon: made when something is first to be browsed or
/// announced, and kept from then on.
///
/// Methods are for any thread, except where they say otherwise.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class LocalNetwork: ServiceBrowsing, @unchecked Sendable {
  private let loop: EventLoop
  private let announcer: Announcer
  private let log: Log
  private let heard: (ServiceEvent) -> Void
  private var settings: Settings.Discovery
  private var directory: ServiceDirectory?
  /// Whether clients are to come: the doors are open, and the gateway does not stop.
  private var isPresent = false
  private var isStopped = false

  /// `heard` is called on the control loop's thread with whatever is heard.
  public init(
    loop: EventLoop, announcer: Announcer, settings: Settings.Discovery, log: Log,
    heard: @escaping @Sendable (ServiceEvent) -> Void
  ) {
    self.loop = loop
    self.announcer = announcer
    self.settings = settings
    self.log = log
    self.heard = heard
  }

  /// Announces the gateway, if that is wanted, after so many milliseconds.
  public func appear(after milliseconds: UInt64) {
    loop.post { [self] in
      loop.after(milliseconds) { [self] in
        isPresent = true
        announce()
      }
    }
  }

  /// Withdraws the announcement for good.
  public func disappear() {
    loop.post { [self] in
      isPresent = false
      announce()
    }
  }

  /// Ends browsing and announcing.
  public func stop() {
    loop.post { [self] in
      isStopped = true
      directory?.stop()
      directory = nil
    }
  }

  /// Goes by these settings. Control loop's thread.
  public func follow(_ settings: Settings.Discovery) {
    self.settings = settings
    announce()
  }

  /// Browses these types and no others. Control loop's thread.
  public func browse(_ types: [String]) {
    connection(needed: !types.isEmpty)?.browse(types)
  }

  private func announce() {
    let announcement = isPresent ? announcer.announcement(settings) : nil
    connection(needed: announcement != nil)?.announce(announcement)
  }

  private func connection(needed: Bool) -> ServiceDirectory? {
    if directory == nil, needed, !isStopped {
      directory = ServiceDirectory(loop: loop) { [weak self] event in
        guard let self else { return }
        announcer.note(event, in: log)
        heard(event)
      }
    }
    return directory
  }
}

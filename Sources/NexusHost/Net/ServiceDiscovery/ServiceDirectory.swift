import CAvahi

/// Services in the local network (mDNS, DNS-SD: RFC 6762 and 6763), found and announced by the
/// avahi-daemon of this machine through libavahi-client.
///
/// The daemon may be absent, start later, restart or vanish: `unavailable` is told once, what was
/// found stays as it is, and when the daemon is back, so is everything that was wanted; what does not
/// come back with it is `lost` then.
///
/// Confined to the thread of its loop, events included; they are told between calls, never from
/// within one, so a listener may call any method. libavahi asks the daemon over D-Bus and waits for
/// the answer (microseconds while the daemon is well, up to 25 s when it hangs): this belongs on the
/// control loop and on no loop that serves requests.
public final class ServiceDirectory {
  /// Announcements that are followed at most; further ones are ignored. The daemon's own limit is
  /// 1,024 objects per program (objects-per-client-max).
  private static let limit = 1_024
  /// Milliseconds until what the daemon refused or did not find is asked again.
  private static let mendDelay: UInt64 = 10_000

  private let loop: EventLoop
  private let poll: AvahiPollBridge
  private var onEvent: ((ServiceEvent) -> Void)?
  private var client: OpaquePointer?
  /// Whether the daemon answers over `client`; nil before anything was told about it.
  private var isUp: Bool?
  private var types: [String] = []
  private var browsers: [String: ServiceBrowser] = [:]
  private var book = ServiceBook()
  private var reconnectDelay = ReconnectDelay()
  private var untold: [ServiceEvent] = []
  private var telling: Timed?
  private var reconnecting: Timed?
  private var mending: Timed?
  private let announcer = ServiceAnnouncer()

  /// Connects; `onEvent` is called on the loop's thread, until `stop()`.
  public init(loop: EventLoop, onEvent: @escaping (ServiceEvent) -> Void) {
    self.loop = loop
    self.onEvent = onEvent
    poll = AvahiPollBridge(loop: loop)
    announcer.directory = self
    connect()
  }

  deinit { stop() }

  /// Browses for these types ("_ollama._tcp") instead of those before; none ends the browsing. What
  /// was found of a type that is no longer browsed is `lost`. What is no type is ignored.
  public func browse(_ types: [String]) {
    guard onEvent != nil else { return }
    let wanted = types.filter { avahi_is_valid_service_type_strict($0) != 0 }
    for type in Set(self.types).subtracting(wanted) {
      browsers.removeValue(forKey: type)?.stop()
      for instance in book.instances(of: type) { lose(instance) }
    }
    self.types = wanted
    startBrowsers()
  }

  /// Announces this instead of what was announced before; nil withdraws it. Answered by `announced`
  /// or `notAnnounced` when it is another announcement than before.
  public func announce(_ announcement: ServiceAnnouncement?) {
    guard onEvent != nil else { return }
    announcer.announce(announcement)
  }

  /// Withdraws the announcement and frees everything; no event comes afterwards.
  public func stop() {
    guard onEvent != nil else { return }
    onEvent = nil
    untold = []
    for timer in [telling, reconnecting] { if let timer { loop.cancelExpiry(timer) } }
    telling = nil
    reconnecting = nil
    disconnect()
  }

  // MARK: Connection

  private func connect() {
    var code: Int32 = 0
    client = avahi_client_new(
      poll.api, AVAHI_CLIENT_NO_FAIL,
      { client, state, context in
        guard let context else { return }
        let directory = Unmanaged<ServiceDirectory>.fromOpaque(context).takeUnretainedValue()
        // The first state comes before the client is ours; it is asked for below.
        if client == directory.client { directory.on(state) }
      }, Unmanaged.passUnretained(self).toOpaque(), &code)
    if let client { on(avahi_client_get_state(client)) } else { fail(code) }
  }

  private func disconnect() {
    if let mending { loop.cancelExpiry(mending) }
    mending = nil
    announcer.forget()
    // It frees the browsers, resolvers and the group of libavahi too.
    if let client { avahi_client_free(client) }
    client = nil
    browsers = [:]
  }

  private func on(_ state: AvahiClientState) {
    guard let client else { return }
    switch state {
    case AVAHI_CLIENT_S_RUNNING:
      becomeAvailable()
      announcer.daemonRuns(client)
    case AVAHI_CLIENT_S_REGISTERING, AVAHI_CLIENT_S_COLLISION:
      becomeAvailable()
      announcer.daemonRenames()
    case AVAHI_CLIENT_CONNECTING: becomeUnavailable("avahi-daemon does not run")
    default: fail(avahi_client_errno(client))
    }
  }

  private func becomeAvailable() {
    guard isUp != true else { return }
    isUp = true
    reconnectDelay.reset()
    tell(.available)
    startBrowsers()
  }

  private func becomeUnavailable(_ reason: String) {
    guard isUp != false else { return }
    isUp = false
    tell(.unavailable(reason))
  }

  /// The connection is of no more use. Its client is freed later: this may be a callback of it.
  private func fail(_ code: Int32) {
    becomeUnavailable(Self.words(code))
    guard reconnecting == nil else { return }
    reconnecting = loop.after(reconnectDelay.next()) { [weak self] in
      guard let self else { return }
      reconnecting = nil
      disconnect()
      connect()
    }
  }

  private static func words(_ code: Int32) -> String {
    switch Int(code) {
    // With AVAHI_CLIENT_NO_FAIL the daemon that is said to be missing is that of D-Bus.
    case Int(AVAHI_ERR_DBUS_ERROR), Int(AVAHI_ERR_NO_DAEMON): "the D-Bus system bus does not answer"
    case Int(AVAHI_ERR_DISCONNECTED): "avahi-daemon has gone"
    default: String(cString: avahi_strerror(code))
    }
  }

  // MARK: Browsing

  private func startBrowsers() {
    guard isUp == true, let client else { return }
    for type in types where browsers[type] == nil {
      let browser = ServiceBrowser(
        type: type, known: book.instances(of: type), client: client, directory: self)
      browsers[type] = browser
      browser.mend()
    }
  }

  /// Whether one more announcement is followed.
  var hasRoom: Bool { browsers.values.reduce(0) { $0 + $1.count } < Self.limit }

  /// Has what failed tried again in a while.
  func mendLater() {
    guard mending == nil, isUp == true else { return }
    mending = loop.after(Self.mendDelay) { [weak self] in
      guard let self else { return }
      mending = nil
      for browser in browsers.values { browser.mend() }
    }
  }

  // MARK: Telling

  /// An announcement says this.
  func hear(_ service: ResolvedService) {
    if let event = book.found(service) { tell(event) }
  }

  /// An announcement has gone.
  func lose(_ instance: ServiceInstance) {
    if let event = book.lost(instance) { tell(event) }
  }

  /// Tells an event when the present call has returned.
  func tell(_ event: ServiceEvent) {
    guard onEvent != nil else { return }
    untold.append(event)
    guard telling == nil else { return }
    telling = loop.after(0) { [weak self] in self?.tellAll() }
  }

  private func tellAll() {
    telling = nil
    let events = untold
    untold = []
    for event in events { onEvent?(event) }
  }
}

import CAvahi

/// The announcements of one type, for as long as a connection to the daemon lasts.
final class ServiceBrowser {
  private let type: String
  private let client: OpaquePointer
  private weak var directory: ServiceDirectory?
  private var handle: OpaquePointer?
  private var resolvers: [ServiceInstance: ServiceResolver] = [:]
  /// Told over an earlier connection, and not seen yet over this one.
  private var unconfirmed: Set<ServiceInstance>

  init(
    type: String, known: Set<ServiceInstance>, client: OpaquePointer, directory: ServiceDirectory
  ) {
    self.type = type
    self.client = client
    self.directory = directory
    unconfirmed = known
  }

  /// Announcements that are being followed.
  var count: Int { resolvers.count }

  /// Starts what does not run: the browsing itself, and questions that failed.
  func mend() {
    if handle == nil { handle = start() }
    guard handle != nil else { directory?.mendLater(); return }
    for resolver in resolvers.values where !resolver.isRunning {
      guard resolver.start() else { directory?.mendLater(); return }
    }
  }

  /// Ends the browsing.
  func stop() {
    for resolver in resolvers.values { resolver.stop() }
    resolvers = [:]
    if let handle { avahi_service_browser_free(handle) }
    handle = nil
  }

  private func start() -> OpaquePointer? {
    avahi_service_browser_new(
      client, AvahiIfIndex(AVAHI_IF_UNSPEC), AvahiProtocol(AVAHI_PROTO_UNSPEC), type, nil,
      AvahiLookupFlags(rawValue: 0),
      { _, interface, family, event, name, _, domain, flags, context in
        guard let context else { return }
        let browser = Unmanaged<ServiceBrowser>.fromOpaque(context).takeUnretainedValue()
        guard let name, let domain else { return browser.on(event) }
        browser.on(
          event,
          ServiceInstance(
            interface: interface, isIPv6: family == AVAHI_PROTO_INET6, name: String(cString: name),
            type: browser.type, domain: String(cString: domain)),
          isOwn: flags.rawValue & AVAHI_LOOKUP_RESULT_OUR_OWN.rawValue != 0)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func on(_ event: AvahiBrowserEvent) {
    switch event {
    case AVAHI_BROWSER_ALL_FOR_NOW:
      for instance in unconfirmed { directory?.lose(instance) }
      unconfirmed = []
    case AVAHI_BROWSER_FAILURE:
      unconfirmed.formUnion(resolvers.keys)
      stop()
      directory?.mendLater()
    default: break
    }
  }

  private func on(_ event: AvahiBrowserEvent, _ instance: ServiceInstance, isOwn: Bool) {
    switch event {
    case AVAHI_BROWSER_NEW: add(instance, isOwn: isOwn)
    case AVAHI_BROWSER_REMOVE:
      unconfirmed.remove(instance)
      resolvers.removeValue(forKey: instance)?.stop()
      directory?.lose(instance)
    default: on(event)
    }
  }

  private func add(_ instance: ServiceInstance, isOwn: Bool) {
    guard let directory else { return }
    unconfirmed.remove(instance)
    if resolvers[instance] == nil {
      guard directory.hasRoom else { return directory.lose(instance) }
      resolvers[instance] = ServiceResolver(
        instance, isOwn: isOwn, client: client, directory: directory)
    }
    guard let resolver = resolvers[instance], !resolver.isRunning else { return }
    if !resolver.start() { directory.mendLater() }
  }
}

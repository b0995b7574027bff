import Net

/// What is announced in the local network, gathered by server: the same one is heard of on every
/// interface, over IPv4 and IPv6, and maybe as several services.
struct Announcements {
  /// The announcements of one server.
  struct Group {
    let number: Int
    /// In the order of their coming.
    var services: [ResolvedService]
  }

  /// What an event has changed.
  enum Change: Equatable {
    /// A group is new, or its server is reached in other ways.
    case changed(Int)
    /// Nothing announces that server any more.
    case gone(Int)
    case available
    case unavailable(String)
  }

  private(set) var groups: [Group] = []
  private var lastNumber = 0
  /// Whether it was said that there is no daemon.
  private var isUnavailable = false
  /// Heard before the daemon went away, and not again since.
  private var unconfirmed: Set<ServiceInstance> = []
  /// When what was not heard again counts as withdrawn, if there is such.
  private(set) var deadline: UInt64?

  /// Announcements that are kept at once: anybody can send them.
  static let limit = 1_024
  /// How long a daemon that came back takes to hear everybody, in milliseconds.
  static let silence: UInt64 = 10_000

  func group(_ number: Int) -> Group? { groups.first { $0.number == number } }

  mutating func on(_ event: ServiceEvent, now: UInt64) -> [Change] {
    switch event {
    case .available:
      if !unconfirmed.isEmpty { deadline = now + Self.silence }
      defer { isUnavailable = false }
      return isUnavailable ? [.available] : []
    case .unavailable(let why):
      unconfirmed = Set(groups.flatMap { $0.services.map(\.instance) })
      deadline = nil
      defer { isUnavailable = true }
      return isUnavailable ? [] : [.unavailable(why)]
    case .found(let service): return service.isOwn ? [] : found(service)
    case .lost(let instance): return lost(instance)
    case .announced, .notAnnounced: return []
    }
  }

  /// Withdraws what a daemon that came back has not heard again.
  mutating func expire(now: UInt64) -> [Change] {
    guard let deadline, deadline <= now else { return [] }
    self.deadline = nil
    let silent = unconfirmed.sorted { "\($0)" < "\($1)" }
    unconfirmed = []
    return silent.flatMap { lost($0) }
  }

  /// Forgets announcements of services that nobody wants to hear of.
  mutating func keep(_ isWanted: (ResolvedService) -> Bool) {
    for index in groups.indices { groups[index].services.removeAll { !isWanted($0) } }
    groups.removeAll { $0.services.isEmpty }
  }

  private mutating func found(_ service: ResolvedService) -> [Change] {
    let instance = service.instance
    unconfirmed.remove(instance)
    let former = groups.firstIndex { $0.services.contains { $0.instance == instance } }
    if let former, groups[former].services.contains(service) { return [] }
    guard former != nil || groups.reduce(0, { $0 + $1.services.count }) < Self.limit else {
      return []
    }
    // The same server by its name, which stays when it moves, or by where it is.
    let home =
      groups.firstIndex { $0.services.contains { $0.instance.isNamed(as: instance) } }
      ?? groups.firstIndex { group in
        group.services.contains { $0.host == service.host && $0.port == service.port }
      }
    if let home {
      // What moved is reached where it is now, whatever has been said on other interfaces.
      groups[home].services.removeAll {
        $0.instance == instance || $0.instance.isNamed(as: instance) && $0.port != service.port
      }
      groups[home].services.append(service)
      return [.changed(groups[home].number)]
    }
    lastNumber += 1
    groups.append(Group(number: lastNumber, services: [service]))
    return [.changed(lastNumber)]
  }

  private mutating func lost(_ instance: ServiceInstance) -> [Change] {
    unconfirmed.remove(instance)
    guard let index = groups.firstIndex(where: { $0.services.contains { $0.instance == instance } })
    else { return [] }
    let number = groups[index].number
    groups[index].services.removeAll { $0.instance == instance }
    guard groups[index].services.isEmpty else { return [.changed(number)] }
    groups.remove(at: index)
    return [.gone(number)]
  }
}

extension ServiceInstance {
  /// Whether both are the same name, on whatever interface it was heard.
  fileprivate func isNamed(as other: ServiceInstance) -> Bool {
    name == other.name && type == other.type && domain == other.domain
  }
}

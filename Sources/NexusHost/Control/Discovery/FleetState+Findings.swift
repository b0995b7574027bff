import Config
import Drivers
import Fleet
import HTTP
import Net

// What becomes of backends that were found: new ones, ones that move, are withdrawn or forgotten.
extension FleetState {
  /// A server that nobody knew becomes a backend.
  mutating func welcome(
    _ way: Way, _ lead: Lead, _ identity: ServerIdentity, _ kind: BackendKind, now: UInt64
  ) {
    var settings = Settings.Backend(
      name: freeName(lead, kind.type, way), endpoint: way.endpoint)
    discovery.plan.trust.first { $0.holds(name: settings.name, way) }?.apply(to: &settings)
    let backend = Backend(settings, kind: kind, source: .discovered)
    var record = newRecord(backend, now: now)
    record.finding = Finding(leads: [lead], way: way)
    record.serverVersion = identity.serverVersion
    record.isConfirmed = true
    records.append(record)
    actions.append(
      .tell(
        .found(
          name: backend.name, type: kind.type, url: backend.endpoint.url, zone: backend.zone)))
  }

  /// A server is reached another way from now on.
  mutating func move(
    _ index: Int, to way: Way, _ identity: ServerIdentity, _ driver: Driver, now: UInt64
  ) {
    let name = records[index].backend.name
    let old = records[index].backend.endpoint.url
    records[index].finding?.way = way
    judgeTrust(index)
    actions.append(.tell(.moved(name: name, from: old, to: way.endpoint.url)))
    become(index, identity, driver)
    records[index].schedule.probeNow(now: now)
  }

  /// Describes a found backend by the way on which it is reached now and the tables that say what is
  /// trusted now.
  mutating func judgeTrust(_ index: Int) {
    guard let way = records[index].finding?.way else { return }
    let backend = records[index].backend
    var settings = Settings.Backend(name: backend.name, endpoint: way.endpoint)
    discovery.plan.trust.first { $0.holds(name: backend.name, way) }?.apply(to: &settings)
    guard settings != backend.settings else { return }
    records[index].backend = backend.described(by: settings, source: .discovered)
    records[index].member = nil
  }

  /// The announced name, or the type with as much of the address as tells it apart.
  private func freeName(_ lead: Lead, _ type: String, _ way: Way) -> String {
    let names =
      switch lead {
      case .port(let port): [type, "\(type)-\(port)"]
      case .scanned(let address, let port): ["\(type)-\(address)", "\(type)-\(address)-\(port)"]
      case .announced: [discovery.announcedName(lead) ?? type]
      }
    let taken = Set(records.map(\.backend.id))
    func isFree(_ name: String) -> Bool { !taken.contains(Backend.identifier(for: name)) }
    if let name = names.first(where: isFree) { return name }
    let last = names.last ?? type
    var number = 2
    while !isFree("\(last)-\(number)") { number += 1 }
    return "\(last)-\(number)"
  }

  /// Something says that a found backend is there.
  mutating func confirm(_ index: Int, _ lead: Lead, now: UInt64) {
    let wasWithdrawn = records[index].finding?.leads.isEmpty == true
    guard records[index].finding?.leads.insert(lead).inserted == true, wasWithdrawn else { return }
    records[index].finding?.removal = nil
    records[index].health.failuresToFall = healthCheck.failureThreshold
    records[index].schedule.probeNow(now: now)
  }

  /// Whether somebody named a backend at one of the places.
  func isNamed(_ places: Set<Place>) -> Bool {
    records.contains { record in
      record.finding == nil
        && discovery.places(of: record.backend.endpoint).contains { places.contains($0) }
    }
  }

  /// What was found gives way to what somebody named at the same place.
  mutating func yieldToNamed(now: UInt64) {
    for index in records.indices.reversed() {
      guard let place = records[index].finding?.way.place, isNamed([place]) else { continue }
      letGo(records.remove(at: index), now: now)
    }
  }

  /// Whether a found backend is one that the plan of discovery still leads to.
  func isStillSought(_ record: FleetRecord) -> Bool {
    guard let finding = record.finding, discovery.plan.isLooking else { return false }
    let leads = finding.leads.filter(discovery.isWanted)
    guard !finding.leads.isEmpty else { return true }
    return leads.contains { discovery.ways($0).contains { $0.endpoint == finding.way.endpoint } }
  }
}

// MARK: - Announcements and grace

extension FleetState {
  /// Takes what is heard from the network.
  mutating func heard(_ event: ServiceEvent, now: UInt64) {
    if case .found(let service) = event, discovery.plan.services[service.instance.type] == nil {
      return
    }
    for change in discovery.announcements.on(event, now: now) { take(change, now: now) }
  }

  mutating func take(_ change: Announcements.Change, now: UInt64) {
    switch change {
    case .changed(let number):
      let lead = Lead.announced(number)
      // What a look that is under way finds out may be of yesterday.
      discovery.looks[lead] = nil
      discovery.rests[lead] = Rest(overAt: now)
    case .gone(let number): withdraw(.announced(number), now: now)
    case .available: actions.append(.tell(.networkHeard))
    case .unavailable(let why):
      if !discovery.plan.services.isEmpty { actions.append(.tell(.networkSilent(why: why))) }
    }
  }

  /// Nothing announces a server any more. It may be that only the announcement ended, so it is looked
  /// at; one failure is enough then.
  private mutating func withdraw(_ lead: Lead, now: UInt64) {
    discovery.looks[lead] = nil
    discovery.rests[lead] = nil
    for index in records.indices {
      guard records[index].finding?.leads.remove(lead) != nil,
        records[index].finding?.leads.isEmpty == true
      else { continue }
      let backend = records[index].backend
      records[index].finding?.removal = now + discovery.plan.grace
      records[index].health.failuresToFall = 1
      records[index].schedule.probeNow(now: now)
      actions.append(.tell(.withdrawn(name: backend.name, url: backend.endpoint.url)))
    }
  }

  /// Forgets what was withdrawn, or is down and announced by nobody, for long enough.
  mutating func endGrace(_ now: UInt64) {
    for index in records.indices.reversed() {
      guard let finding = records[index].finding else { continue }
      if !finding.leads.isEmpty {
        let isGone = !finding.isAnnounced && records[index].health.state == .down
        let removal = isGone ? finding.removal ?? now + discovery.plan.grace : nil
        records[index].finding?.removal = removal
      }
      guard let removal = records[index].finding?.removal, removal <= now else { continue }
      let backend = records.remove(at: index).backend
      emptying.removeAll { $0.load === backend.load }
      actions.append(.tell(.forgotten(name: backend.name, url: backend.endpoint.url)))
      watchEmptying(backend, isRemoved: true, now: now)
    }
  }
}

// MARK: - Names of hosts

extension FleetState {
  /// Asks what the host names of named backends stand for. Until that is known nothing is looked for:
  /// a server would be found that somebody named.
  mutating func askForNames(_ now: UInt64) {
    discovery.heldUntil = nil
    var used: Set<String> = []
    for record in records where record.finding == nil {
      let endpoint = record.backend.endpoint
      guard NumericAddress(endpoint.host) == nil, !endpoint.isLoopback else { continue }
      let name = endpoint.host
      guard used.insert(name).inserted else { continue }
      if let known = discovery.names[name] {
        if known.addresses == nil, known.due > now {
          discovery.heldUntil = max(discovery.heldUntil ?? 0, known.due)
        }
        guard known.addresses != nil, known.due <= now else { continue }
        discovery.names[name]?.ask(now: now)
      } else {
        let asked = ResolvedName(now: now)
        discovery.names[name] = asked
        discovery.heldUntil = max(discovery.heldUntil ?? 0, asked.due)
      }
      actions.append(.resolve(name))
    }
    if used.count < discovery.names.count {
      discovery.names = discovery.names.filter { used.contains($0.key) }
    }
  }
}

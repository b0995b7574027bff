import Config
import Drivers
import Fleet
import HTTP
import Net

// How servers that nobody named are found: a lead is followed by a knock, what answers is asked what
// it is, and what is recognised becomes a backend.
extension FleetState {
  /// Begins the looks that are due.
  mutating func startDueLooks(_ now: UInt64) {
    guard discovery.plan.isLooking, !identifiers.isEmpty else { return }
    for change in discovery.announcements.expire(now: now) { take(change, now: now) }
    askForNames(now)
    guard discovery.heldUntil == nil else { return }
    let isRound = discovery.nextRound <= now
    if isRound {
      discovery.nextRound = now + DiscoveryState.round
      for port in discovery.plan.ports { follow(.port(port), now: now) }
    }
    for lead in discovery.dueAnnouncements(now, isRound: isRound) where discovery.hasRoom {
      follow(lead, now: now)
    }
    let addresses = discovery.scan.take(
      now: now, busy: discovery.busy, interval: roundInterval * Self.intervalsPerScan)
    for lead in addresses { follow(lead, now: now) }
  }

  /// Rounds over the addresses to look at are that much rarer than looks at a healthy backend.
  private static let intervalsPerScan: UInt64 = 10

  /// Follows a lead, unless that is under way, leads to what is known, or led nowhere a moment ago.
  private mutating func follow(_ lead: Lead, now: UInt64) {
    guard discovery.looks[lead] == nil, discovery.rests[lead].map({ $0.until <= now }) ?? true
    else { return }
    let ways = waysToTry(lead, now: now)
    guard let first = ways.first else {
      discovery.rests[lead] = nil
      return
    }
    actions.append(.knock(discovery.newLook(lead, ways).id, first.endpoint))
  }

  /// The ways on which a server would be news: any if none is known there; else better ones than the
  /// one that is used, or all others if that leads nowhere.
  private mutating func waysToTry(_ lead: Lead, now: UInt64) -> [Way] {
    let ways = discovery.ways(lead)
    let places = Set(ways.map(\.place))
    guard !isNamed(places) else { return [] }
    let known = records.indices.filter { index in
      records[index].finding.map { $0.leads.contains(lead) || places.contains($0.way.place) }
        ?? false
    }
    guard let index = known.first, !ways.isEmpty else { return ways }
    // Found apart, they turn out to be one.
    for other in known.dropFirst().reversed() { letGo(records.remove(at: other), now: now) }
    confirm(index, lead, now: now)
    guard let finding = records[index].finding else { return [] }
    let isLost =
      records[index].health.state == .down
      || !finding.leads.contains {
        discovery.ways($0).contains { $0.endpoint == finding.way.endpoint }
      }
    return ways.filter {
      $0.endpoint != finding.way.endpoint && (isLost || $0.rank < finding.way.rank)
    }
  }

  /// Something listens there, or nothing does.
  mutating func knocked(_ id: Look.ID, isOpen: Bool, now: UInt64) {
    guard var look = discovery.looks[id.lead], look.id == id, look.identification == nil,
      let way = look.ways.first
    else { return }
    guard isOpen else { return goOn(look, wasOpen: way.endpoint.scheme == .https, now: now) }
    look.identification = Identification(remaining: identifiers.count, hint: look.hint)
    discovery.looks[id.lead] = look
    actions.append(.identify(.place(id), UpstreamTarget(endpoint: way.endpoint).asDiscovery))
  }

  /// A driver has said what was found.
  mutating func identified(
    _ id: Look.ID, _ order: Int, _ outcome: ExchangeOutcome, now: UInt64
  ) {
    guard var look = discovery.looks[id.lead], look.id == id,
      var identification = look.identification, identifiers.indices.contains(order),
      let way = look.ways.first
    else { return }
    identification.take(outcome, from: identifiers[order], order: order)
    look.identification = identification
    discovery.looks[id.lead] = look
    guard identification.remaining == 0 else { return }
    // Most programs that listen somewhere are no model servers, so nothing is said of them.
    guard let best = identification.best else { return goOn(look, wasOpen: true, now: now) }
    let kind = kind(best.identity.backendType, best.driver)
    if case .announced = id.lead, Backend.isCloud(kind) {
      return goOn(look, wasOpen: true, now: now)
    }
    discovery.looks[id.lead] = nil
    discovery.rests[id.lead] = nil
    // It may have been found otherwise, or named, since the question.
    guard waysToTry(id.lead, now: now).contains(way) else { return }
    if let index = records.firstIndex(where: { $0.finding?.leads.contains(id.lead) == true }) {
      move(index, to: way, best.identity, best.driver, now: now)
    } else {
      welcome(way, id.lead, best.identity, kind, now: now)
    }
  }

  /// Tries the next way, or ends the look.
  private mutating func goOn(_ look: Look, wasOpen: Bool, now: UInt64) {
    let lead = look.id.lead
    var look = look
    look.ways.removeFirst()
    look.wasOpen = look.wasOpen || wasOpen
    look.identification = nil
    if let next = look.ways.first {
      discovery.looks[lead] = look
      actions.append(.knock(look.id, next.endpoint))
      return
    }
    discovery.looks[lead] = nil
    switch lead {
    case .scanned: break
    case .port where !look.wasOpen: discovery.rests[lead] = nil
    case .port, .announced:
      discovery.rests[lead]?.again(now: now)
      if discovery.rests[lead] == nil { discovery.rests[lead] = Rest(now: now) }
    }
  }
}

import Config
import Drivers
import Fleet
import HTTP

// How servers are recognised: every driver is asked, and the most certain answer wins.
extension FleetState {
  /// Something listens on a port, or nothing does.
  mutating func knocked(_ port: UInt16, isOpen: Bool) {
    guard isOpen, ports.contains(port) else {
      busyPorts[port] = nil
      return
    }
    busyPorts[port] = .asking(Identification(remaining: identifiers.count))
    let target = UpstreamTarget(endpoint: Self.endpoint(port)).asDiscovery
    actions.append(.identify(.port(port), target))
  }

  /// A driver has said what listens on a port.
  mutating func identified(
    port: UInt16, _ order: Int, _ outcome: ExchangeOutcome, now: UInt64
  ) {
    guard case .asking(var identification) = busyPorts[port], identifiers.indices.contains(order)
    else { return }
    identification.take(outcome, from: identifiers[order], order: order)
    busyPorts[port] = .asking(identification)
    guard identification.remaining == 0 else { return }
    busyPorts[port] = nil
    // Most programs that listen somewhere are no model servers, so nothing is said of them; and ports
    // may have been ruled out since the question.
    guard let best = identification.best, ports.contains(port), !isKnown(port) else { return }
    let type = best.identity.backendType
    let backend = Backend(
      Settings.Backend(name: freeName(type, port), endpoint: Self.endpoint(port)),
      kind: BackendKind(type: type, driver: best.driver), source: .discovered)
    var record = newRecord(backend, now: now)
    record.serverVersion = best.identity.serverVersion
    records.append(record)
    actions.append(.tell(.found(name: backend.name, type: type, url: backend.endpoint.url)))
  }

  private func freeName(_ type: String, _ port: UInt16) -> String {
    let isTaken = records.contains { $0.backend.name == type }
    return isTaken ? "\(type)-\(port)" : type
  }

  /// A driver has said what a named backend is.
  mutating func identified(
    _ id: RecordID, _ order: Int, _ outcome: ExchangeOutcome, now: UInt64
  ) {
    guard let index = place(of: id), identifiers.indices.contains(order),
      records[index].identification != nil
    else { return }
    records[index].identification?.take(outcome, from: identifiers[order], order: order)
    guard let identification = records[index].identification, identification.remaining == 0 else {
      return
    }
    records[index].identification = nil
    guard let best = identification.best else {
      return unidentified(index, identification, now: now)
    }
    become(index, best.identity, best.driver)
    // What it is says nothing about how it is, so the survey follows at once.
    if let kind = records[index].backend.kind {
      actions.append(.survey(id, records[index].backend, kind))
    }
  }

  private mutating func become(_ index: Int, _ identity: ServerIdentity, _ driver: Driver) {
    records[index].isKnownUnrecognised = false
    let backend = records[index].backend
    guard backend.kind?.type != identity.backendType else { return }
    let kind = BackendKind(type: identity.backendType, driver: driver)
    records[index].backend = backend.identified(as: kind)
    if records[index].backend.isOpenByAddress {
      actions.append(.tell(.openByAddress(name: backend.name, url: backend.endpoint.url)))
    }
    records[index].models = []
    records[index].serverVersion = identity.serverVersion
    records[index].member = nil
    actions.append(
      .tell(
        .identified(
          name: backend.name, type: identity.backendType, url: backend.endpoint.url,
          version: identity.serverVersion)))
  }

  private mutating func unidentified(
    _ index: Int, _ identification: Identification, now: UInt64
  ) {
    let backend = records[index].backend
    if identification.wasReached, !records[index].isKnownUnrecognised {
      records[index].isKnownUnrecognised = true
      actions.append(.tell(.unrecognised(name: backend.name, url: backend.endpoint.url)))
    }
    let reason = identification.wasReached ? nil : identification.failure?.message
    let why = reason ?? "no driver recognises the server"
    apply(.probeFailed, why, to: index, now: now, endsProbe: true)
  }
}

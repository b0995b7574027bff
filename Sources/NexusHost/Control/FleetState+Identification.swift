import Drivers
import Fleet
import HTTP

// How servers are recognised: every driver is asked, and the most certain answer wins.
extension FleetState {
  /// A driver has said what a backend is.
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
    records[index].isSuspect = false
    records[index].isConfirmed = true
    guard let best = identification.best else {
      return unidentified(index, identification, now: now)
    }
    become(index, best.identity, best.driver)
    // What it is says nothing about how it is, so the survey follows at once.
    if let kind = records[index].backend.kind {
      actions.append(.survey(id, records[index].backend, kind))
    }
  }

  /// The kind of a server that a driver has recognised.
  func kind(_ type: String, _ driver: Driver) -> BackendKind {
    let seat = catalogue.driver(forType: type) === driver ? catalogue.seat(forType: type) : nil
    return BackendKind(type: type, driver: driver, seat: seat)
  }

  /// A server is known to be of that kind.
  mutating func become(_ index: Int, _ identity: ServerIdentity, _ driver: Driver) {
    records[index].isKnownUnrecognised = false
    let backend = records[index].backend
    guard backend.kind?.type != identity.backendType else { return }
    let kind = kind(identity.backendType, driver)
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

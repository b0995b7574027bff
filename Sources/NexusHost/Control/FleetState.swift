import Config
import Drivers
import Fleet
import HTTP

/// The fleet as the control loop sees it: a value that is given events and tells what to do. No I/O
/// and no clock; times are milliseconds of one monotonic clock.
struct FleetState {
  /// What is probed: a backend, or a loopback port where none is known yet.
  enum Subject: Hashable {
    case backend(RecordID)
    case port(UInt16)
  }

  /// What happened.
  enum Event {
    /// Time has passed.
    case tick
    /// Whether something listens on a port.
    case knocked(UInt16, isOpen: Bool)
    /// A driver said what a server is, or that it does not know.
    case identified(Subject, order: Int, ExchangeOutcome)
    /// A survey has ended.
    case surveyed(RecordID, ExchangeOutcome)
    /// A live request failed.
    case requestFailed(Backend, DriverFailure)
    /// A live request succeeded on a backend in doubt.
    case requestSucceeded(Backend)
    /// The configuration says what the fleet is from now on.
    case configured(FleetPlan)
  }

  /// Where the look at a port stands.
  enum PortProbe {
    case knocking
    case asking(Identification)
  }

  /// What to do.
  enum Action {
    /// See whether something listens on a loopback port.
    case knock(UInt16)
    /// Ask every driver what listens there.
    case identify(Subject, UpstreamTarget)
    /// Ask the backend's driver how it is.
    case survey(RecordID, Backend, BackendKind)
    /// The next snapshot is the first of the configuration that came last.
    case adopt
    /// Hand out the next snapshot.
    case publish(FleetSnapshot)
    /// Tell people.
    case tell(FleetNews)
  }

  /// Drivers that can tell what a server is, in the order of the catalogue.
  let identifiers: [Driver]
  /// Loopback ports to look at while no backend is named.
  var ports: [UInt16] = []
  /// How backends are watched.
  var healthCheck = Settings.HealthCheck()
  /// What models cost.
  var prices = PriceTable()

  /// In the order of the configuration, then of their coming.
  var records: [FleetRecord] = []
  var snapshot: FleetSnapshot
  /// Until when the present snapshot stays although the configuration has changed, if it does.
  var hold: FleetHold?
  /// Backends that get no new requests but may have some under way.
  var emptying: [EmptyingBackend] = []
  var busyPorts: [UInt16: PortProbe] = [:]
  /// What the present event has led to so far.
  var actions: [Action] = []
  private var nextRound: UInt64 = 0
  private var lastID = 0

  init(catalogue: DriverCatalogue, created: Int64) {
    identifiers = catalogue.drivers.filter { $0.supports(.identify) }
    snapshot = FleetSnapshot(created: created)
  }

  /// Takes an event and says what follows from it, in the order in which to do it.
  mutating func on(_ event: Event, now: UInt64) -> [Action] {
    switch event {
    case .tick: break
    case .knocked(let port, let isOpen): knocked(port, isOpen: isOpen)
    case .identified(.backend(let id), let order, let outcome):
      identified(id, order, outcome, now: now)
    case .identified(.port(let port), let order, let outcome):
      identified(port: port, order, outcome, now: now)
    case .surveyed(let id, let outcome): surveyed(id, outcome, now: now)
    case .requestFailed(let backend, let failure): requestFailed(backend, failure, now: now)
    case .requestSucceeded(let backend): requestSucceeded(backend)
    case .configured(let plan): configure(plan, now: now)
    }
    return conclude(now)
  }

  /// What everything that has happened leads to.
  mutating func conclude(_ now: UInt64) -> [Action] {
    startDueProbes(now)
    tellEmptied(now)
    publishIfChanged(now)
    defer { actions.removeAll() }
    return actions
  }

  /// When something is due next; nil if nothing is.
  var nextWake: UInt64? {
    var wake = ports.isEmpty || identifiers.isEmpty ? UInt64.max : nextRound
    for record in records where canProbe(record) {
      if let due = record.schedule.wake { wake = min(wake, due) }
    }
    if let hold { wake = min(wake, hold.until) }
    for backend in emptying { wake = min(wake, backend.nextLook) }
    return wake == .max ? nil : wake
  }

  /// Time between two looks at a healthy backend; `UInt64.max` if there is no second.
  var interval: UInt64 { healthCheck.enabled ? roundInterval : .max }

  /// Time between two rounds over the ports.
  private var roundInterval: UInt64 { UInt64(max(1, healthCheck.intervalSeconds)) * 1_000 }

  /// A record that nothing is known of yet; it is probed when the event is concluded.
  mutating func newRecord(_ backend: Backend, now: UInt64) -> FleetRecord {
    lastID += 1
    var health = BackendHealth()
    health.failuresToFall = healthCheck.failureThreshold
    health.successesToRise = healthCheck.recoveryThreshold
    return FleetRecord(id: RecordID(number: lastID), backend, health: health, now: now)
  }

  /// Where a record stands among the others; nil if it has gone.
  func place(of id: RecordID) -> Int? { records.firstIndex { $0.id == id } }
}

// MARK: - Probes

extension FleetState {
  func canProbe(_ record: FleetRecord) -> Bool {
    // Without a driver there is nobody to ask.
    record.needsIdentification
      ? !record.hasConfiguredType && !identifiers.isEmpty : record.backend.kind != nil
  }

  private mutating func startDueProbes(_ now: UInt64) {
    for index in records.indices {
      guard records[index].schedule.isDue(now), canProbe(records[index]) else { continue }
      records[index].schedule.start(now: now)
      probe(index)
    }
    guard !identifiers.isEmpty, !ports.isEmpty, nextRound <= now else { return }
    nextRound = now + roundInterval
    for port in ports where busyPorts[port] == nil && !isKnown(port) {
      busyPorts[port] = .knocking
      actions.append(.knock(port))
    }
  }

  private mutating func probe(_ index: Int) {
    let backend = records[index].backend
    if records[index].needsIdentification {
      records[index].identification = Identification(remaining: identifiers.count)
      actions.append(.identify(.backend(records[index].id), backend.target))
    } else if let kind = backend.kind {
      actions.append(.survey(records[index].id, backend, kind))
    }
  }

  /// Whether a backend is known to listen there.
  func isKnown(_ port: UInt16) -> Bool {
    records.contains { $0.backend.endpoint.isLoopback && $0.backend.endpoint.port == port }
  }

  /// Where a server on a loopback port is reached.
  static func endpoint(_ port: UInt16) -> Endpoint {
    Endpoint(scheme: .http, host: "127.0.0.1", port: port)
  }
}

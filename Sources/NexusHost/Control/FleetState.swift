import Config
import Drivers
import Fleet
import HTTP
import Net

/// The fleet as the control loop sees it: a value that is given events and tells what to do. No I/O
/// and no clock; times are milliseconds of one monotonic clock.
struct FleetState {
  /// What is asked what it is: a backend, or what a look has found.
  enum Subject: Hashable {
    case backend(RecordID)
    case place(Look.ID)
  }

  /// What happened.
  enum Event {
    /// Time has passed.
    case tick
    /// Whether something listens there.
    case knocked(Look.ID, isOpen: Bool)
    /// A driver said what a server is, or that it does not know.
    case identified(Subject, order: Int, ExchangeOutcome)
    /// What is heard from the local network.
    case heard(ServiceEvent)
    /// What a host name stands for.
    case resolved(String, [NumericAddress])
    /// A survey has ended.
    case surveyed(RecordID, ExchangeOutcome)
    /// A live request failed.
    case requestFailed(Backend, DriverFailure)
    /// A live request succeeded on a backend in doubt.
    case requestSucceeded(Backend)
    /// The configuration says what the fleet is from now on.
    case configured(FleetPlan)
  }

  /// What to do.
  enum Action {
    /// See whether something listens there.
    case knock(Look.ID, Endpoint)
    /// Ask the resolver what a host name stands for.
    case resolve(String)
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

  /// The drivers that there are.
  var catalogue: DriverCatalogue
  /// Those that can tell what a server is, in the order of the catalogue.
  var identifiers: [Driver]
  /// Rises when they become others: answers of those before are worth nothing any more.
  var driverEdition = 0
  /// Where backends that nobody names are looked for.
  var discovery = DiscoveryState()
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
  /// What the present event has led to so far.
  var actions: [Action] = []
  private var lastID = 0

  init(catalogue: DriverCatalogue, created: Int64) {
    self.catalogue = catalogue
    identifiers = catalogue.drivers.filter { $0.supports(.identify) }
    snapshot = FleetSnapshot(created: created)
  }

  /// Takes an event and says what follows from it, in the order in which to do it.
  mutating func on(_ event: Event, now: UInt64) -> [Action] {
    switch event {
    case .tick: break
    case .knocked(let look, let isOpen): knocked(look, isOpen: isOpen, now: now)
    case .heard(let event): heard(event, now: now)
    case .resolved(let name, let addresses):
      discovery.names[name] = ResolvedName(addresses, now: now)
      yieldToNamed(now: now)
    case .identified(.backend(let id), let order, let outcome):
      identified(id, order, outcome, now: now)
    case .identified(.place(let look), let order, let outcome):
      identified(look, order, outcome, now: now)
    case .surveyed(let id, let outcome): surveyed(id, outcome, now: now)
    case .requestFailed(let backend, let failure): requestFailed(backend, failure, now: now)
    case .requestSucceeded(let backend): requestSucceeded(backend)
    case .configured(let plan): configure(plan, now: now)
    }
    return conclude(now)
  }

  /// What everything that has happened leads to.
  mutating func conclude(_ now: UInt64) -> [Action] {
    endGrace(now)
    startDueProbes(now)
    startDueLooks(now)
    tellEmptied(now)
    publishIfChanged(now)
    defer { actions.removeAll() }
    return actions
  }

  /// When something is due next; nil if nothing is.
  var nextWake: UInt64? {
    var wake = identifiers.isEmpty ? UInt64.max : discovery.wake
    for record in records where canProbe(record) {
      if let due = record.schedule.wake { wake = min(wake, due) }
    }
    for record in records { wake = min(wake, record.finding?.removal ?? .max) }
    if let hold { wake = min(wake, hold.until) }
    for backend in emptying { wake = min(wake, backend.nextLook) }
    return wake == .max ? nil : wake
  }

  /// Time between two looks at a healthy backend; `UInt64.max` if there is no second.
  var interval: UInt64 { healthCheck.enabled ? roundInterval : .max }

  /// The same where health checks are off too.
  var roundInterval: UInt64 { UInt64(max(1, healthCheck.intervalSeconds)) * 1_000 }

  /// A record that nothing is known of yet; it is probed when the event is concluded.
  mutating func newRecord(_ backend: Backend, now: UInt64) -> FleetRecord {
    lastID += 1
    var health = BackendHealth()
    health.failuresToFall = healthCheck.failureThreshold
    health.successesToRise = healthCheck.recoveryThreshold
    var record = FleetRecord(id: RecordID(number: lastID), backend, health: health, now: now)
    if backend.kind == nil, let type = backend.settings.type {
      record.detail =
        "no loaded driver serves the type '\(type)'; put one into the directory of drivers"
    }
    return record
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

  /// Begins the probes that are due.
  private mutating func startDueProbes(_ now: UInt64) {
    for index in records.indices {
      guard records[index].schedule.isDue(now), canProbe(records[index]) else { continue }
      records[index].schedule.start(now: now)
      probe(index)
    }
  }

  private mutating func probe(_ index: Int) {
    let backend = records[index].backend
    if records[index].needsIdentification {
      records[index].identification = Identification(remaining: identifiers.count)
      let target =
        backend.source == .discovered ? backend.target.asDiscovery : backend.target
      actions.append(.identify(.backend(records[index].id), target))
    } else if let kind = backend.kind {
      actions.append(.survey(records[index].id, backend, kind))
    }
  }
}

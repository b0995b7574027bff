import Drivers
import Fleet
import HTTP

/// The fleet as the control loop sees it: a value that is given events and tells what to do. No I/O
/// and no clock; times are milliseconds of one monotonic clock.
struct FleetState {
  /// What is probed: a backend by its place, or a loopback port where none is known yet.
  enum Subject: Hashable {
    case backend(Int)
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
    case surveyed(Int, ExchangeOutcome)
    /// A live request failed.
    case requestFailed(Backend, DriverFailure)
    /// A live request succeeded on a backend in doubt.
    case requestSucceeded(Backend)
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
    case survey(Int, Backend, BackendKind)
    /// Hand out the next snapshot.
    case publish(FleetSnapshot)
    /// Tell people.
    case tell(FleetNews)
  }

  /// Drivers that can tell what a server is, in the order of the catalogue.
  let identifiers: [Driver]
  /// Loopback ports to look at while no backend is named.
  let ports: [UInt16]
  /// Time between two looks at a healthy backend, and between two rounds over the ports.
  let interval: UInt64

  var records: [FleetRecord] = []
  private(set) var snapshot: FleetSnapshot
  var busyPorts: [UInt16: PortProbe] = [:]
  private var nextRound: UInt64 = 0
  /// What the present event has led to so far.
  var actions: [Action] = []

  init(
    catalogue: DriverCatalogue, ports: [UInt16], interval: UInt64, created: Int64
  ) {
    identifiers = catalogue.drivers.filter { $0.supports(.identify) }
    self.ports = ports
    self.interval = interval
    snapshot = FleetSnapshot(created: created)
  }

  /// Adds a backend; it is probed at the next tick.
  mutating func add(_ backend: Backend, hasConfiguredType: Bool, now: UInt64) {
    records.append(FleetRecord(backend, hasConfiguredType: hasConfiguredType, now: now))
  }

  /// Takes an event and says what follows from it, in the order in which to do it.
  mutating func on(_ event: Event, now: UInt64) -> [Action] {
    switch event {
    case .tick: break
    case .knocked(let port, let isOpen): knocked(port, isOpen: isOpen)
    case .identified(.backend(let index), let order, let outcome):
      identified(index, order, outcome, now: now)
    case .identified(.port(let port), let order, let outcome):
      identified(port: port, order, outcome, now: now)
    case .surveyed(let index, let outcome): surveyed(index, outcome, now: now)
    case .requestFailed(let backend, let failure): requestFailed(backend, failure, now: now)
    case .requestSucceeded(let backend): requestSucceeded(backend)
    }
    startDueProbes(now)
    publishIfChanged()
    defer { actions.removeAll() }
    return actions
  }

  /// When the next probe is due; nil if nothing is.
  var nextWake: UInt64? {
    var wake = ports.isEmpty || identifiers.isEmpty ? UInt64.max : nextRound
    for record in records where canProbe(record) {
      if let due = record.schedule.wake { wake = min(wake, due) }
    }
    return wake == .max ? nil : wake
  }
}

// MARK: - Probes

extension FleetState {
  private func canProbe(_ record: FleetRecord) -> Bool {
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
    nextRound = now + interval
    for port in ports where busyPorts[port] == nil && !isKnown(port) {
      busyPorts[port] = .knocking
      actions.append(.knock(port))
    }
  }

  private mutating func probe(_ index: Int) {
    let backend = records[index].backend
    if records[index].needsIdentification {
      records[index].identification = Identification(remaining: identifiers.count)
      actions.append(.identify(.backend(index), backend.target))
    } else if let kind = backend.kind {
      actions.append(.survey(index, backend, kind))
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

// MARK: - How a server is

extension FleetState {
  private mutating func surveyed(_ index: Int, _ outcome: ExchangeOutcome, now: UInt64) {
    guard records.indices.contains(index) else { return }
    let (event, why) = SurveyVerdict.event(outcome, state: records[index].health.state)
    let reports = outcome.reports
    let before = records[index].models.map(\.report)
    if event == .probeReady {
      if before != reports.models {
        records[index].models = reports.models.map(Model.init)
        records[index].member = nil
      }
      note(reports, at: index)
    }
    let wasUp = records[index].health.state == .up
    apply(event, why, to: index, now: now, endsProbe: true)
    if wasUp, event == .probeReady { tellModels(index, before: before) }
  }

  private mutating func note(_ reports: DriverReports, at index: Int) {
    if records[index].loads != reports.loads {
      records[index].loads = reports.loads
      records[index].member = nil
    }
    if let version = reports.health?.serverVersion, !version.isEmpty,
      version != records[index].serverVersion
    {
      records[index].serverVersion = version
      records[index].member = nil
    }
  }

  private mutating func requestFailed(_ backend: Backend, _ failure: DriverFailure, now: UInt64) {
    guard let index = place(of: backend) else { return }
    apply(
      SurveyVerdict.event(requestFailed: failure), failure.message, to: index, now: now,
      endsProbe: false)
  }

  private mutating func requestSucceeded(_ backend: Backend) {
    guard let index = place(of: backend) else { return }
    apply(.requestSucceeded, "", to: index, now: 0, endsProbe: false)
  }

  /// A backend that was identified anew is still the same by its counters.
  private func place(of backend: Backend) -> Int? {
    records.firstIndex { $0.backend.load === backend.load }
  }

  /// Takes an event of the health machine and what follows from it for schedule, snapshot and log.
  mutating func apply(
    _ event: BackendHealth.Event?, _ why: String, to index: Int, now: UInt64, endsProbe: Bool
  ) {
    let action = event.map { records[index].health.on($0) } ?? .nothing
    let health = records[index].health
    let backend = records[index].backend
    backend.load.setDoubted(health.failures > 0 && health.state != .down)
    // One good answer does not bring it up yet; what took it down still stands.
    let isBetter = event == .probeReady || event == .requestSucceeded
    let reason = isBetter ? records[index].detail : why
    let detail = health.state == .up ? "" : reason
    if action.became != nil || records[index].detail != detail {
      records[index].detail = detail
      records[index].member = nil
    }
    if endsProbe {
      records[index].schedule.finish(
        now: now, health: health, interval: interval, isLocal: backend.endpoint.isLoopback)
    } else if action.probeSoon {
      records[index].schedule.hasten(now: now)
    }
    if let state = action.became { tell(state, index, why) }
  }
}

// MARK: - News and snapshots

extension FleetState {
  private mutating func tell(_ state: BackendHealth.State, _ index: Int, _ why: String) {
    let record = records[index]
    let name = record.backend.name
    let url = record.backend.endpoint.url
    switch state {
    case .up:
      actions.append(
        .tell(
          .up(
            name: name, type: record.backend.kind?.type ?? "", url: url,
            models: record.models.count, version: record.serverVersion)))
    case .down: actions.append(.tell(.down(name: name, url: url, why: why)))
    case .loading: actions.append(.tell(.loading(name: name, why: why)))
    case .unknown: break
    }
  }

  private mutating func tellModels(_ index: Int, before: [ModelReport]) {
    let old = Set(before.map(\.id))
    let new = Set(records[index].models.map(\.id))
    guard old != new else { return }
    actions.append(
      .tell(
        .modelsChanged(
          name: records[index].backend.name, models: new.count,
          added: new.subtracting(old).sorted(), removed: old.subtracting(new).sorted())))
  }

  private mutating func publishIfChanged() {
    let isSame =
      snapshot.members.count == records.count && records.allSatisfy { $0.member != nil }
    guard !isSame || snapshot.version == 0 else { return }
    let members = records.indices.map { records[$0].currentMember() }
    let keepsModels =
      snapshot.version > 0 && members.count == snapshot.members.count
      && zip(members, snapshot.members).allSatisfy { new, old in
        new.backend.name == old.backend.name && new.backend.kind === old.backend.kind
          && new.models.elementsEqual(old.models, by: ===)
      }
    snapshot =
      keepsModels
      ? FleetSnapshot(updating: snapshot, members: members)
      : FleetSnapshot(
        version: snapshot.version + 1, members: members, created: snapshot.created)
    actions.append(.publish(snapshot))
  }
}

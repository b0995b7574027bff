import Config
import Fleet
import HTTP

// How the fleet is changed while it runs.
extension FleetState {
  /// Makes the fleet what the configuration says: with the backends that it names, in its order, then
  /// those that were added by hand, then those found where is still looked. A server that is described
  /// anew keeps its state and its counters.
  mutating func configure(_ plan: FleetPlan, now: UInt64) {
    healthCheck = plan.healthCheck
    prices = plan.prices
    discovery.follow(plan.discovery, now: now)
    var waiting = plan.catalogue.map { follow($0, now: now) } ?? []
    var old = records
    records = []
    for backend in plan.backends {
      let drained = old.contains { $0.backend.name == backend.name && $0.isDraining }
      if let place = old.firstIndex(where: { $0.isSame(as: backend) }) {
        var record = old.remove(at: place)
        let isNarrowed = record.backend.settings.models != backend.settings.models
        record.describe(backend)
        records.append(record)
        if isNarrowed, record.health.state == .up { tellAbsentModels(records.count - 1) }
      } else {
        var record = newRecord(backend, now: now)
        record.isDraining = drained
        waiting.insert(record.id)
        records.append(record)
      }
    }
    for record in old { keepOrDrop(record, now: now) }
    yieldToNamed(now: now)
    for index in records.indices { applyRules(index, now: now) }
    // Before the first snapshot there is nothing that could stay in force meanwhile.
    if snapshot.version > 0 {
      hold = FleetHold(until: now + FleetHold.longest, waiting: waiting)
    }
  }

  /// A backend that the configuration does not name stays if it came another way and is in nobody's
  /// place.
  private mutating func keepOrDrop(_ record: FleetRecord, now: UInt64) {
    let backend = record.backend
    let isReplaced = records.contains {
      $0.backend.name == backend.name || $0.backend.endpoint == backend.endpoint
    }
    let stays =
      switch backend.source {
      case .configured: false
      case .manual: true
      case .discovered: isStillSought(record)
      }
    if stays, !isReplaced {
      records.append(record)
      if record.finding != nil { judgeTrust(records.count - 1) }
    } else {
      letGo(record, now: now)
    }
  }

  private mutating func applyRules(_ index: Int, now: UInt64) {
    records[index].health.failuresToFall = healthCheck.failureThreshold
    records[index].health.successesToRise = healthCheck.recoveryThreshold
    records[index].schedule.adjust(
      now: now, health: records[index].health, interval: interval)
    assume(index, now: now)
  }

  /// Adds a backend that somebody names while the gateway runs.
  mutating func add(
    _ backend: Backend, now: UInt64
  ) throws(FleetError) -> (id: RecordID, actions: [Action]) {
    try checkIsNew(backend)
    actions.append(.tell(.added(name: backend.name, url: backend.endpoint.url)))
    let index = makeRoom(for: backend, now: now)
    let id = records[index].id
    assume(index, now: now)
    yieldToNamed(now: now)
    return (id, conclude(now))
  }

  /// Adds a backend that somebody added in an earlier life of the gateway, before the first event.
  mutating func restore(_ backend: Backend, now: UInt64) throws(FleetError) {
    try checkIsNew(backend)
    assume(makeRoom(for: backend, now: now), now: now)
  }

  /// Takes a backend out of use before the first event, if it is there.
  mutating func restoreDraining(_ name: String) {
    for index in records.indices where records[index].backend.name == name {
      records[index].isDraining = true
    }
  }

  private func checkIsNew(_ backend: Backend) throws(FleetError) {
    let name = backend.name
    let place = records.firstIndex { $0.backend.endpoint == backend.endpoint }
    if let place, records[place].backend.source != .discovered {
      throw .addressTaken(url: backend.endpoint.url, by: records[place].backend.name)
    }
    guard !records.contains(where: { $0.backend.name == name && $0.backend.source != .discovered })
    else { throw .nameTaken(name) }
  }

  /// What was found by itself gives way to what somebody says about it. Returns the place of the
  /// record, which goes on if it is the same server.
  private mutating func makeRoom(for backend: Backend, now: UInt64) -> Int {
    if let index = records.firstIndex(where: { $0.isSame(as: backend) }) {
      records[index].describe(backend)
      return index
    }
    for record in records
    where record.backend.endpoint == backend.endpoint || record.backend.name == backend.name {
      letGo(record, now: now)
    }
    records.removeAll {
      $0.backend.endpoint == backend.endpoint || $0.backend.name == backend.name
    }
    records.append(newRecord(backend, now: now))
    return records.count - 1
  }

  /// Takes a backend out of the fleet. It gets no new requests; those that are under way there finish.
  /// One that the configuration names comes back with the next reload.
  mutating func remove(
    named name: String, now: UInt64
  ) throws(FleetError) -> (removed: Backend, actions: [Action]) {
    let index = try place(named: name)
    guard records[index].backend.source != .discovered else { throw .isDiscovered(name) }
    let record = records.remove(at: index)
    letGo(record, now: now)
    return (record.backend, conclude(now))
  }

  /// Takes a backend out of use, or into use again.
  mutating func setDraining(
    _ isDraining: Bool, named name: String, now: UInt64
  ) throws(FleetError) -> (member: FleetMember, actions: [Action]) {
    let index = try place(named: name)
    let load = records[index].backend.load
    guard records[index].isDraining != isDraining else {
      return (records[index].currentMember(), [])
    }
    records[index].isDraining = isDraining
    records[index].member = nil
    emptying.removeAll { $0.load === load }
    if isDraining {
      actions.append(.tell(.draining(name: name, underWay: load.inFlight)))
      watchEmptying(records[index].backend, isRemoved: false, now: now)
    } else {
      actions.append(.tell(.inUseAgain(name: name)))
    }
    let id = records[index].id
    let actions = conclude(now)
    // Found backends may just have come or gone.
    guard let place = place(of: id) else {
      throw .unknown(name, known: records.map(\.backend.name))
    }
    return (records[place].currentMember(), actions)
  }

  private func place(named name: String) throws(FleetError) -> Int {
    guard
      let index = records.firstIndex(where: { $0.backend.name == name || $0.backend.id == name })
    else { throw .unknown(name, known: records.map(\.backend.name)) }
    return index
  }

  /// A backend leaves the fleet; requests that are under way there do not notice.
  mutating func letGo(_ record: FleetRecord, now: UInt64) {
    let backend = record.backend
    emptying.removeAll { $0.load === backend.load }
    actions.append(
      .tell(
        .removed(
          name: backend.name, url: backend.endpoint.url, underWay: backend.load.inFlight)))
    watchEmptying(backend, isRemoved: true, now: now)
  }
}

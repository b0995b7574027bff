import Config
import Drivers
import Fleet

extension WarmPlace {
  /// The backends of a fleet at `now`. `began`: since when anybody looks. Both are milliseconds of the
  /// loop's clock.
  static func places(
    _ fleet: FleetSnapshot, _ jobs: [ModelJob], _ sizes: ModelSizes, since began: UInt64,
    at now: UInt64
  ) -> [WarmPlace] {
    let atWork = Set(
      jobs.filter { !$0.state.isOver }.flatMap { [$0.source, $0.target].compactMap(\.self) })
    return fleet.members.map { member in
      let isBusy = atWork.contains(member.backend.name)
      return WarmPlace(member, sizes, isBusy: isBusy, since: began, at: now)
    }
  }

  private init(
    _ member: FleetMember, _ sizes: ModelSizes, isBusy: Bool, since began: UInt64, at now: UInt64
  ) {
    let backend = member.backend
    self.init(backend.name)
    isUp = member.isRoutable
    loadsOnCommand = backend.kind?.supports(.load) == true
    self.isBusy = isBusy
    memory = backend.settings.memoryBytes
    toldMemory = member.memoryTotal
    toldFree = member.memoryFree
    inFlight = backend.load.inFlight + member.foreignRequests
    idle = now - min(now, max(backend.load.lastUsed, began))
    entries = member.models.map { model in
      var entry = Entry(model, sizes.need(of: model, on: backend), at: now)
      entry.isKept = backend.keepsWarm(model)
      if backend.neverLoads(model) { entry.isLoadable = false }
      return entry
    }
  }
}

extension WarmPlace.Entry {
  fileprivate init(_ model: Model, _ need: MemoryEstimate.Need, at now: UInt64) {
    let report = model.report
    self.init(model.id, isLoaded: report.residency == .loaded, need)
    isLoading = report.residency == .loading || !isLoaded && model.account.speed.isLoading(at: now)
    // Of a server that does not tell, nobody knows what loading would change.
    isLoadable = model.isUsable && !report.isRemote && report.residency != .unknown
    inFlight = model.account.requests.count
    slots = report.slots
    loadTime = model.account.speed.speed(at: now).load
  }
}

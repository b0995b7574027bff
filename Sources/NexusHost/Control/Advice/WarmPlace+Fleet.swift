import Config
import Drivers
import Fleet
import Text

extension WarmPlace {
  /// The backends of a fleet at `now`. `jobs`: what is known of the lifecycle's work. `began`: since
  /// when anybody looks. Both are milliseconds of the loop's clock.
  static func places(
    _ fleet: FleetSnapshot, _ jobs: [ModelJob], since began: UInt64, at now: UInt64
  ) -> [WarmPlace] {
    let atWork = Set(
      jobs.filter { !$0.state.isOver }.flatMap { [$0.source, $0.target].compactMap(\.self) })
    return fleet.members.map { member in
      let isBusy = atWork.contains(member.backend.name)
      return WarmPlace(member, isBusy: isBusy, since: began, at: now)
    }
  }

  private init(_ member: FleetMember, isBusy: Bool, since began: UInt64, at now: UInt64) {
    let backend = member.backend
    self.init(backend.name)
    isUp = member.isRoutable
    loadsOnCommand = backend.kind?.driver.descriptor.operations.contains(.load) ?? false
    self.isBusy = isBusy
    memory = UInt64((backend.settings.memoryGB ?? 0) * 1_000_000_000)
    inFlight = backend.load.inFlight + member.foreignRequests
    idle = now - min(now, max(backend.load.lastUsed, began))
    let kept = backend.settings.keepWarm.map { NamePattern($0) }
    let never = backend.settings.neverLoad.map { NamePattern($0) }
    entries = member.models.map { model in
      var entry = Entry(model, at: now)
      entry.isKept = kept.contains { $0.matches(model.id) }
      if never.contains(where: { $0.matches(model.id) }) { entry.isLoadable = false }
      return entry
    }
  }
}

extension WarmPlace.Entry {
  fileprivate init(_ model: Model, at now: UInt64) {
    let report = model.report
    self.init(
      model.id, isLoaded: report.residency == .loaded,
      bytes: report.memoryBytes > 0 ? report.memoryBytes : report.diskBytes)
    isLoading = report.residency == .loading || !isLoaded && model.account.speed.isLoading(at: now)
    // Of a server that does not tell, nobody knows what loading would change.
    isLoadable = model.isUsable && !report.isRemote && report.residency != .unknown
    inFlight = model.account.requests.count
    slots = report.slots
    loadTime = model.account.speed.speed(at: now).load
  }
}

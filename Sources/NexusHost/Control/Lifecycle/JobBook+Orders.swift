import Config
import Drivers
import Fleet
import Text

// What is asked for, and whether it can be done.
extension JobBook {
  /// Begins to load a model, or has it wait for another job. One that is loaded gives a job that is
  /// over; one that is being loaded the job that does it.
  mutating func load(
    _ name: String, on backend: String, makeRoom: Bool, cause: ModelJob.Cause, _ now: UInt64
  ) throws(LifecycleError) -> ModelJob {
    do throws(LifecycleError) {
      let member = try known(backend)
      let model = try known(name, on: member)
      try checkUsable(member, forNew: true)
      if model.report.residency == .loaded {
        return done(.load, model, target: member.backend, cause, "it is loaded already", now)
      }
      if let entry = entries.first(where: { $0.brings(model.id, to: member.backend) }) {
        return entry.current(at: now)
      }
      try checkLoad(model, on: member)
      let isFree = try checkFree(member, cause)
      if isFree { _ = try room(for: model, on: member, makeRoom, cause, now) }
      return enter(
        .load, model, source: nil, target: member.backend, cause, makeRoom: makeRoom, now)
    } catch {
      refuse(.load, name, backend, cause, error)
      throw error
    }
  }

  /// Begins to unload a model. Also where a backend drains: to empty it is what draining is for.
  mutating func unload(
    _ name: String, on backend: String, force: Bool, cause: ModelJob.Cause, _ now: UInt64
  ) throws(LifecycleError) -> ModelJob {
    do throws(LifecycleError) {
      let member = try known(backend)
      let model = try known(name, on: member)
      try checkUsable(member, forNew: false)
      try checkUnload(model, on: member)
      let requests = requests(for: model, on: member)
      guard force || requests == 0 else {
        throw .inUse(model.id, backend: member.backend.name, requests: requests)
      }
      _ = try checkFree(member, cause)
      return enter(.unload, model, source: member.backend, target: nil, cause, now)
    } catch {
      refuse(.unload, name, backend, cause, error)
      throw error
    }
  }

  /// Begins to move a model.
  mutating func migrate(
    _ name: String, from source: String, to target: String, makeRoom: Bool, unloadsSource: Bool,
    _ now: UInt64
  ) throws(LifecycleError) -> ModelJob {
    do throws(LifecycleError) {
      let from = try known(source)
      let to = try known(target)
      guard from !== to else { throw .sameBackend(to.backend.name) }
      let there = try known(name, on: from)
      let model = try known(there.id, on: to)
      try checkUsable(from, forNew: false)
      try checkUsable(to, forNew: true)
      if unloadsSource { try checkUnload(there, on: from) }
      _ = try checkFree(from, .command)
      _ = try checkFree(to, .command)
      if model.report.residency != .loaded {
        try checkLoad(model, on: to)
        _ = try room(for: model, on: to, makeRoom, .command, now)
      } else if !unloadsSource {
        return done(.migrate, model, target: to.backend, .command, "it is loaded already", now)
      }
      return enter(
        .migrate, model, source: unloadsSource ? from.backend : nil, target: to.backend,
        .command, makeRoom: makeRoom, from: from.backend.name, now)
    } catch {
      refuse(.migrate, name, target, .command, error)
      throw error
    }
  }

  /// Ends a job at once.
  mutating func cancel(_ id: String, _ now: UInt64) throws(LifecycleError) -> ModelJob {
    guard let index = place(of: id) else {
      throw ended.contains { $0.id == id } ? .jobOver(id) : .jobUnknown(id)
    }
    let isSent = entries[index].phase == .unloading || entries[index].phase == .leaving
    end(
      id, as: .cancelled, isSent ? "cancelled; the server had been asked already" : "cancelled", now
    )
    goOn(now)
    return job(id, now) ?? ended[ended.count - 1]
  }

  // MARK: Making jobs

  private mutating func done(
    _ kind: ModelJob.Kind, _ model: Model, target: Backend, _ cause: ModelJob.Cause,
    _ detail: String, _ now: UInt64
  ) -> ModelJob {
    var job = ModelJob(
      id: nextID(), kind: kind, model: model.id, target: target.name, cause: cause,
      state: .completed, detail: detail, started: unix(now))
    job.finished = job.started
    job.permille = 1_000
    remember(job)
    return job
  }

  private mutating func enter(
    _ kind: ModelJob.Kind, _ model: Model, source: Backend?, target: Backend?,
    _ cause: ModelJob.Cause, makeRoom: Bool = false, from: String? = nil, _ now: UInt64
  ) -> ModelJob {
    let job = ModelJob(
      id: nextID(), kind: kind, model: model.id, source: from ?? source?.name,
      target: target?.name, cause: cause, detail: "waits for another job", started: unix(now))
    entries.append(
      JobEntry(job: job, target: target, source: source, makesRoom: makeRoom, began: now))
    beginPending(now)
    if let index = place(of: job.id), !entries[index].isRunning {
      actions.append(.tell(.waits(job)))
    }
    return self.job(job.id, now) ?? job
  }

  private mutating func refuse(
    _ kind: ModelJob.Kind, _ model: String, _ backend: String, _ cause: ModelJob.Cause,
    _ error: LifecycleError
  ) {
    // Of requests there may be thousands, and each says so in its own answer.
    guard cause != .request else { return }
    actions.append(
      .tell(
        .refused(kind, model: model, backend: backend, cause: cause, why: error.description)))
  }

  // MARK: Checks

  private func known(_ backend: String) throws(LifecycleError) -> FleetMember {
    guard !isStopped else { throw .stopping }
    guard let member = member(backend) else {
      throw .backendUnknown(backend, known: fleet.members.map(\.backend.name))
    }
    return member
  }

  func known(_ name: String, on member: FleetMember) throws(LifecycleError) -> Model {
    if let model = member.model(named: name) { return model }
    throw .modelUnknown(
      name, backend: member.backend.name,
      elsewhere: fleet.members.filter { $0.model(named: name) != nil }.map(\.backend.name))
  }

  func checkUsable(_ member: FleetMember, forNew: Bool) throws(LifecycleError) {
    let name = member.backend.name
    guard member.state != .down else {
      throw .notUsable(name, why: member.detail.isEmpty ? "it is down" : member.detail)
    }
    guard member.backend.kind != nil else {
      throw .notUsable(name, why: "nobody knows yet what kind of server it is")
    }
    guard !forNew || !member.isDraining else { throw .notUsable(name, why: "it drains") }
  }

  func checkLoad(_ model: Model, on member: FleetMember) throws(LifecycleError) {
    try checkSupport(.load, of: model, on: member)
    guard !member.backend.neverLoads(model) else {
      throw .neverLoad(model.id, backend: member.backend.name)
    }
  }

  private func checkUnload(_ model: Model, on member: FleetMember) throws(LifecycleError) {
    try checkSupport(.unload, of: model, on: member)
    // What has failed may have left something behind that stands in the way of the next load.
    guard model.report.residency != .unloaded else {
      throw .notLoaded(model.id, backend: member.backend.name)
    }
  }

  private func checkSupport(
    _ kind: OperationKind, of model: Model, on member: FleetMember
  ) throws(LifecycleError) {
    guard !model.report.isRemote, member.backend.kind?.supports(kind) == true
    else {
      throw .unsupported(
        backend: member.backend.name, type: member.backend.kind?.type ?? "unknown")
    }
  }

  /// Whether no job works there: else a command is refused, and others wait.
  private func checkFree(
    _ member: FleetMember, _ cause: ModelJob.Cause
  ) throws(LifecycleError) -> Bool {
    guard let other = entries.first(where: { $0.concerns(member.backend) }) else { return true }
    if cause == .command { throw .busy(backend: member.backend.name, job: other.job.id) }
    return false
  }

  /// Requests for the model that are known to be under way there, those of others included.
  func requests(for model: Model, on member: FleetMember) -> Int {
    let own = model.account.requests.count
    let told = member.loads.first { $0.model == model.id }?.running ?? 0
    return max(own, told)
  }
}

extension FleetMember {
  /// The model with that id, or else with that alias.
  func model(named name: String) -> Model? {
    models.first { $0.id == name } ?? models.first { !$0.alias.isEmpty && $0.alias == name }
  }
}

extension Model {
  func isNamed(by patterns: [String]) -> Bool {
    patterns.contains { text in
      let pattern = NamePattern(text)
      return pattern.matches(id) || !alias.isEmpty && pattern.matches(alias)
    }
  }
}

extension Backend {
  /// Whether `never_load` names the model.
  func neverLoads(_ model: Model) -> Bool { model.isNamed(by: settings.neverLoad) }

  /// Whether `keep_warm` names the model.
  func keepsWarm(_ model: Model) -> Bool { model.isNamed(by: settings.keepWarm) }
}

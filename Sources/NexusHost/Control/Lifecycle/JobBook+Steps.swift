import Config
import Drivers
import Fleet

// How jobs are carried out, step by step.
extension JobBook {
  /// Between two looks at a server that brings a model into memory, in milliseconds.
  static let pause: UInt64 = 1_000
  /// Before a server is asked again that contradicts what it has just said.
  private static let secondLook: UInt64 = 500
  /// Between two looks at the requests of a source that is to lose its model.
  private static let glance: UInt64 = 250
  /// How long a survey may take longer than what it looks at.
  private static let grace: UInt64 = 10_000

  // MARK: Beginning

  /// Begins all jobs whose backends are free.
  mutating func beginPending(_ now: UInt64) {
    while let entry = entries.first(where: { !$0.isRunning && isFree(for: $0) }) {
      begin(entry.job.id, now)
    }
  }

  private func isFree(for entry: JobEntry) -> Bool {
    !entries.contains { other in
      other.isRunning
        && (entry.target.map(other.concerns) == true || entry.source.map(other.concerns) == true)
    }
  }

  private mutating func begin(_ id: String, _ now: UInt64) {
    guard let index = place(of: id) else { return }
    entries[index].began = now
    entries[index].job.state = .inProgress
    // Whatever follows sets the phase or ends the job.
    entries[index].phase = .roomMade
    guard entries[index].target != nil else {
      actions.append(.tell(.started(entries[index].job)))
      return unload(index, now)
    }
    do throws(LifecycleError) {
      let (member, model) = try target(of: entries[index])
      if model.report.residency == .loaded { return arrived(index, "it is loaded already", now) }
      try checkUsable(member, forNew: true)
      try checkLoad(model, on: member)
      let entry = entries[index]
      let victims = try room(for: model, on: member, entry.makesRoom, entry.job.cause, now)
      actions.append(.tell(.started(entry.job)))
      if victims.isEmpty { load(index, model, on: member, now) } else { evict(victims, index, now) }
    } catch {
      end(id, as: .failed, error.description, now)
    }
  }

  private func target(of entry: JobEntry) throws(LifecycleError) -> (FleetMember, Model) {
    guard let backend = entry.target, let member = member(of: backend) else {
      throw .backendUnknown(
        entry.target?.name ?? "", known: fleet.members.map(\.backend.name))
    }
    return (member, try known(entry.job.model, on: member))
  }

  // MARK: Exchanges and surveys

  private mutating func exchange(
    _ kind: OperationKind, _ model: String, _ backend: Backend, within limit: UInt64,
    _ index: Int, _ now: UInt64
  ) {
    let step = nextStep()
    entries[index].step = step
    entries[index].glance = nil
    entries[index].wake = nil
    entries[index].failure = nil
    entries[index].chances = 2
    entries[index].exchangeBegan = now
    entries[index].deadline = now + limit + Self.grace
    actions.append(.exchange(step, kind, model: model, backend, within: limit))
  }

  private mutating func survey(_ backend: Backend?, _ index: Int) {
    guard let backend else { return }
    let step = nextStep()
    entries[index].step = step
    entries[index].glance = nil
    entries[index].wake = nil
    actions.append(.survey(step, backend))
  }

  /// Asks again after a pause.
  mutating func askLater(_ index: Int, after pause: UInt64, _ now: UInt64) {
    entries[index].wake = now + pause
  }

  mutating func note(_ progress: JobProgress, of step: JobStep, _ now: UInt64) {
    guard let index = entries.firstIndex(where: { $0.step == step }),
      entries[index].phase == .loading
    else { return }
    entries[index].job.permille = min(max(progress.permille, 0), 1_000)
    if !progress.detail.isEmpty { entries[index].job.detail = progress.detail }
    if entries[index].glance == nil, entries[index].wake == nil {
      askLater(index, after: Self.pauseBesides, now)
    }
  }

  mutating func exchanged(_ step: JobStep, _ failure: DriverFailure?, _ now: UInt64) {
    guard let index = entries.firstIndex(where: { $0.step == step }) else { return }
    entries[index].failure = failure
    switch entries[index].phase {
    case .evicting(let victims):
      entries[index].phase = .evicted(victims)
      survey(entries[index].target, index)
    case .loading:
      entries[index].phase = .arriving
      survey(entries[index].target, index)
    case .unloading:
      entries[index].phase = .leaving
      survey(entries[index].source, index)
    case .pending, .evicted, .roomMade, .arriving, .emptying, .leaving: break
    }
  }

  mutating func surveyed(_ step: JobStep, _ member: FleetMember?, _ now: UInt64) {
    if let index = entries.firstIndex(where: { $0.glance == step }) {
      entries[index].glance = nil
      return judgeBesides(member, index, now)
    }
    guard let index = entries.firstIndex(where: { $0.step == step }) else { return }
    entries[index].step = nil
    // What the fleet shows may be older.
    let member = member ?? entries[index].asked.flatMap(self.member)
    switch entries[index].phase {
    case .evicted(let victims): judgeEviction(victims, member, index, now)
    case .roomMade: loadIfFits(member, index, now)
    case .arriving: judgeArrival(member, index, now)
    case .leaving: judgeLeaving(member, index, now)
    case .pending, .evicting, .loading, .emptying, .unloading: break
    }
  }

  /// Time has passed for a job.
  mutating func look(at id: String, _ now: UInt64) {
    guard let index = place(of: id) else { return }
    if entries[index].deadline <= now { return expire(index, now) }
    guard let wake = entries[index].wake, wake <= now else { return }
    switch entries[index].phase {
    case .evicted, .roomMade, .arriving: survey(entries[index].target, index)
    case .leaving: survey(entries[index].source, index)
    case .emptying: lookAtSource(index, now)
    case .loading: glance(at: entries[index].target, index)
    case .pending, .evicting, .unloading: entries[index].wake = nil
    }
  }

  private mutating func expire(_ index: Int, _ now: UInt64) {
    let entry = entries[index]
    let time = now - entry.exchangeBegan
    let text =
      switch entry.phase {
      case .emptying:
        "loaded; requests for it are still under way on '\(entry.source?.name ?? "")' after"
          + " \(time) ms, so it stays loaded there"
      case .arriving, .loading:
        entry.failure.map(\.message) ?? "still not in memory after \(time) ms"
      default: "the server has not answered for \(time) ms"
      }
    end(entry.job.id, as: .failed, text, now)
  }

  private mutating func beginLeave(of model: String, _ backend: Backend, _ index: Int) {
    guard entries[index].leaving == nil else { return }
    entries[index].leaving = (model, backend)
    actions.append(.leaveBegan(model: model, backend))
  }

  // MARK: Making room

  private mutating func evict(_ victims: [String], _ index: Int, _ now: UInt64) {
    guard let victim = victims.first, let target = entries[index].target else {
      entries[index].phase = .roomMade
      entries[index].chances = 2
      return survey(entries[index].target, index)
    }
    if let member = member(of: target), let model = member.model(named: victim),
      requests(for: model, on: member) > 0
    {
      return end(
        entries[index].job.id, as: .failed,
        "'\(victim)' was to leave '\(target.name)' for it, and is in use again", now)
    }
    entries[index].phase = .evicting(victims)
    entries[index].job.detail = "unloading '\(victim)' to make room"
    actions.append(.tell(.makesRoom(entries[index].job, victim: victim)))
    beginLeave(of: victim, target, index)
    exchange(.unload, victim, target, within: unloadLimit, index, now)
  }

  private mutating func judgeEviction(
    _ victims: [String], _ member: FleetMember?, _ index: Int, _ now: UInt64
  ) {
    guard let victim = victims.first else { return evict([], index, now) }
    switch standing(of: victim, on: member, isAfterLoad: false, index) {
    case .done:
      entries[index].job.unloaded.append(victim)
      endLeave(entries[index])
      entries[index].leaving = nil
      evict(Array(victims.dropFirst()), index, now)
    case .open: askLater(index, after: Self.secondLook, now)
    case .failed(let why):
      end(entries[index].job.id, as: .failed, "cannot make room by '\(victim)': \(why)", now)
    }
  }

  /// Servers take a moment until what has left shows in their figures.
  private mutating func loadIfFits(_ member: FleetMember?, _ index: Int, _ now: UInt64) {
    let id = entries[index].job.id
    guard let member, let model = member.model(named: entries[index].job.model) else {
      return end(id, as: .failed, "the server lists it no more", now)
    }
    let need = sizes.need(of: model, on: member.backend)
    guard let why = sizes.estimate(of: member).refusal(of: need, rules) else {
      return load(index, model, on: member, now)
    }
    entries[index].chances -= 1
    if entries[index].chances > 0 { return askLater(index, after: Self.secondLook, now) }
    let gone = entries[index].job.unloaded.joined(separator: ", ")
    end(id, as: .failed, "no room even without \(gone): \(why)", now)
  }

  // MARK: Loading

  private mutating func load(
    _ index: Int, _ model: Model, on member: FleetMember, _ now: UInt64
  ) {
    let need = sizes.need(of: model, on: member.backend)
    entries[index].phase = .loading
    entries[index].expected = loadTime(of: model, need.bytes, now)
    entries[index].job.detail = "loading"
    exchange(.load, model.id, member.backend, within: limit(need.bytes), index, now)
    entries[index].isAnnounced = true
    // Where the memory is known, it fits beside those that are there.
    actions.append(
      .loadBegan(
        model: model.id, member.backend, evicts: sizes.estimate(of: member).free == nil))
  }

  private mutating func judgeArrival(_ member: FleetMember?, _ index: Int, _ now: UInt64) {
    switch standing(of: entries[index].job.model, on: member, isAfterLoad: true, index) {
    case .done: arrived(index, "loaded", now)
    case .open: askLater(index, after: Self.pause, now)
    case .failed(let why): end(entries[index].job.id, as: .failed, why, now)
    }
  }

  /// The target has the model.
  mutating func arrived(_ index: Int, _ detail: String, _ now: UInt64) {
    if entries[index].isAnnounced, let target = entries[index].target {
      entries[index].isAnnounced = false
      actions.append(.loadEnded(model: entries[index].job.model, target, isLoaded: true))
    }
    guard let source = entries[index].source else {
      return end(entries[index].job.id, as: .completed, detail, now)
    }
    if let member = member(of: source), member.state != .down {
      entries[index].phase = .emptying
      entries[index].exchangeBegan = now
      entries[index].deadline = now + UInt64(max(1_000, settings.timeout))
      beginLeave(of: entries[index].job.model, source, index)
      lookAtSource(index, now)
    } else {
      end(
        entries[index].job.id, as: .completed,
        "loaded; '\(source.name)' is gone, so nothing is unloaded there", now)
    }
  }

  // MARK: Unloading

  /// Unloads the model of a migration once its source has no requests for it.
  private mutating func lookAtSource(_ index: Int, _ now: UInt64) {
    guard let source = entries[index].source, let member = member(of: source),
      let model = member.model(named: entries[index].job.model)
    else { return unload(index, now) }
    let requests = requests(for: model, on: member)
    guard requests > 0 else { return unload(index, now) }
    entries[index].job.detail =
      "loaded; waits for \(requests) requests on '\(source.name)' before it unloads there"
    askLater(index, after: Self.glance, now)
  }

  private mutating func unload(_ index: Int, _ now: UInt64) {
    guard let source = entries[index].source else { return }
    beginLeave(of: entries[index].job.model, source, index)
    entries[index].phase = .unloading
    entries[index].job.detail = "unloading from '\(source.name)'"
    exchange(.unload, entries[index].job.model, source, within: unloadLimit, index, now)
  }

  private mutating func judgeLeaving(_ member: FleetMember?, _ index: Int, _ now: UInt64) {
    let id = entries[index].job.id
    switch standing(of: entries[index].job.model, on: member, isAfterLoad: false, index) {
    case .done: end(id, as: .completed, entries[index].target == nil ? "unloaded" : "moved", now)
    case .open: askLater(index, after: Self.secondLook, now)
    case .failed(let why):
      let start = entries[index].target == nil ? "" : "loaded, but not unloaded at its source: "
      end(id, as: .failed, start + why, now)
    }
  }

  // MARK: What the server says

  private enum Standing {
    case done
    /// Not known yet.
    case open
    case failed(String)
  }

  /// Whether the exchange has led to what it was for. The server's list counts before what it
  /// answered; where it does not tell what is in memory, the answer counts.
  private mutating func standing(
    of name: String, on member: FleetMember?, isAfterLoad: Bool, _ index: Int
  ) -> Standing {
    let failure = entries[index].failure
    let isOnItsWay = failure?.code == .modelLoading
    guard let member else { return failure.map { .failed($0.message) } ?? .done }
    guard let model = member.model(named: name) else {
      return isAfterLoad
        ? .failed(failure?.message ?? "the server lists it no more") : .done
    }
    let wanted: Bool
    switch model.report.residency {
    case .unknown: return failure.map { isOnItsWay ? .open : .failed($0.message) } ?? .done
    case .loading where isAfterLoad: return .open
    case .failed where isAfterLoad:
      return .failed(failure?.message ?? "the server could not load it")
    case .loaded, .loading: wanted = isAfterLoad
    case .unloaded, .failed: wanted = !isAfterLoad
    }
    if wanted { return .done }
    if isOnItsWay { return .open }
    if let failure { return .failed(failure.message) }
    entries[index].chances -= 1
    guard entries[index].chances <= 0 else { return .open }
    return .failed(
      isAfterLoad ? "the server says it is not loaded" : "the server says it is still loaded")
  }
}

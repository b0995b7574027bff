import Config
import Drivers
import Fleet
import Text

/// All jobs, as a value that is given orders and events and tells what to do. No I/O and no clock;
/// times are milliseconds of one monotonic clock.
///
/// One job at a time works at a backend. Orders of people are refused while another one does; those
/// of requests and of the gateway itself wait for it.
struct JobBook {
  /// What happened.
  enum Event {
    /// Time has passed.
    case tick
    /// The fleet looks like that from now on.
    case fleet(FleetSnapshot)
    /// A driver told how far it is.
    case progress(JobStep, JobProgress)
    /// An exchange has ended, with that failure if it has one.
    case exchanged(JobStep, DriverFailure?)
    /// A survey has ended; nil if the backend did not answer.
    case surveyed(JobStep, FleetMember?)
  }

  /// What to do.
  enum Action {
    /// Have the backend's driver load or unload a model, within so many milliseconds.
    case exchange(JobStep, OperationKind, model: String, Backend, within: UInt64)
    /// Break off an exchange, if it is still under way.
    case interrupt(JobStep)
    /// Ask a backend how it is.
    case survey(JobStep, Backend)
    /// Routing is to know that a model is on its way. `evicts`: it may throw others out.
    case loadBegan(model: String, Backend, evicts: Bool)
    /// It is there, or will not be.
    case loadEnded(model: String, Backend, isLoaded: Bool)
    /// Routing is to know that a model is to leave.
    case leaveBegan(model: String, Backend)
    /// It has left, or stays.
    case leaveEnded(model: String, Backend)
    /// Tell people.
    case tell(JobNews)
    /// Wake those who wait for the job.
    case over(ModelJob)
  }

  var settings = Settings.Lifecycle() {
    didSet { if settings != oldValue { warm.forgive() } }
  }
  private(set) var fleet = FleetSnapshot()
  /// Those that are not over, in the order of their coming.
  var entries: [JobEntry] = []
  /// Those that are over, the last one last.
  private(set) var ended: [ModelJob] = []
  var warm = WarmKeeping()
  private(set) var sizes = ModelSizes()
  /// What orders and events have led to and nobody has taken yet.
  var actions: [Action] = []
  /// When it began to follow the fleet.
  let start: UInt64
  private let clockOffset: Int64
  private var lastID: UInt64
  private var lastStep: UInt64 = 0
  private(set) var isStopped = false

  /// Jobs that are over and remembered.
  static let memory = 100

  /// `unix`: milliseconds of the wall clock at `now`. `seed`: what ids begin from.
  init(now: UInt64, unix: Int64, seed: UInt64) {
    start = now
    clockOffset = unix &- Int64(clamping: now)
    lastID = seed
  }

  /// Takes an event.
  mutating func on(_ event: Event, now: UInt64) {
    guard !isStopped else { return }
    switch event {
    case .tick: for id in entries.map(\.job.id) { look(at: id, now) }
    case .fleet(let snapshot): follow(snapshot, now)
    case .progress(let step, let progress): note(progress, of: step, now)
    case .exchanged(let step, let failure): exchanged(step, failure, now)
    case .surveyed(let step, let member): surveyed(step, member, now)
    }
    goOn(now)
  }

  /// Begins what has become possible.
  mutating func goOn(_ now: UInt64) {
    beginPending(now)
    keepWarm(now)
  }

  /// What is to be done, in the order in which to do it.
  mutating func takeActions() -> [Action] {
    defer { actions.removeAll() }
    return actions
  }

  /// When something is due next; nil if nothing is.
  func nextWake(_ now: UInt64) -> UInt64? {
    var wake = warm.nextWake(after: now) ?? .max
    for entry in entries { wake = min(wake, entry.deadline, entry.wake ?? .max) }
    return wake == .max ? nil : wake
  }

  /// Ends everything, and takes no more orders.
  mutating func stop(_ now: UInt64) {
    for id in entries.map(\.job.id) {
      end(id, as: .cancelled, "the gateway stopped", now)
    }
    isStopped = true
  }

  // MARK: Reading

  /// The job of that id, if it is remembered.
  func job(_ id: String, _ now: UInt64) -> ModelJob? {
    entries.first { $0.job.id == id }?.current(at: now) ?? ended.last { $0.id == id }
  }

  /// All that are remembered, newest first.
  func jobs(_ now: UInt64) -> [ModelJob] {
    let all = ended + entries.map { $0.current(at: now) }
    return all.enumerated().sorted {
      ($0.element.started, $0.offset) > ($1.element.started, $1.offset)
    }.map(\.element)
  }

  /// What works at a backend.
  func underWay(on backend: String, _ now: UInt64) -> ModelJob? {
    guard let member = member(backend) else { return nil }
    return entries.first { $0.isRunning && $0.concerns(member.backend) }?.current(at: now)
  }

  /// The backend with that name, or that id.
  func member(_ name: String) -> FleetMember? {
    fleet.members.first { $0.backend.name == name }
      ?? fleet.members.first { $0.backend.id == name }
  }

  /// How a backend is now, by its counters: its description may have changed.
  func member(of backend: Backend) -> FleetMember? {
    fleet.members.first { $0.backend.load === backend.load }
  }

  // MARK: Making and ending

  /// "op-" and sixteen digits.
  mutating func nextID() -> String {
    let digits = String(SplitMix.next(&lastID), radix: 16)
    return "op-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  mutating func nextStep() -> JobStep {
    lastStep += 1
    return JobStep(number: lastStep)
  }

  /// Routing forgets what was to leave for the job's sake.
  mutating func endLeave(_ entry: JobEntry) {
    guard let leaving = entry.leaving else { return }
    actions.append(.leaveEnded(model: leaving.model, leaving.backend))
  }

  func unix(_ now: UInt64) -> Int64 { clockOffset &+ Int64(clamping: now) }

  func place(of id: String) -> Int? { entries.firstIndex { $0.job.id == id } }

  /// Remembers a job that is over. What the gateway does by itself is forgotten before what somebody
  /// ordered and may still watch.
  mutating func remember(_ job: ModelJob) {
    ended.append(job)
    guard ended.count > Self.memory else { return }
    ended.remove(at: ended.dropLast().firstIndex { $0.cause != .command } ?? 0)
  }

  /// Ends a job. `text`: what has come of it, or why it failed.
  mutating func end(_ id: String, as state: ModelJob.State, _ text: String, _ now: UInt64) {
    guard let index = place(of: id) else { return }
    let entry = entries.remove(at: index)
    if let step = entry.step { actions.append(.interrupt(step)) }
    if entry.isAnnounced, let target = entry.target {
      actions.append(.loadEnded(model: entry.job.model, target, isLoaded: false))
    }
    endLeave(entry)
    var job = entry.job
    job.state = state
    job.finished = unix(now)
    job.detail = text
    switch state {
    case .completed:
      job.permille = 1_000
      actions.append(.tell(.completed(job, milliseconds: now - entry.began)))
    case .failed:
      job.failure = text
      actions.append(.tell(.failed(job)))
    default: actions.append(.tell(.cancelled(job)))
    }
    noteWarmth(job, now)
    remember(job)
    actions.append(.over(job))
    // What a job that was broken off has led to, its backends know.
    if entry.isRunning, state != .completed {
      for backend in [entry.target, entry.source] {
        if let backend { actions.append(.survey(nextStep(), backend)) }
      }
    }
  }
}

// MARK: - The fleet

extension JobBook {
  private mutating func follow(_ snapshot: FleetSnapshot, _ now: UInt64) {
    let before = Set(fleet.members.map(ObjectIdentifier.init))
    let old = fleet
    fleet = snapshot
    for member in snapshot.members where !before.contains(ObjectIdentifier(member)) {
      let known = old.members.first { $0.backend.load === member.backend.load }
      if known?.backend.settings != member.backend.settings { warm.forgive(member.backend.name) }
      learn(from: member)
    }
    sizes.keep(Set(snapshot.members.map(\.backend.name)))
    for id in entries.map(\.job.id) { checkBackends(of: id, now) }
  }

  private mutating func learn(from member: FleetMember) {
    let name = member.backend.name
    if member.state == .down { return warm.wentDown(name) }
    for model in member.models where model.report.residency == .loaded {
      warm.loaded(WarmKeeping.Place(backend: name, model: model.id))
    }
    sizes.learn(from: member)
  }

  /// Ends a job whose backend has gone.
  private mutating func checkBackends(of id: String, _ now: UInt64) {
    guard let index = place(of: id) else { return }
    let entry = entries[index]
    let isLeavingSource: Bool
    switch entry.phase {
    case .unloading, .leaving: isLeavingSource = true
    default: isLeavingSource = false
    }
    if let target = entry.target, !isLeavingSource, let why = absence(of: target) {
      return end(id, as: .failed, why, now)
    }
    guard let source = entry.source, let why = absence(of: source) else { return }
    guard entry.target != nil else { return end(id, as: .failed, why, now) }
    if isLeavingSource || entry.phase == .emptying {
      end(id, as: .completed, "loaded; \(why), so nothing is unloaded there", now)
    }
  }

  private func absence(of backend: Backend) -> String? {
    guard let member = member(of: backend) else {
      return "'\(backend.name)' was taken out of the fleet"
    }
    guard member.state == .down else { return nil }
    return "'\(backend.name)' went down" + (member.detail.isEmpty ? "" : ": \(member.detail)")
  }
}

import Config
import Drivers
import Fleet
import Net
import Telemetry

/// Brings models into memory and out of it: takes orders, carries them out beside requests, and
/// remembers what became of them. Methods are for any thread.
///
/// Decisions are made by `JobBook`; this class carries them out on the control loop.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class LifecycleManager: @unchecked Sendable {
  private struct Waiter {
    let id: Int
    let done: (ModelJob) -> Void
  }

  private let loop: EventLoop
  private let prober: any ResidencyChanger
  private let log: Log
  private var book: JobBook
  private var manager: FleetManager?
  private var timer: Timed?
  private var scopes: [JobStep: CancelScope] = [:]
  private var waiters: [String: [Waiter]] = [:]
  private var lastWaiter = 0

  /// Makes a manager that refuses everything until `start`. Its work runs on `loop`.
  public init(loop: EventLoop, prober: any ResidencyChanger, log: Log) {
    self.loop = loop
    self.prober = prober
    self.log = log
    var random = SystemRandomNumberGenerator()
    book = JobBook(
      now: MonotonicClock.milliseconds(), unix: MonotonicClock.unixNanoseconds() / 1_000_000,
      seed: random.next())
  }

  /// Begins to take orders for the fleet that `manager` keeps.
  public func start(_ manager: FleetManager, _ settings: Settings) {
    loop.post { [self] in
      self.manager = manager
      book.settings = settings.lifecycle
      conclude { now in book.goOn(now) }
    }
  }

  /// Takes the next description of the fleet. Called with each, on the control loop's thread.
  public func follow(_ fleet: FleetSnapshot) {
    conclude { now in book.on(.fleet(fleet), now: now) }
  }

  /// Takes the rules of a new configuration.
  public func configure(_ settings: Settings) {
    loop.post { [self] in
      book.settings = settings.lifecycle
      conclude { now in book.on(.tick, now: now) }
    }
  }

  /// Cancels what is under way and takes no more orders.
  public func stop() {
    loop.post { [self] in
      conclude { now in book.stop(now) }
      manager = nil
    }
  }

  // MARK: Orders

  /// Begins to load a model. `makeRoom`: whether models that are not in use may be unloaded for it.
  /// A model that is loaded already gives a job that is completed, one that is being loaded the job
  /// that does it.
  public func load(
    _ model: String, on backend: String, makeRoom: Bool = false,
    cause: ModelJob.Cause = .command
  ) async throws(LifecycleError) -> ModelJob {
    try await order { (book, now) throws(LifecycleError) in
      try book.load(model, on: backend, makeRoom: makeRoom, cause: cause, now)
    }
  }

  /// Begins to unload a model. `force`: also if requests for it are under way there.
  public func unload(
    _ model: String, on backend: String, force: Bool = false,
    cause: ModelJob.Cause = .command
  ) async throws(LifecycleError) -> ModelJob {
    try await order { (book, now) throws(LifecycleError) in
      try book.unload(model, on: backend, force: force, cause: cause, now)
    }
  }

  /// Begins to load a model on `target`, and to unload it from `source` once it is there and, if
  /// `unloadsSource`, no request for it is under way there. Until then the source serves it; if the
  /// target fails, it stays as it was.
  public func migrate(
    _ model: String, from source: String, to target: String, makeRoom: Bool = false,
    unloadsSource: Bool = true
  ) async throws(LifecycleError) -> ModelJob {
    try await order { (book, now) throws(LifecycleError) in
      try book.migrate(
        model, from: source, to: target, makeRoom: makeRoom, unloadsSource: unloadsSource, now)
    }
  }

  /// Ends a job: nothing further is done for it. What the server does on its own goes on: one that
  /// loads in the background ends that with the model in memory, for `unload` to remove.
  public func cancel(_ id: String) async throws(LifecycleError) -> ModelJob {
    try await order { (book, now) throws(LifecycleError) in try book.cancel(id, now) }
  }

  // MARK: Reading

  /// How a job stands; nil if it is not remembered.
  public func job(_ id: String) async -> ModelJob? {
    await read { book, now in book.job(id, now) }
  }

  /// The jobs that are remembered: the last hundred and all that are under way, newest first.
  public func jobs() async -> [ModelJob] { await read { book, now in book.jobs(now) } }

  /// What models take in memory, as far as it was seen.
  public func sizes() async -> ModelSizes { await read { book, _ in book.sizes } }

  /// What is under way at a backend, for its descriptions.
  public func underWay(on backend: String) async -> ModelJob? {
    await read { book, now in book.underWay(on: backend, now) }
  }

  /// Waits until a job is over, or for so many milliseconds; gives it as it is then.
  public func wait(for id: String, milliseconds: UInt64) async -> ModelJob? {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<ModelJob?, Never>) in
      loop.post { [self] in
        guard let job = book.job(id, MonotonicClock.milliseconds()), !job.state.isOver else {
          return continuation.resume(returning: book.job(id, MonotonicClock.milliseconds()))
        }
        lastWaiter += 1
        let waiter = lastWaiter
        let timer = loop.after(milliseconds) { [weak self] in
          self?.waiters[id]?.removeAll { $0.id == waiter }
          let now = MonotonicClock.milliseconds()
          continuation.resume(returning: self?.book.job(id, now))
        }
        waiters[id, default: []].append(
          Waiter(id: waiter) { [loop] job in
            loop.cancelExpiry(timer)
            continuation.resume(returning: job)
          })
      }
    }
  }

  /// Has a model that requests do not load by themselves (`ModelReport.needsLoad`) brought into
  /// memory for a request. Many requests at once make one job. Returns when it is there, or why not.
  public func ensureLoaded(
    _ model: Model, on backend: Backend, within milliseconds: UInt64
  ) async -> LoadOutcome {
    let job: ModelJob
    do {
      job = try await load(model.id, on: backend.name, makeRoom: true, cause: .request)
    } catch {
      return .failed(error.description)
    }
    let last = job.state.isOver ? job : await wait(for: job.id, milliseconds: milliseconds)
    switch last?.state {
    case .completed: return .loaded
    case .pending, .inProgress: return .late
    case .failed, .cancelled: return .failed(last?.failure ?? last?.detail ?? "")
    case nil: return .failed("the gateway stops")
    }
  }

  // MARK: On the control loop

  private func order(
    _ body: @escaping @Sendable (inout JobBook, UInt64) throws(LifecycleError) -> ModelJob
  ) async throws(LifecycleError) -> ModelJob {
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<ModelJob, LifecycleError>, Never>) in
      loop.post { [self] in
        guard manager != nil else { return continuation.resume(returning: .failure(.stopping)) }
        var result: Result<ModelJob, LifecycleError> = .failure(.stopping)
        conclude { now in
          do throws(LifecycleError) {
            result = .success(try body(&book, now))
          } catch {
            result = .failure(error)
          }
        }
        continuation.resume(returning: result)
      }
    }
    return try result.get()
  }

  private func read<Value: Sendable>(
    _ body: @escaping @Sendable (JobBook, UInt64) -> Value
  ) async -> Value {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Value, Never>) in
      loop.post { [self] in
        continuation.resume(returning: body(book, MonotonicClock.milliseconds()))
      }
    }
  }

  /// Changes the book and does what follows from that.
  private func conclude(_ change: (UInt64) -> Void) {
    let now = MonotonicClock.milliseconds()
    change(now)
    // Before the start there is nobody to ask; what is due then is found again.
    guard manager != nil else { return }
    for action in book.takeActions() { perform(action, now) }
    if let timer { loop.cancelExpiry(timer) }
    timer = nil
    guard let wake = book.nextWake(now) else { return }
    timer = loop.after(wake > now ? wake - now : 1) { [weak self] in
      self?.conclude { now in self?.book.on(.tick, now: now) }
    }
  }

  private func perform(_ action: JobBook.Action, _ now: UInt64) {
    switch action {
    case .exchange(let step, let kind, let model, let backend, let limit):
      exchange(step, kind, model, backend, limit)
    case .interrupt(let step): scopes[step]?.interrupt()
    case .survey(let step, let backend):
      // Not at once: the fleet may be in the middle of telling us something.
      loop.post { [self] in
        let manager = manager
        manager?.look(at: backend) { [self] member in
          conclude { now in book.on(.surveyed(step, member), now: now) }
        }
      }
    case .loadBegan(let model, let backend, let evicts):
      let load = backend.load
      load.loadBegan(load.account(of: model), at: now, evicts: evicts)
    case .loadEnded(let model, let backend, let isLoaded):
      let load = backend.load
      load.loadEnded(load.account(of: model), at: now, isLoaded: isLoaded)
    case .leaveBegan(let model, let backend): backend.load.account(of: model).leaveBegan()
    case .leaveEnded(let model, let backend): backend.load.account(of: model).leaveEnded()
    case .tell(let news): news.write(to: log)
    case .over(let job):
      for waiter in waiters.removeValue(forKey: job.id) ?? [] { waiter.done(job) }
    }
  }

  private func exchange(
    _ step: JobStep, _ kind: OperationKind, _ model: String, _ backend: Backend, _ limit: UInt64
  ) {
    guard let server = backend.kind else { return }
    guard let driver = server.driver else {
      let failure = DriverFailure(.unsupported, "its driver was removed")
      loop.post { [self] in
        conclude { now in book.on(.exchanged(step, failure), now: now) }
      }
      return
    }
    scopes[step] = CancelScope()
    loop.spawn { [self] in
      guard let scope = scopes[step] else { return }
      let operation = DriverOperation(
        kind: kind, backendType: server.typeBytes, model: Array(model.utf8))
      let outcome = await prober.change(
        driver, operation, at: backend.target, deadline: limit, scope: scope
      ) { [weak self] progress in
        self?.conclude { now in self?.book.on(.progress(step, progress), now: now) }
      }
      scopes[step] = nil
      conclude { now in book.on(.exchanged(step, outcome.failure), now: now) }
    }
  }
}

/// What came of a load that a request waited for.
public enum LoadOutcome: Equatable, Sendable {
  case loaded
  /// Why it is not there, in words.
  case failed(String)
  /// It goes on, but longer than the request can wait.
  case late
}

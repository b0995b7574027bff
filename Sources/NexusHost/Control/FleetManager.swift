import Config
import Drivers
import Fleet
import HTTP
import Net
import Telemetry

/// Keeps the fleet's description true: asks servers what and how they are, hears how requests end,
/// and hands out a snapshot whenever something changed.
///
/// Decisions are made by `FleetState`; this class carries them out on the control loop. Methods are
/// for any thread.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class FleetManager: @unchecked Sendable {
  private let loop: EventLoop
  private let prober: any FleetProber
  private let log: Log
  private let counts: DiscoveryCounts
  private let publish: @Sendable (FleetSnapshot) -> Void
  private var factory: BackendFactory
  private var state: FleetState
  private var timer: Timed?
  private var isRunning = false
  private var network: NetworkDiscovery?
  private var discovery: Settings.Discovery
  /// When this machine's addresses are read again.
  private var addressesDue: UInt64 = 0
  /// Called when the configuration that came last takes effect.
  private var adoption: (() -> Void)?
  /// Called once a backend has been looked at for the first time, or was waited for long enough.
  private var firstLooks: [RecordID: () -> Void] = [:]
  /// Called with the next survey that begins after they were put here, once it has ended.
  private var looks: [RecordID: [@Sendable (FleetMember?) -> Void]] = [:]

  /// How long somebody who adds a backend waits for the first look at it, in milliseconds.
  private static let firstLook: UInt64 = 2_000
  /// How long a knock may take, in milliseconds.
  private static let knock: UInt64 = 1_000
  /// How old the list of this machine's addresses may be, in milliseconds.
  private static let addressAge: UInt64 = 30_000

  /// Makes a manager that does nothing until `start()`. `kept` is what commands changed in an earlier
  /// life of the gateway. `publish` is called on the control loop's thread with each new snapshot and
  /// must only pass it on.
  public init(
    loop: EventLoop, catalogue: DriverCatalogue, options: FleetOptions,
    kept: FleetChanges = .init(),
    prober: any FleetProber, log: Log, counts: DiscoveryCounts = DiscoveryCounts(),
    publish: @escaping @Sendable (FleetSnapshot) -> Void
  ) {
    self.loop = loop
    self.prober = prober
    self.log = log
    self.counts = counts
    self.publish = publish
    discovery = options.settings.discovery
    factory = BackendFactory(
      catalogue: catalogue, ownHost: options.settings.server.host, ownPort: options.ownPort)
    state = FleetState(catalogue: catalogue, created: options.created)
    let (plan, news) = FleetPlan.make(options.settings, factory)
    state.configure(plan, now: MonotonicClock.milliseconds())
    for news in news { news.write(to: log) }
    restore(kept)
  }

  private func restore(_ kept: FleetChanges) {
    for settings in kept.added {
      var news: [FleetNews] = []
      do throws(FleetError) {
        try factory.check(settings)
        guard let backend = factory.make(settings, source: .manual, &news) else { continue }
        try state.restore(backend, now: MonotonicClock.milliseconds())
      } catch {
        news.append(.notRestored(name: settings.name, why: error.description))
      }
      for news in news { news.write(to: log) }
    }
    for name in kept.draining { state.restoreDraining(name) }
  }

  /// Publishes the fleet as it is known and starts to look at it.
  public func start() {
    loop.post { [self] in
      isRunning = true
      handle(.tick)
      network?.follow(discovery)
    }
  }

  /// Ends all looking; what is under way is forgotten.
  public func stop() {
    loop.post { [self] in
      isRunning = false
      if let timer { loop.cancelExpiry(timer) }
      timer = nil
    }
  }

  /// Names what hears of announcements in the local network; `heard` is to be told of them.
  /// Before `start()`.
  public func browse(with browser: any ServiceBrowsing & Sendable) {
    network = NetworkDiscovery(browser, factory.catalogue)
  }

  /// Tells what is heard from the local network.
  public func heard(_ event: ServiceEvent) {
    loop.post { [self] in
      counts.note(event)
      handle(.heard(event))
    }
  }

  /// Tells that a live request failed on a backend.
  public func attemptFailed(on backend: Backend, _ failure: DriverFailure) {
    loop.post { [self] in handle(.requestFailed(backend, failure)) }
  }

  /// Tells that a live request succeeded on a backend that is in doubt (`BackendLoad.isDoubted`).
  public func attemptSucceeded(on backend: Backend) {
    loop.post { [self] in handle(.requestSucceeded(backend)) }
  }

  private func handle(_ event: FleetState.Event) {
    guard isRunning else { return }
    let now = MonotonicClock.milliseconds()
    if now >= addressesDue, discovery.enabled {
      state.discovery.own = NumericAddress.ofThisMachine()
      addressesDue = now + Self.addressAge
    }
    perform(state.on(event, now: now))
  }

  private func perform(_ actions: [FleetState.Action]) {
    for action in actions { perform(action) }
    endFirstLooks()
    for id in looks.keys where state.place(of: id) == nil {
      for look in looks.removeValue(forKey: id) ?? [] { look(nil) }
    }
    setTimer()
  }

  private func setTimer() {
    if let timer { loop.cancelExpiry(timer) }
    timer = nil
    guard let wake = state.nextWake else { return }
    let now = MonotonicClock.milliseconds()
    timer = loop.after(wake > now ? wake - now : 0) { [weak self] in self?.handle(.tick) }
  }

  private func perform(_ action: FleetState.Action) {
    switch action {
    case .adopt:
      adoption?()
      adoption = nil
    case .publish(let snapshot): publish(snapshot)
    case .tell(let news):
      counts.note(news)
      news.write(to: log)
    case .knock(let look, let endpoint):
      loop.spawn { [self] in
        let isOpen = await prober.isOpen(endpoint, within: Self.knock)
        handle(.knocked(look, isOpen: isOpen))
      }
    case .resolve(let name):
      loop.spawn { [self] in
        let addresses = await BlockingWork.run { NumericAddress.resolve(name) }
        handle(.resolved(name, addresses))
      }
    case .identify(let subject, let target):
      let edition = state.driverEdition
      for (order, driver) in state.identifiers.enumerated() {
        loop.spawn { [self] in
          let outcome = await prober.run(
            driver, DriverOperation(kind: .identify), at: target, limits: limits)
          guard state.driverEdition == edition else { return }
          handle(.identified(subject, order: order, outcome))
        }
      }
    case .survey(let id, let backend, let kind):
      let looks = looks.removeValue(forKey: id) ?? []
      loop.spawn { [self] in
        let operation = DriverOperation(kind: .survey, backendType: kind.typeBytes)
        let target = backend.source == .discovered ? backend.target.asDiscovery : backend.target
        let began = MonotonicClock.nanoseconds()
        guard let driver = kind.driver else {
          for look in looks { look(nil) }
          return
        }
        let outcome = await prober.run(driver, operation, at: target, limits: limits)
        if outcome.failure == nil {
          backend.load.probes.record(MonotonicClock.nanoseconds() - began)
        }
        backend.load.looked(at: MonotonicClock.unixSeconds())
        handle(.surveyed(id, outcome))
        let index = looks.isEmpty ? nil : state.place(of: id)
        for look in looks { look(index.map { state.records[$0].currentMember() }) }
      }
    }
  }

  private var limits: ProbeLimits { ProbeLimits(state.healthCheck) }
}

// MARK: - Looks

extension FleetManager {
  /// Has a backend surveyed now, and calls `done` with what came of it: nil if it has gone, nobody
  /// can ask it, or it is down. A survey that is under way already does not count: it may know less.
  /// On the control loop's thread, as is the call of `done`.
  func look(at backend: Backend, _ done: @escaping @Sendable (FleetMember?) -> Void) {
    guard isRunning, let id = state.hasten(backend, now: MonotonicClock.milliseconds()),
      let index = state.place(of: id), !state.records[index].needsIdentification
    else { return done(nil) }
    looks[id, default: []].append(done)
    setTimer()
  }
}

// MARK: - Changes

extension FleetManager {
  /// Makes the fleet what the settings say, spoken to by these drivers. `adopted` is called on the control loop's thread at the
  /// moment from which they hold, just before the first snapshot that follows from them: then, or
  /// after new backends have been looked at, a second at most.
  public func configure(
    _ settings: Settings, _ catalogue: DriverCatalogue,
    adopted: @escaping @Sendable () -> Void
  ) {
    loop.post { [self] in
      guard isRunning else { return }
      factory.catalogue = catalogue
      network?.catalogue = catalogue
      let (plan, news) = FleetPlan.make(settings, factory)
      for news in news { news.write(to: log) }
      let before = adoption
      adoption = {
        before?()
        adopted()
      }
      discovery = settings.discovery
      handle(.configured(plan))
      network?.follow(discovery)
    }
  }

  /// Adds a backend that somebody names while the gateway runs, and gives it back after the first
  /// look at it, or after two seconds.
  public func add(_ settings: Settings.Backend) async throws(FleetError) -> FleetMember {
    let id = try await change { [self] () throws(FleetError) in
      try factory.check(settings)
      var news: [FleetNews] = []
      let made = factory.make(settings, source: .manual, &news)
      for news in news { news.write(to: log) }
      guard let made else { throw .ownAddress(url: settings.endpoint.url) }
      let (id, actions) = try state.add(made, now: MonotonicClock.milliseconds())
      perform(actions)
      return id
    }
    await firstLook(at: id)
    return try await change { [self] () throws(FleetError) in
      guard let index = state.place(of: id) else { throw .unknown(settings.name, known: []) }
      return state.records[index].currentMember()
    }
  }

  /// Takes the backend of that name out of the fleet, and gives it back; requests that are under way
  /// there finish. One that the configuration names comes back with the next reload.
  public func remove(_ name: String) async throws(FleetError) -> Backend {
    try await change { [self] () throws(FleetError) in
      let (backend, actions) = try state.remove(
        named: name, now: MonotonicClock.milliseconds())
      perform(actions)
      return backend
    }
  }

  /// Takes the backend of that name out of use, or into use again, and gives it back.
  public func setDraining(
    _ isDraining: Bool, _ name: String
  ) async throws(FleetError) -> FleetMember {
    try await change { [self] () throws(FleetError) in
      let (member, actions) = try state.setDraining(
        isDraining, named: name, now: MonotonicClock.milliseconds())
      perform(actions)
      return member
    }
  }

  /// Runs a change on the control loop's thread.
  private func change<Value: Sendable>(
    _ body: @escaping @Sendable () throws(FleetError) -> Value
  ) async throws(FleetError) -> Value {
    let result = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<Result<Value, FleetError>, Never>) in
      loop.post {
        do throws(FleetError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  private func firstLook(at id: RecordID) async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.post { [self] in
        firstLooks[id] = { continuation.resume() }
        endFirstLooks()
        loop.after(Self.firstLook) { [weak self] in self?.firstLooks.removeValue(forKey: id)?() }
      }
    }
  }

  private func endFirstLooks() {
    for id in firstLooks.keys {
      let record = state.place(of: id).map { state.records[$0] }
      guard record?.health.state != .unknown || record.map(state.canProbe) == false else {
        continue
      }
      firstLooks.removeValue(forKey: id)?()
    }
  }
}

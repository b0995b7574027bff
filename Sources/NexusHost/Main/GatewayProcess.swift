import CLinux
import Config
import Control
import Drivers
import Fleet
import Gateway
import Glibc
import HTTP
import Net
import Routing
import Telemetry

/// The composition root: puts the rooms together and runs them.
///
/// The calling thread waits for signals; one thread turns the control loop, and one for each worker
/// takes requests.
struct GatewayProcess {
  private let reloading: Reloading
  private let launch: Launch
  private var settings: Settings { reloading.started.settings }
  private var drivers: LoadedDrivers { reloading.drivers }
  private var log: Log { reloading.log }

  /// How long a start waits for the first answers of the backends before it takes requests.
  private static let firstLook: UInt64 = 1_000
  /// The same while another gateway serves: there is no hurry, and its clients are to find here what
  /// they found there.
  private static let successorsLook: UInt64 = 15_000
  /// How long the gateway before is given to withdraw its announcement: its name is then free.
  private static let farewell: UInt64 = 1_000
  /// How long the last spans are given to be delivered.
  private static let lastDelivery: UInt64 = 1_000

  /// Serves until a signal ends it; gives the exit code.
  static func run(_ reloading: Reloading, _ launch: Launch) -> Int32 {
    let log = reloading.log
    do {
      return try GatewayProcess(reloading: reloading, launch: launch).run()
    } catch let error as LocalSocketError {
      log.flush()
      Terminal.complain("Error: \(ControlSocket.explain(error))\n")
    } catch let error as StartError {
      log.flush()
      Terminal.complain("Error: \(error)\n")
    } catch {
      log.flush()
      Terminal.complain("Error: cannot start: \(error)\n")
    }
    return ExitCode.failure
  }

  private func run() throws -> Int32 {
    let service = launch.service
    ResourceLimits.raiseOpenFiles(log)
    let count = settings.server.threads ?? Int(nexus_usable_cores())
    let succession = try beginSuccession()
    let door = try FrontDoor.open(
      settings.server, passed: launch.sockets, before: succession?.sockets ?? [], workers: count,
      log: log)
    let url = door.url
    try succession?.takeState()
    let state = try openState()
    let ledger = BudgetLedger(state, log: log)
    let observer = LateObserver()
    let control = try EventLoop()
    var random = SystemRandomNumberGenerator()
    let id = GatewayID(using: &random)
    let prober = try NetworkProber(loop: control, id: id)
    let lifecycle = LifecycleManager(loop: control, prober: prober, log: log)
    let advisor = FleetAdvisor(loop: control, state: state, log: log)
    let metrics = GatewayMetrics()
    metrics.drivers.set(drivers.catalogue)
    let shared = GatewayShared(
      version: NexusVersion.text, id: id, log: log,
      ledger: ledger, lifecycle: lifecycle, advisor: advisor, live: LiveFeed(loop: control),
      observer: observer, metrics: metrics)
    let view = GatewayView(fleet: FleetSnapshot(), rules: GatewayRules(settings))
    let workers = try start(door.shares(for: count), shared, view)
    let ready = { @Sendable in service.ready("listening on \(url)") }
    let opening = Opening(workers: workers, log: log) { [log, events = launch.events] in
      log.flush(within: 100)
      Terminal.say("nexus \(NexusVersion.text) listening on \(url)\n")
      ready()
      events.post(.opened)
    }
    let published = PublishedView(view)
    let publisher = ViewPublisher(
      workers: workers, published: published, affinity: shared.affinity, ledger: ledger)
    let fleet = FleetOptions(
      settings, ownPort: door.port, created: MonotonicClock.unixSeconds())
    let manager = FleetManager(
      loop: control, catalogue: drivers.catalogue, options: fleet, kept: keptFleet(in: state),
      prober: prober, log: log, counts: metrics.discovery
    ) { snapshot in
      publisher.publish(snapshot)
      lifecycle.follow(snapshot)
      if snapshot.isLookedAt { opening.open() }
    }
    observer.connect(manager)
    let traces = try TraceExporter(
      loop: control, queue: shared.traces, log: log, version: NexusVersion.text, id: id,
      environment: ControlSocket.environment)
    traces.configure(settings.traces)
    let network = LocalNetwork(
      loop: control,
      announcer: Announcer(
        id: id, port: door.port, isReachable: door.isReachable, machine: MachineName.current),
      settings: settings.discovery, log: log
    ) { manager.heard($0) }
    manager.browse(with: network)
    let reloader = reloading.controller(
      control, manager, lifecycle, network, publisher, traces, metrics.drivers
    ) { begins in
      if begins { service.reloading() } else { ready() }
    }
    let admin = GatewayAdmin(
      url: url, drivers: drivers, workers: workers, published: published, manager: manager,
      reloader: reloader, state: state, log: log)
    let handover = Handover(
      door: door, state: state, beforeLending: advisor.keep, loop: control,
      events: launch.events, log: log)
    let administration = Administration(
      settings.server, port: door.port, loop: control,
      routes: AdminRoutes.standard(admin, shared, on: control) + [handover.route], log: log)
    if succession == nil { try administration.open(replacing: false) }
    let thread = try LoopThread(name: "nexus-control", loop: control)
    let patience = succession == nil ? Self.firstLook : Self.successorsLook
    control.post { control.after(patience) { opening.open() } }
    manager.start()
    lifecycle.start(manager, settings)
    advisor.start(lifecycle) {
      let view = published.current
      return FleetAdvisor.View(view.fleet, view.rules.fleet, view.rules.memory)
    }
    shared.live.start(shared) { published.current }
    metrics.watch(control, as: "control")
    QualityKeeper(loop: control, log: log, times: metrics.qualityLooks) {
      let view = published.current
      return (view.fleet, view.rules.quality)
    }.start()
    reloader.start()
    let loops = [("control", control)] + workers.enumerated().map { ("\($0)", $1.loop) }
    let main = MainThread(
      events: launch.events, watchdog: Watchdog(service, loops: loops, log: log))
    let reason = waitForEnd(main, reloader) {
      succession.map { succeed($0, door, administration) }
      network.appear(after: succession == nil ? 0 : Self.farewell)
    }
    network.disappear()
    reloader.stop()
    opening.close()
    Shutdown(
      workers: workers, door: door, shared: shared, main: main, service: service, log: log,
      drainTimeout: published.current.rules.limits.drain
    ).run(because: reason)
    traces.stop(within: Self.lastDelivery)
    advisor.stop()
    lifecycle.stop()
    manager.stop()
    network.stop()
    administration.stop()
    control.stop()
    thread.join()
    for worker in workers { worker.stop() }
    ledger.close()
    state.close()
    return ExitCode.success
  }

  /// Opens what outlives a restart.
  private func openState() throws(StateError) -> StateStore {
    let location = StateLocation.resolve(
      explicit: settings.server.stateDirectory, environment: ControlSocket.environment)
    let (state, report) = try StateStore.open(location)
    for note in report.notes { log.warn("state", "\(note)") }
    return state
  }

  private func keptFleet(in state: StateStore) -> FleetChanges {
    var notes: [String] = []
    defer { for note in notes { log.warn("state", "\(note)") } }
    return KeptFleet(state).load(&notes)
  }

  private func start(
    _ shares: [[Socket.Listening]], _ shared: GatewayShared, _ view: GatewayView
  ) throws(NetError) -> [WorkerThread] {
    var random = SystemRandomNumberGenerator()
    var workers: [WorkerThread] = []
    for (number, sockets) in shares.enumerated() {
      workers.append(
        try WorkerThread(
          number: number, sockets: sockets, shared: shared, view: view, seed: random.next()))
    }
    return workers
  }

  /// Gets ready to take the place of a gateway that runs, if that is wanted and there is one.
  private func beginSuccession() throws(StartError) -> Succession? {
    guard launch.takesOver else { return nil }
    let succession = try Succession.begin(settings.server)
    if succession == nil {
      log.info("serve", "there is no gateway to take over from; starting as usual")
    }
    return succession
  }

  /// Takes commands in the place of the gateway before, and lets it go. The doors are open.
  private func succeed(
    _ succession: Succession, _ door: FrontDoor, _ administration: Administration
  ) {
    do {
      try administration.open(replacing: true)
    } catch {
      log.warn("control", "commands cannot reach this gateway", ["reason": "\(error)"])
    }
    if let error = succession.finish() {
      log.warn(
        "serve", "the gateway before may go on; if it does, stop it", ["reason": "\(error)"])
    } else {
      door.own()
      log.info("serve", "taken over")
    }
  }

  /// Lives until something ends the process, and says what.
  private func waitForEnd(
    _ main: MainThread, _ reloader: ReloadController, opened: () -> Void
  ) -> Shutdown.Reason {
    while true {
      switch main.next() {
      case .stop(let signal): return .signal(signal)
      case .retire(let successor): return .successor(successor)
      case .reload: reloader.request()
      case .opened: opened()
      case nil: continue
      }
    }
  }
}

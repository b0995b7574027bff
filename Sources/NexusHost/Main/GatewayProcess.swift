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
  private let events: ProcessEvents
  private let service: ServiceManager
  private var settings: Settings { reloading.started.settings }
  private var catalogue: DriverCatalogue { reloading.catalogue }
  private var log: Log { reloading.log }

  /// How long a start waits for the first answers of the backends before it takes requests.
  private static let firstLook: UInt64 = 1_000

  /// Serves until a signal ends it; gives the exit code.
  static func run(
    _ reloading: Reloading, _ events: ProcessEvents, _ service: ServiceManager
  ) -> Int32 {
    let process = GatewayProcess(reloading: reloading, events: events, service: service)
    let log = reloading.log
    do {
      return try process.run()
    } catch let error as NetError {
      log.flush()
      Terminal.complain("Error: \(process.explain(error))\n")
    } catch let error as LocalSocketError {
      log.flush()
      Terminal.complain("Error: \(ControlSocket.explain(error))\n")
    } catch {
      log.flush()
      Terminal.complain("Error: cannot start: \(error)\n")
    }
    return ExitCode.failure
  }

  private func run() throws -> Int32 {
    ResourceLimits.raiseOpenFiles()
    if try Socket.isTaken(host: settings.server.host, port: settings.server.port) {
      throw NetError.system(call: "bind", errno: EADDRINUSE)
    }
    let sockets = try listen()
    let door = try ControlSocket.open(
      named: settings.server.controlSocket, port: sockets[0].port, log: log)
    let state = try openState()
    let url = Endpoint(scheme: .http, host: settings.server.host, port: sockets[0].port).url
    let observer = LateObserver()
    let shared = GatewayShared(
      version: NexusVersion.text, hasDrivers: !catalogue.drivers.isEmpty, log: log,
      observer: observer)
    let view = GatewayView(fleet: FleetSnapshot(), rules: GatewayRules(settings))
    let workers = try start(sockets, shared, view)
    let control = try EventLoop()
    let ready = { @Sendable [service] in service.ready("listening on \(url)") }
    let opening = Opening(workers: workers, log: log) { [log] in
      log.flush(within: 100)
      Terminal.say("nexus \(NexusVersion.text) listening on \(url)\n")
      ready()
    }
    let published = PublishedView(view)
    let publisher = ViewPublisher(workers: workers, published: published)
    let fleet = FleetOptions(
      settings, ownPort: sockets[0].port, created: MonotonicClock.unixSeconds())
    let manager = FleetManager(
      loop: control, catalogue: catalogue, options: fleet, kept: keptFleet(in: state),
      prober: try NetworkProber(loop: control), log: log
    ) { snapshot in
      publisher.publish(snapshot)
      if snapshot.isLookedAt { opening.open() }
    }
    observer.connect(manager)
    let reloader = reloading.controller(control, manager, publisher) { [service] begins in
      if begins { service.reloading() } else { ready() }
    }
    let admin = GatewayAdmin(
      url: url, catalogue: catalogue, workers: workers, published: published, manager: manager,
      reloader: reloader, state: state, log: log)
    let administration = door.map { adminServer($0, control, admin, shared) }
    administration?.start()
    let thread = try LoopThread(name: "nexus-control", loop: control)
    control.post { control.after(Self.firstLook) { opening.open() } }
    manager.start()
    reloader.start()
    let loops = [("control", control)] + workers.enumerated().map { ("\($0)", $1.loop) }
    let main = MainThread(
      events: events, watchdog: Watchdog(service, loops: loops, log: log))
    let signal = waitForStop(main, reload: reloader.request)
    reloader.stop()
    opening.close()
    Shutdown(
      workers: workers, shared: shared, main: main, service: service, log: log,
      drainTimeout: published.current.rules.limits.drain
    ).run(because: signal)
    manager.stop()
    administration?.stop()
    control.stop()
    thread.join()
    for worker in workers { worker.stop() }
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

  private func adminServer(
    _ socket: Socket.LocalListening, _ loop: EventLoop, _ admin: GatewayAdmin,
    _ shared: GatewayShared
  ) -> AdminServer {
    AdminServer(loop: loop, socket: socket, routes: AdminRoutes.standard(admin, shared)) {
      [log] error in
      log.warn("control", "a connection could not be taken", ["reason": "\(error)"])
    }
  }

  private func listen() throws(NetError) -> [Socket.Listening] {
    let count = settings.server.threads ?? Int(nexus_usable_cores())
    var sockets = [try Socket.listen(host: settings.server.host, port: settings.server.port)]
    while sockets.count < count {
      sockets.append(try Socket.listen(host: settings.server.host, port: sockets[0].port))
    }
    return sockets
  }

  private func start(
    _ sockets: [Socket.Listening], _ shared: GatewayShared, _ view: GatewayView
  ) throws(NetError) -> [WorkerThread] {
    var random = SystemRandomNumberGenerator()
    var workers: [WorkerThread] = []
    for (number, socket) in sockets.enumerated() {
      workers.append(
        try WorkerThread(
          number: number, sockets: [socket], shared: shared, view: view, seed: random.next()))
    }
    return workers
  }

  /// Lives until a signal to stop comes; gives its number.
  private func waitForStop(_ main: MainThread, reload: () -> Void) -> Int32 {
    while true {
      switch main.next() {
      case .stop(let signal): return signal
      case .reload: reload()
      case nil: continue
      }
    }
  }

  /// What went wrong and how to mend it.
  private func explain(_ error: NetError) -> String {
    let (host, port) = (settings.server.host, settings.server.port)
    let place = "\(host):\(port)"
    switch error {
    case .system(call: _, errno: EADDRINUSE):
      return "\(place) is in use by another program. Stop that, or choose another port,"
        + " for example with --port \(port &+ 1), or --port 0 for any free one."
    case .system(call: _, errno: EACCES):
      return "this user may not listen on \(place). Choose a port above 1023 with --port."
    case .system(call: _, errno: EADDRNOTAVAIL):
      return "\(host) is not an address of this machine."
        + " Use --host 127.0.0.1 for this machine alone, or 0.0.0.0 for the network."
    default: return "cannot start: \(error)"
    }
  }
}

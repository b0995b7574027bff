import Control
import Drivers
import Fleet
import HTTP
import Net
import Routing
import Synchronization
import Telemetry

/// What all workers of a gateway share. Immutable, or safe on any thread.
public final class GatewayShared: Sendable {
  public let version: String
  /// Which gateway this is.
  let id: GatewayID
  /// The header lines that go up with every request, up to where the gateways that it has passed
  /// stand, and from there to where its id stands.
  let upstreamLines: (before: [UInt8], after: [UInt8])
  /// Whether any driver is loaded; without one no backend can be spoken to.
  var hasDrivers: Bool { metrics.drivers.loaded > 0 }
  private let startedAt = MonotonicClock.milliseconds()
  /// Told of every attempt that failed and every backend that answered although in doubt; called on
  /// workers, so it must only pass the news on.
  let observer: any AttemptObserver
  let log: Log
  /// Requests for models that are being served.
  let requests = Occupancy()
  /// Requests that wait for a backend.
  let queue = WaitingRoom()
  /// Who watches over a WebSocket.
  let viewers = Occupancy()
  /// Which backends hold which conversations.
  public let affinity = Affinity()
  /// Why the last requests went where they went.
  let decisions = DecisionRing()
  /// What became of the last requests.
  let history = RequestHistory()
  /// What is counted.
  public let metrics: GatewayMetrics
  /// How many retries may still be made.
  let retries = RetryBudget()
  /// What the month has cost.
  let ledger: BudgetLedger
  /// Who brings models into memory and out of it.
  let lifecycle: LifecycleManager
  /// Who knows how models are used.
  let advisor: FleetAdvisor
  /// Who tells how everything stands.
  public let live: LiveFeed
  /// Requests whose spans are to be delivered.
  public let traces = TraceQueue()
  private let draining = Atomic<Bool>(false)

  public init(
    version: String, id: GatewayID, log: Log, ledger: BudgetLedger,
    lifecycle: LifecycleManager, advisor: FleetAdvisor, live: LiveFeed,
    observer: any AttemptObserver,
    metrics: GatewayMetrics = GatewayMetrics()
  ) {
    self.metrics = metrics
    self.ledger = ledger
    self.lifecycle = lifecycle
    self.advisor = advisor
    self.live = live
    self.version = version
    self.id = id
    upstreamLines = (
      Array("accept: */*\r\nx-nexus-hops: ".utf8), id.digits + Array("\r\nx-request-id: ".utf8)
    )
    self.log = log
    self.observer = observer
  }

  /// How long the gateway has been running.
  var uptimeSeconds: Int { Int((MonotonicClock.milliseconds() - startedAt) / 1_000) }

  /// Whether the gateway takes no new requests, because it stops.
  public var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// Says in /health that the gateway stops, and closes connections after their present request.
  public func drain() { draining.store(true, ordering: .relaxed) }
}

/// Hears how attempts end. Any thread; must not block.
public protocol AttemptObserver: Sendable {
  /// A backend failed a live request.
  func attemptFailed(on backend: Backend, _ failure: DriverFailure)
  /// A backend that was in doubt answered a live request.
  func attemptSucceeded(on backend: Backend)
}

/// One loop's share of the gateway: its listener, its connections, its view of the fleet.
///
/// Confined to its loop's thread, except where methods say otherwise.
final class Worker {
  let loop: EventLoop
  let shared: GatewayShared
  let pool: UpstreamPool
  var ids: RequestIDs
  /// Room for the log lines of requests.
  let line = LogLine()
  /// Room for what a plan sees of the load.
  let tape = LoadTape()
  /// Where this worker counts.
  let metrics: WorkerMetrics
  /// Where it keeps its last requests.
  let history: HistoryRing
  /// The requests for models that it serves.
  let requests: WorkerRequests
  private let sampler: CallSampler
  /// What this worker goes by; the control loop hands over the next view by a message.
  var view: GatewayView {
    didSet {
      guard view.rules !== oldValue.rules else { return }
      pool.timeouts = view.rules.timeouts
      history.resize(to: view.rules.historySize)
      for session in sessions { session.connection.settings = view.rules.server }
      if !view.rules.dashboard.isOn {
        for session in sessions { session.watcher?.end(ClientSession.switchedOff) }
      }
    }
  }
  var fleet: FleetSnapshot { view.fleet }
  var rules: GatewayRules { view.rules }

  private var sockets: [Socket.Listening] = []
  private var listeners: [Listener] = []
  private var sessions = SessionList()
  /// How long connections without a request stay open; nil before the gateway stops.
  private var idleLimit: UInt64?
  /// Whether the time for requests is over.
  private(set) var isCutOff = false
  private var calls: [UpstreamCall] = []
  /// Replies that are read on without their clients.
  private var abandoned: [AbandonedReply] = []
  private let gauge: WorkGauge
  private var lastMoment: UInt64 = 0
  /// How long connections that the kernel has begun to set up are waited for, once no more are taken.
  private static let lastCall: UInt64 = 50
  /// How long a new connection may wait with its first request while the gateway stops.
  private static let firstRequestLimit: UInt64 = 1_000
  /// Most bytes of a reply that are held until a driver has decided what it is.
  private static let holdLimit = 1 << 20
  private static let keptCalls = 128

  init(
    loop: EventLoop, shared: GatewayShared, view: GatewayView, gauge: WorkGauge, seed: UInt64
  ) throws(NetError) {
    self.loop = loop
    self.shared = shared
    self.view = view
    self.gauge = gauge
    ids = RequestIDs(seed: seed)
    pool = try UpstreamPool(loop: loop, timeouts: view.rules.timeouts)
    let metrics = WorkerMetrics(shared.metrics.labels)
    self.metrics = metrics
    history = shared.history.newRing(size: view.rules.historySize)
    requests = WorkerRequests(loop)
    sampler = CallSampler { metrics.count(callOf: $0, nanoseconds: $1) }
    shared.metrics.add(
      .init(shard: metrics.shard, gauge: gauge, connections: pool.counts), on: loop)
    shared.live.add(requests, on: loop)
    shared.queue.changed(view.fleet)
  }

  /// Takes connections from the sockets until `stopListening`.
  func serve(_ sockets: [Socket.Listening], trouble: @escaping @Sendable (NetError) -> Void) {
    guard self.sockets.isEmpty, idleLimit == nil else { return }
    self.sockets = sockets
    for socket in sockets {
      do {
        let listener = LoopBound(try Listener(socket, loop: loop))
        listeners.append(listener.value)
        let worker = LoopBound(self)
        gauge.listeners.add(1)
        loop.spawn { [gauge] in
          await listener.value.run(serve: { worker.value.accept($0) }, trouble: trouble)
          gauge.listeners.add(-1)
        }
      } catch {
        trouble(error)
      }
    }
  }

  /// Takes no new connections, and lets those go that have no request for so many milliseconds.
  /// `sharing`: other processes go on listening on the same sockets.
  func drain(idle: UInt64, sharing: Bool) {
    guard idleLimit == nil else { return }
    idleLimit = idle
    for session in sessions { limitIdle(session, to: idle) }
    let own = sharing ? [] : sockets.filter { !$0.isShared }
    for socket in own { Socket.ignoreNewConnections(socket) }
    let listeners = listeners
    loop.after(own.isEmpty ? 0 : Self.lastCall) {
      for listener in listeners { listener.stop() }
    }
    gauge.drain()
  }

  /// Ends what is still under way: clients are told as far as they can be.
  func cutOff() {
    isCutOff = true
    shared.queue.close()
    for session in sessions { session.cutOff() }
    for reply in abandoned { reply.cutOff() }
  }

  /// Times and sizes of WebSockets.
  var webSockets: WebSocketRules {
    var sockets = WebSocketRules()
    sockets.frameTime = rules.server.headTimeout
    return sockets
  }

  /// A request has begun, or ended.
  func count(_ change: Int) { gauge.requests.add(change) }

  /// The present moment in nanoseconds of the clock that all workers share, later at every call.
  func nextMoment() -> UInt64 {
    lastMoment = max(lastMoment + 1, loop.nowNanoseconds)
    return lastMoment
  }

  /// A call object, used again from request to request.
  func takeCall() -> UpstreamCall {
    if let call = calls.popLast() { return call }
    let call = UpstreamCall(loop: loop, pool: pool)
    call.holdLimit = Self.holdLimit
    call.exchange.sampler = sampler
    return call
  }

  /// Takes a call back, unless its reply goes on without its client.
  func give(_ call: UpstreamCall) {
    if !abandoned.isEmpty, abandoned.contains(where: { $0.call === call }) { return }
    call.close()
    if calls.count < Self.keptCalls { calls.append(call) }
  }

  /// Reads a reply on whose client has gone, for so many milliseconds at most.
  func drain(_ reply: AbandonedReply, for milliseconds: UInt64) {
    abandoned.append(reply)
    gauge.abandoned.add(1)
    let reply = LoopBound(reply)
    loop.spawn { await reply.value.run(for: milliseconds) }
  }

  /// Such a reply has ended, well or not.
  func forget(_ reply: AbandonedReply) {
    abandoned.removeAll { $0 === reply }
    give(reply.call)
    gauge.abandoned.add(-1)
  }

  private func accept(_ fd: Int32) {
    let transport: Transport
    do {
      transport = try Transport(fd: fd, loop: loop, readable: true)
    } catch {
      return
    }
    let session = LoopBound(ClientSession(transport: transport, worker: self))
    sessions.add(session.value)
    gauge.connections.add(1)
    if let idleLimit { limitIdle(session.value, to: idleLimit) }
    loop.spawn { await session.value.run() }
  }

  /// A connection has been closed.
  func remove(_ session: ClientSession) {
    sessions.remove(session)
    gauge.connections.add(-1)
  }

  private func limitIdle(_ session: ClientSession, to milliseconds: UInt64) {
    let least = session.hasServed ? 0 : Self.firstRequestLimit
    session.limitIdle(to: max(milliseconds, least))
  }
}

/// Carries an object that is confined to a loop's thread into a task of that loop.
///
/// `@unchecked Sendable`: made on the loop's thread and opened only by a task that runs there.
struct LoopBound<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

import Fleet
import Net
import Synchronization

/// A worker with its thread and its sockets: the handle that the rest of the program holds.
///
/// Methods are for any thread.
public final class WorkerThread: Sendable {
  private let thread: LoopThread
  private let worker: LoopBound<Worker>
  private let sockets: [Socket.Listening]
  private let gauge: WorkGauge

  /// Starts the thread. It takes no connection before `serve`.
  public init(
    number: Int, sockets: [Socket.Listening], shared: GatewayShared, view: GatewayView,
    seed: UInt64
  ) throws(NetError) {
    let loop = try EventLoop()
    gauge = WorkGauge()
    worker = LoopBound(
      try Worker(loop: loop, shared: shared, view: view, gauge: gauge, seed: seed))
    self.sockets = sockets
    thread = try LoopThread(name: "nexus-\(number)", loop: loop)
  }

  /// The loop that the thread turns.
  public var loop: EventLoop { thread.loop }

  /// Requests that are being served.
  public var requestsUnderWay: Int { gauge.requests.count }

  /// Connections that are open.
  public var openConnections: Int { gauge.connections.count }

  /// Whether the worker drains and nothing is left: it takes no connections and has none.
  public var isDrained: Bool { gauge.isDrained }

  /// Hands over what to go by from now on; requests under way keep what they began with. `taken` is
  /// called on the worker's thread when that is so.
  public func publish(_ view: GatewayView, taken: @escaping @Sendable () -> Void) {
    thread.loop.post { [worker] in
      worker.value.view = view
      worker.value.shared.queue.changed(view.fleet)
      worker.value.shared.decisions.fleetChanged(to: view.fleet)
      taken()
    }
  }

  /// Begins to take connections; does nothing when called again, or while the worker drains.
  /// `trouble` hears why some could not be taken, on the worker's thread.
  public func serve(trouble: @escaping @Sendable (NetError) -> Void) {
    thread.loop.post { [worker, sockets] in worker.value.serve(sockets, trouble: trouble) }
  }

  /// Takes no new connections, and closes those without a request after so many milliseconds; what
  /// is under way goes on. `sharing`: other processes go on listening on the same sockets.
  public func drain(idle: UInt64, sharing: Bool) {
    thread.loop.post { [worker] in worker.value.drain(idle: idle, sharing: sharing) }
  }

  /// Ends requests that are under way, and tells their clients as far as they can be told.
  public func cutOff() {
    thread.loop.post { [worker] in worker.value.cutOff() }
  }

  /// Ends the thread, and with it whatever is still under way.
  public func stop() {
    thread.loop.stop()
    thread.join()
  }
}

/// What a worker has under way: written by its thread, read by any.
final class WorkGauge: Sendable {
  let requests = Gauge()
  let connections = Gauge()
  let listeners = Gauge()
  /// Replies that are read on without their clients.
  let abandoned = Gauge()
  private let draining = Atomic<Bool>(false)

  /// Says that there will be no more listeners.
  func drain() { draining.store(true, ordering: .releasing) }

  // In the order in which the worker changes them: the last connections come from the listeners, and
  // the last abandoned replies from the connections.
  var isDrained: Bool {
    draining.load(ordering: .acquiring) && listeners.count == 0 && connections.count == 0
      && abandoned.count == 0
  }
}

/// A number that goes up and down.
final class Gauge: Sendable {
  private let value = Atomic<Int>(0)

  var count: Int { value.load(ordering: .acquiring) }

  func add(_ change: Int) { value.wrappingAdd(change, ordering: .releasing) }
}

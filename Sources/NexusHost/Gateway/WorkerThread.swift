import Fleet
import Net
import Synchronization

/// A worker with its thread and its socket: the handle that the rest of the program holds.
///
/// Methods are for any thread.
public final class WorkerThread: Sendable {
  private let thread: LoopThread
  private let worker: LoopBound<Worker>
  private let socket: Socket.Listening
  private let gauge: WorkGauge

  /// Starts the thread. It takes no connection before `serve`.
  public init(
    number: Int, socket: Socket.Listening, shared: GatewayShared, view: GatewayView,
    seed: UInt64
  ) throws(NetError) {
    let loop = try EventLoop()
    gauge = WorkGauge()
    worker = LoopBound(
      try Worker(loop: loop, shared: shared, view: view, gauge: gauge, seed: seed))
    self.socket = socket
    thread = try LoopThread(name: "nexus-\(number)", loop: loop)
  }

  /// Requests that are being served.
  public var requestsUnderWay: Int { gauge.count }

  /// Hands over what to go by from now on; requests under way keep what they began with. `taken` is
  /// called on the worker's thread when that is so.
  public func publish(_ view: GatewayView, taken: @escaping @Sendable () -> Void) {
    thread.loop.post { [worker] in
      worker.value.view = view
      taken()
    }
  }

  /// Begins to take connections; does nothing when called again. `trouble` hears why some could not
  /// be taken, on the worker's thread.
  public func serve(trouble: @escaping @Sendable (NetError) -> Void) {
    thread.loop.spawn { [worker, socket] in
      await worker.value.serve(socket, trouble: trouble)
    }
  }

  /// Takes no new connections.
  public func stopListening() {
    thread.loop.post { [worker] in worker.value.stopListening() }
  }

  /// Ends the thread, and with it whatever is still under way.
  public func stop() {
    thread.loop.stop()
    thread.join()
  }
}

/// How many requests a worker has under way: written by its thread, read by any.
final class WorkGauge: Sendable {
  private let value = Atomic<Int>(0)

  var count: Int { value.load(ordering: .relaxed) }

  func add(_ change: Int) { value.wrappingAdd(change, ordering: .relaxed) }
}

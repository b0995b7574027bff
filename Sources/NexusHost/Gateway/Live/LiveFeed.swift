import Control
import Fleet
import Net
import Telemetry

/// Gathers how everything stands, once a second while somebody watches, and tells the watchers. What
/// the last hour was like is noted always; nothing else is done while nobody watches.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class LiveFeed: @unchecked Sendable {
  private let loop: EventLoop
  private var gatherer: LiveGatherer?
  private var workers: [LiveGatherer.WorkerSource] = []
  private var isGathering = false
  private var askers: [UnsafeContinuation<LiveSnapshot?, Never>] = []
  private var last: (snapshot: LiveSnapshot, time: UInt64)?
  private let audience = LiveAudience()
  private var isTicking = false
  /// Whether somebody has joined who is told everything in a moment.
  private var isWelcoming = false

  /// How long a snapshot is good for, in milliseconds; and how often watchers are told.
  private static let freshness: UInt64 = 1_000
  /// A tick finds one good that was made a moment before it for somebody else.
  private static let halfway: UInt64 = 500

  public init(loop: EventLoop) { self.loop = loop }

  /// Begins; `view` tells what workers go by. Any thread, once.
  public func start(_ shared: GatewayShared, view: @escaping @Sendable () -> GatewayView) {
    loop.post { [self] in
      gatherer = LiveGatherer(shared, view: view, workers: workers, on: loop)
      sampleLater()
    }
  }

  /// Another worker, whose requests are to be seen. Before the start.
  func add(_ requests: WorkerRequests, on loop: EventLoop) {
    let requests = LoopBound(requests)
    self.loop.post { [self] in
      workers.append(LiveGatherer.WorkerSource(loop: loop, requests: requests))
    }
  }

  /// How everything stands, a second old at most; nil before the start. Any loop's thread, whose task
  /// goes on there.
  func snapshot() async -> LiveSnapshot? {
    await withUnsafeContinuation { (answer: UnsafeContinuation<LiveSnapshot?, Never>) in
      loop.post { [self] in
        if let last, loop.now < last.time + Self.freshness {
          return answer.resume(returning: last.snapshot)
        }
        askers.append(answer)
        gather()
      }
    }
  }

  // MARK: Watchers

  /// Tells a watcher everything now and what changes from then on, on its `loop`, from whose thread
  /// this is called.
  func join(_ watcher: any LiveWatcher, on loop: EventLoop) {
    let bound = LoopBound(watcher)
    let kind = watcher.kind
    self.loop.post { [self] in
      audience.join(bound, kind, on: loop)
      guard !isWelcoming else { return }
      isWelcoming = true
      // Behind those who join at the same time, so that a crowd is gone through once.
      self.loop.post { [self] in
        isWelcoming = false
        tick()
      }
    }
  }

  /// The watcher has gone.
  func leave(_ watcher: any LiveWatcher) {
    let id = ObjectIdentifier(watcher)
    loop.post { [self] in audience.leave(id) }
  }

  /// Tells the watchers what there is to tell now, and has that done again in a second.
  private func tick() {
    if let last, loop.now < last.time + Self.halfway {
      audience.tell(last.snapshot)
    } else {
      gather()
    }
    guard !isTicking else { return }
    isTicking = true
    tickLater()
  }

  private func tickLater() {
    loop.after(Self.freshness) { [self] in
      guard !audience.isEmpty else {
        isTicking = false
        audience.forget()
        return
      }
      tickLater()
      tick()
    }
  }

  // MARK: Gathering

  private func gather() {
    guard !isGathering else { return }
    isGathering = true
    loop.spawn { [self] in
      let snapshot = await gatherer?.gather()
      isGathering = false
      if let snapshot { last = (snapshot, loop.now) }
      let waiting = askers
      askers = []
      for asker in waiting { asker.resume(returning: snapshot) }
      if let snapshot { audience.tell(snapshot) }
    }
  }

  private func sampleLater() {
    loop.after(LiveSeries.step) { [self] in
      gatherer?.sample()
      if let last, loop.now >= last.time + LiveSeries.step / 2 {
        self.last = nil
        gatherer?.rest()
      }
      sampleLater()
    }
  }
}

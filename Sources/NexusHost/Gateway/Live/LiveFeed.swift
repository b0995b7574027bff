import Control
import Fleet
import Net
import Synchronization
import Telemetry

/// Gathers how everything stands, once a second while somebody watches, and tells the watchers.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class LiveFeed: @unchecked Sendable {
  private let loop: EventLoop
  private var number: UInt64 = 0
  private var source: (shared: GatewayShared, view: @Sendable () -> GatewayView)?
  private var watchers: [ObjectIdentifier: Entry] = [:]

  private struct Entry {
    let watcher: LoopBound<any LiveWatcher>
    let kind: WatchedMessages.Kind
    let loop: EventLoop
  }

  public init(loop: EventLoop) { self.loop = loop }

  /// Begins; `view` tells what workers go by. Any thread, once.
  public func start(_ shared: GatewayShared, view: @escaping @Sendable () -> GatewayView) {
    loop.post { [self] in source = (shared, view) }
  }

  /// Tells a watcher everything now and what changes from then on, on its `loop`, from whose thread
  /// this is called.
  func join(_ watcher: any LiveWatcher, on loop: EventLoop) {
    let entry = Entry(watcher: LoopBound(watcher), kind: watcher.kind, loop: loop)
    let id = ObjectIdentifier(watcher)
    self.loop.post { [self] in watchers[id] = entry }
  }

  /// The watcher has gone.
  func leave(_ watcher: any LiveWatcher) {
    let id = ObjectIdentifier(watcher)
    loop.post { [self] in watchers[id] = nil }
  }

  /// How everything stands, a second old at most; nil before the start. Any loop's thread, whose task
  /// goes on there.
  func snapshot() async -> LiveSnapshot? {
    await withUnsafeContinuation { (answer: UnsafeContinuation<LiveSnapshot?, Never>) in
      loop.post { [self] in answer.resume(returning: make()) }
    }
  }

  private func make() -> LiveSnapshot? {
    guard let (shared, view) = source else { return nil }
    number += 1
    let present = view()
    var history: [HistoryEntry] = []
    shared.history.forEach(ofLast: min(present.rules.historySize, LiveSnapshot.historyLimit)) {
      history.append($0)
      return true
    }
    return LiveSnapshot(
      number: number, unixMilliseconds: MonotonicClock.unixNanoseconds() / 1_000_000,
      uptimeSeconds: shared.uptimeSeconds, version: shared.version, view: present,
      totals: .init(),
      queue: .init(depth: shared.queue.count, limit: present.rules.limits.queueSize), budget: nil,
      backends: present.fleet.members.map { _ in .init() }, requests: [], requestsUnderWay: 0,
      series: [], history: history, historyVersion: shared.history.version, jobs: [],
      advice: shared.advisor.report)
  }
}

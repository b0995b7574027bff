import Config
import Glibc
import HTTP
import Net
import Synchronization
import Telemetry
import Text

/// Delivers the spans of requests that have ended to a collector, over the control loop.
///
/// Methods are for any thread. `@unchecked Sendable`: the mutable state is touched on the loop's thread
/// only; other threads post to it.
public final class TraceExporter: @unchecked Sendable {
  /// Between two looks at what waits, in milliseconds.
  private static let interval: UInt64 = 2_000
  /// Most spans of a delivery, but for those of its last request.
  private static let mostSpans = 512
  /// How long one try of a delivery may take, in milliseconds.
  private static let patience: UInt64 = 10_000
  private static let connectTime: UInt64 = 3_000

  private let loop: EventLoop
  private let queue: TraceQueue
  private let log: Log
  private let version: String
  private let instance: [UInt8]
  private let environment: @Sendable (String) -> String?
  private let pool: UpstreamPool
  private var random: UInt64

  private var collector: Collector?
  private var isRunning = false
  private var isStopping = false
  /// What the task waits for while nothing is to be done, or until the next try.
  private var pause = CancelScope()
  /// Whether more to deliver ends the pause.
  private var isIdle = false
  /// What ends a delivery that is under way.
  private var call = CancelScope()
  private var trouble = ExportTrouble()
  private let isDone = Atomic<Bool>(true)

  /// `id`: of this gateway. `environment` looks a variable up.
  public init(
    loop: EventLoop, queue: TraceQueue, log: Log, version: String, id: GatewayID,
    environment: @escaping @Sendable (String) -> String?
  ) throws(NetError) {
    self.loop = loop
    self.queue = queue
    self.log = log
    self.version = version
    self.environment = environment
    instance = id.digits
    random = MonotonicClock.nanoseconds()
    var timeouts = UpstreamTimeouts()
    timeouts.connect = Self.connectTime
    timeouts.firstByte = Self.patience
    timeouts.idle = Self.patience
    pool = try UpstreamPool(loop: loop, timeouts: timeouts)
  }

  /// Goes by other settings from now on.
  public func configure(_ settings: Settings.Traces) {
    loop.post { [self] in adopt(settings) }
  }

  /// Delivers what is left, within so many milliseconds, and ends. Blocks; not for the loop's thread.
  public func stop(within milliseconds: UInt64) {
    loop.post { [self] in
      isStopping = true
      queue.close()
      pause.cancel(.stopping)
      loop.after(milliseconds) { [self] in call.cancel(.stopping) }
    }
    let end = MonotonicClock.milliseconds() + milliseconds + Self.grace
    // Happens once, so a look every now and then is cheap enough.
    while !isDone.load(ordering: .acquiring), MonotonicClock.milliseconds() < end { usleep(500) }
  }

  /// For the task to notice that the time is over.
  private static let grace: UInt64 = 200

  // MARK: On the loop

  private func adopt(_ settings: Settings.Traces) {
    guard !isStopping else { return }
    var faults: [Collector.VariableFault] = []
    let new = Collector(settings, environment: environment, &faults)
    for fault in faults { tell(fault) }
    guard new != collector else { return }
    collector = new
    trouble.forget()
    guard new != nil else {
      queue.close()
      return pause.interrupt()
    }
    queue.open { [weak self] in
      guard let self else { return }
      loop.post { if self.isIdle { self.pause.interrupt() } }
    }
    if isRunning { return pause.interrupt() }
    isRunning = true
    isDone.store(false, ordering: .releasing)
    loop.spawn { [self] in
      await run()
      isRunning = false
      isDone.store(true, ordering: .releasing)
    }
  }

  private func run() async {
    while true {
      let isLast = isOver
      isIdle = true
      if !isLast { await wait(Self.interval) }
      isIdle = false
      await deliverAll()
      if isLast, isOver { return }
    }
  }

  /// Whether nothing more comes.
  private var isOver: Bool { isStopping || collector == nil }

  /// Waits, unless the gateway stops.
  private func wait(_ milliseconds: UInt64) async {
    guard !isStopping else { return }
    pause.reset()
    await RetryPause().run(milliseconds, on: loop, pause)
  }

  /// Delivers what waits, in batches.
  private func deliverAll() async {
    let lost = queue.counts.dropped(.queueFull)
    if trouble.noticed(lost: lost) { tellTrouble("requests end faster than it takes their spans") }
    var entries = queue.takeAll()[...]
    while !entries.isEmpty {
      var spans = 0
      let batch = entries.prefix {
        spans += RequestSpans.count(of: $0)
        return spans <= Self.mostSpans
      }
      let count = max(1, batch.count)
      await deliver(entries.prefix(count))
      queue.settle(count)
      entries = entries.dropFirst(count)
    }
  }

  private func deliver(_ entries: ArraySlice<HistoryEntry>) async {
    guard let first = collector else { return drop(entries, .stopped) }
    let text = text(entries, for: first)
    var delivery = Delivery()
    while let collector, call.cause == nil {
      let event = await send(text.bytes, to: collector)
      guard call.cause == nil else { break }
      let action = delivery.on(
        event, now: MonotonicClock.unixSeconds(), draw: SplitMix.next(&random))
      switch action {
      case .done(let rejected):
        let rejected = min(rejected, text.count)
        queue.counts.export(text.count - rejected)
        queue.counts.drop(rejected, .rejected)
        return rejected > 0 ? tellRejection(rejected) : tellSuccess()
      case .drop(let reason):
        queue.counts.drop(text.count, reason)
        return tellTrouble(delivery.trouble)
      case .again(let after):
        tellTrouble(delivery.trouble)
        if isStopping {
          return queue.counts.drop(text.count, .stopped)
        }
        await wait(after)
      }
    }
    queue.counts.drop(text.count, .stopped)
  }

  private func drop(_ entries: ArraySlice<HistoryEntry>, _ reason: TraceCounts.Reason) {
    queue.counts.drop(entries.reduce(0) { $0 + RequestSpans.count(of: $1) }, reason)
  }

  private func text(_ entries: ArraySlice<HistoryEntry>, for collector: Collector) -> TraceText {
    let offset =
      MonotonicClock.unixNanoseconds() &- Int64(clamping: MonotonicClock.nanoseconds())
    var text = TraceText(version: version) {
      $0.attribute("service.name", collector.serviceName)
      $0.attribute("service.version", version)
      $0.attribute("service.instance.id", instance)
    }
    for entry in entries { RequestSpans(entry, clockOffset: offset)?.append(to: &text) }
    text.end()
    return text
  }

  private func send(_ body: [UInt8], to collector: Collector) async -> Delivery.Event {
    var request = PlainCall.Request(.post, collector.path, agent: "nexus")
    request.body = body
    request.lines = collector.lines
    request.keepsAlive = true
    request.deadline = loop.now + Self.patience
    do {
      return .reply(
        try await PlainCall.fetch(request, at: collector.endpoint, over: pool, scope: call))
    } catch {
      return .failure(error)
    }
  }

  // MARK: What is said

  private func tellTrouble(_ reason: String) {
    guard trouble.began(dropped: queue.counts.dropped) else { return }
    log.warn(
      "traces", "spans are not delivered; requests go on",
      ["collector": collector?.endpoint.url, "reason": reason])
  }

  private func tellRejection(_ rejected: Int) {
    tellTrouble("it rejects spans, of the last delivery \(rejected)")
  }

  private func tellSuccess() {
    guard let dropped = trouble.ended(dropped: queue.counts.dropped) else { return }
    log.info(
      "traces", "spans are delivered again",
      ["collector": collector?.endpoint.url, "dropped": Int64(clamping: dropped)])
  }

  private func tell(_ fault: Collector.VariableFault) {
    switch fault {
    case .missing(let variable):
      log.warn(
        "traces", "the variable with a header for the collector is not set; going on without it",
        ["variable": variable])
    case .unusable(let variable):
      log.warn(
        "traces",
        "the variable with a header for the collector is empty or holds control characters;"
          + " going on without it",
        ["variable": variable])
    }
  }
}

/// Whether deliveries fail, so that it is said once.
struct ExportTrouble {
  /// What was dropped before it began; nil while all is well.
  private var before: UInt64?
  /// What was lost by the last look, and whether it had become more then.
  private var lost: UInt64 = 0
  private var isLosing = false

  /// A delivery has failed. Returns whether that is news.
  mutating func began(dropped: UInt64) -> Bool {
    guard before == nil else { return false }
    before = dropped
    return true
  }

  /// A delivery went well. Returns how many spans were dropped meanwhile; nil if all was well, or is
  /// not yet.
  mutating func ended(dropped: UInt64) -> UInt64? {
    guard !isLosing else { return nil }
    defer { before = nil }
    return before.map { dropped - min($0, dropped) }
  }

  /// So many spans were lost by now since too many requests waited. Returns whether it became more.
  mutating func noticed(lost now: UInt64) -> Bool {
    isLosing = now > lost
    lost = now
    return isLosing
  }

  /// It is another collector.
  mutating func forget() { before = nil }
}

import CLinux
import Glibc
import Synchronization

/// What a file descriptor's events are told to.
protocol EventHandler: AnyObject {
  /// Called on the loop's thread with epoll's event bits.
  func handle(_ events: UInt32)
}

/// One thread, one epoll: the executor of every task that is started on it.
///
/// All methods are for the loop's own thread, unless they say "any thread". A task that prefers
/// this executor runs its straight-line code here between two waits, so connections need no locks.
///
/// `@unchecked Sendable`: the mutable state belongs to the loop's thread; what other threads touch
/// is the mutex-protected inbox and an atomic.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  private struct Slot {
    var handler: (any EventHandler)?
    var generation: UInt32 = 0
  }

  private struct Inbox {
    var jobs: [UnownedJob] = []
    var actions: [@Sendable () -> Void] = []
    var isEmpty: Bool { jobs.isEmpty && actions.isEmpty }
  }

  /// Tag of the descriptor that wakes the loop.
  private static let wakeTag = UInt64.max

  private let epoll: Int32
  private let wakeup: Int32
  private let thread = Atomic<UInt>(0)
  private let inbox = Mutex(Inbox())
  private var ready: [UnownedJob] = []
  private var running: [UnownedJob] = []
  private var slots: [Slot] = []
  private var freeSlots: [Int] = []
  private var timers = TimerQueue()
  private var revisits: [any EventHandler] = []
  private var stopping = false

  /// Milliseconds of `MonotonicClock` when this turn of the loop began.
  public private(set) var now: UInt64 = MonotonicClock.milliseconds()
  /// The same in nanoseconds.
  public private(set) var nowNanoseconds: UInt64 = MonotonicClock.nanoseconds()
  /// Buffers of this loop's connections, kept for reuse.
  public let buffers = BufferPool()

  /// Makes a loop that does nothing until `run()`.
  public init() throws(NetError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard wakeup >= 0 else { throw .system(call: "eventfd", errno: errno) }
    let added = nexus_epoll_add(epoll, wakeup, EPOLLIN.rawValue, Self.wakeTag)
    guard added == 0 else { throw .system(call: "epoll_ctl", errno: errno) }
  }

  deinit {
    close(wakeup)
    close(epoll)
  }

  // MARK: Turning

  /// Turns the loop on the calling thread until `stop()`.
  public func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    // The loop's own array of events: epoll_wait fills it, nobody else sees it.
    let capacity = 256
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
    defer { events.deallocate() }
    while !stopping {
      runReadyJobs()
      let count = epoll_wait(epoll, events, Int32(capacity), pause())
      nowNanoseconds = MonotonicClock.nanoseconds()
      now = nowNanoseconds / 1_000_000
      for index in 0..<Int(max(count, 0)) {
        dispatch(tag: nexus_epoll_tag(events + index), events: events[index].events)
      }
      while let timed = timers.popExpired(now: now) { timed.expire() }
      if !revisits.isEmpty { handleRevisits() }
    }
  }

  /// Ends `run()` after the present turn. Any thread.
  public func stop() {
    post { [self] in stopping = true }
  }

  /// Runs an action on the loop's thread, in the order of posting. Any thread.
  public func post(_ action: @escaping @Sendable () -> Void) {
    let first = inbox.withLock { inbox in
      defer { inbox.actions.append(action) }
      return inbox.isEmpty
    }
    if first { wake() }
  }

  /// Starts a task whose code runs on this loop. Any thread.
  @discardableResult
  public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: self, operation: body)
  }

  private func runReadyJobs() {
    while !ready.isEmpty {
      swap(&ready, &running)
      for job in running { job.runSynchronously(on: asUnownedTaskExecutor()) }
      running.removeAll(keepingCapacity: true)
    }
  }

  private func pause() -> Int32 {
    guard !stopping, revisits.isEmpty, ready.isEmpty else { return 0 }
    guard let delay = timers.delay(from: now) else { return -1 }
    return Int32(clamping: delay)
  }

  private func dispatch(tag: UInt64, events: UInt32) {
    guard tag != Self.wakeTag else { return drainInbox() }
    let index = Int(tag & 0xffff_ffff)
    guard slots[index].generation == UInt32(tag >> 32) else { return }
    slots[index].handler?.handle(events)
  }

  private func drainInbox() {
    var counter: UInt64 = 0
    _ = read(wakeup, &counter, 8)
    let taken = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox
    }
    ready.append(contentsOf: taken.jobs)
    for action in taken.actions { action() }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  // MARK: Executor

  /// Takes a job of the Swift runtime. Any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if thread.load(ordering: .relaxed) == UInt(pthread_self()) {
      ready.append(job)
      return
    }
    let first = inbox.withLock { inbox in
      defer { inbox.jobs.append(job) }
      return inbox.isEmpty
    }
    if first { wake() }
  }

  // MARK: Descriptors

  /// Has a descriptor's events told to `handler` until `forget`. Returns the tag to forget it by.
  func watch(_ fd: Int32, events: UInt32, handler: any EventHandler) throws(NetError) -> UInt64 {
    let index = freeSlots.popLast() ?? slots.count
    if index == slots.count { slots.append(Slot()) }
    let tag = UInt64(slots[index].generation) << 32 | UInt64(index)
    guard nexus_epoll_add(epoll, fd, events, tag) == 0 else {
      let code = errno
      freeSlots.append(index)
      throw .system(call: "epoll_ctl", errno: code)
    }
    slots[index].handler = handler
    return tag
  }

  /// Changes the events that are told.
  func rewatch(_ fd: Int32, tag: UInt64, events: UInt32) {
    _ = nexus_epoll_modify(epoll, fd, events, tag)
  }

  /// Ends the telling; events of this turn that are still to come for the tag are dropped.
  func forget(_ fd: Int32, tag: UInt64) {
    let index = Int(tag & 0xffff_ffff)
    guard slots[index].generation == UInt32(tag >> 32) else { return }
    slots[index].handler = nil
    slots[index].generation &+= 1
    freeSlots.append(index)
    _ = nexus_epoll_remove(epoll, fd)
  }

  /// Calls the handler again after the events of this turn: it has more to do, and epoll, which
  /// tells changes only, will not say so.
  func revisit(_ handler: any EventHandler) { revisits.append(handler) }

  private func handleRevisits() {
    var handlers: [any EventHandler] = []
    swap(&handlers, &revisits)
    for handler in handlers { handler.handle(0) }
  }

  // MARK: Deadlines

  /// Lets `timed` expire `milliseconds` from now; an earlier setting is replaced.
  public func expire(_ timed: Timed, after milliseconds: UInt64) {
    timers.set(timed, deadline: now &+ milliseconds)
  }

  /// Turns a deadline off that will soon be set again: cheap, but keeps the object in the queue.
  public func pauseExpiry(_ timed: Timed) { timers.clear(timed) }

  /// Turns a deadline off and drops the queue's reference.
  public func cancelExpiry(_ timed: Timed) { timers.remove(timed) }

  /// Runs an action once, `milliseconds` from now. Cancel it by `cancelExpiry` on the result.
  @discardableResult
  public func after(_ milliseconds: UInt64, _ action: @escaping () -> Void) -> Timed {
    let timer = ActionTimer(action)
    expire(timer, after: milliseconds)
    return timer
  }

  /// Suspends the calling task, which must run on this loop.
  public func sleep(milliseconds: UInt64) async {
    await withUnsafeContinuation { continuation in
      _ = after(milliseconds) { continuation.resume() }
    }
  }
}

/// A deadline with an action.
private final class ActionTimer: Timed {
  private let action: () -> Void

  init(_ action: @escaping () -> Void) { self.action = action }

  override func expire() { action() }
}

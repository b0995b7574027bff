import CLinux
import Glibc

/// How a wait ended.
public enum WaitOutcome: Sendable {
  /// The descriptor may be read or written again.
  case ready
  /// The deadline passed.
  case timedOut
  /// `interrupt()` was called.
  case interrupted
}

/// Something whose wait can be ended early, because nobody wants the result any more.
public protocol Interruptible: AnyObject {
  /// Ends the present wait, or else the next, with `interrupted`. Loop thread.
  func interrupt()
}

/// What is done each time a socket can be read, without a task being woken for it.
public protocol ReadStep: AnyObject {
  /// Reads what there is and deals with it. Returns false to stop. Loop thread.
  func step() -> Bool
}

/// An open socket on its loop: what epoll last said of it, and who waits for what.
///
/// Registered once, edge-triggered, for reading and writing together: a wait costs no system call.
/// Confined to the loop's thread; owned by the code that closes it.
public final class Channel: Timed, EventHandler, Interruptible {
  public let fd: Int32
  public let loop: EventLoop
  /// False once a read said "would block", until epoll says otherwise.
  public var isReadable: Bool
  /// False once a write said "would block", until epoll says otherwise.
  public var isWritable = true
  /// The peer will send no more, or the connection broke.
  public private(set) var peerHasClosed = false

  /// Interrupted when the peer goes while nobody reads here.
  private var dependent: (any Interruptible)?
  private var tag: UInt64?
  private var reader: UnsafeContinuation<WaitOutcome, Never>?
  private var writer: UnsafeContinuation<WaitOutcome, Never>?
  private var driven: (any ReadStep)?
  private var interruptPending = false
  private static let stepsPerTurn = 16

  /// Takes over a non-blocking descriptor. `readable`: whether to try a read before waiting.
  public convenience init(fd: Int32, loop: EventLoop, readable: Bool = false) throws(NetError) {
    let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue
    try self.init(fd: fd, loop: loop, readable: readable, events: events)
  }

  /// Of a listening socket. `isSplit`: other loops watch it too, and one of them is to be woken.
  convenience init(listener fd: Int32, loop: EventLoop, isSplit: Bool) throws(NetError) {
    let exclusive = isSplit ? EPOLLEXCLUSIVE.rawValue : 0
    try self.init(fd: fd, loop: loop, readable: true, events: EPOLLIN.rawValue | exclusive)
  }

  private init(fd: Int32, loop: EventLoop, readable: Bool, events: UInt32) throws(NetError) {
    self.fd = fd
    self.loop = loop
    isReadable = readable
    super.init()
    tag = try loop.watch(fd, events: events | EPOLLET.rawValue, handler: self)
  }

  /// Names what is interrupted when the peer goes while nobody reads here, now or later.
  public func watch(_ dependent: any Interruptible) {
    self.dependent = dependent
    tellDependentIfClosed()
  }

  /// Interrupts the dependent if the peer has gone already: for one that was busy with something
  /// else when that happened.
  public func tellDependentIfClosed() {
    if peerHasClosed { tellDependent() }
  }

  /// Leaves the loop without closing the descriptor. Waits that are open end as interrupted.
  public func detach() {
    guard let tag else { return }
    self.tag = nil
    loop.forget(fd, tag: tag)
    loop.cancelExpiry(self)
    dependent = nil
    interrupt()
  }

  /// Suspends until the socket may be read, the deadline passes or somebody interrupts.
  public func waitReadable() async -> WaitOutcome {
    if isReadable { return .ready }
    if takeInterrupt() { return .interrupted }
    return await withUnsafeContinuation { reader = $0 }
  }

  /// Takes steps whenever the socket can be read, until one returns false, the deadline passes or
  /// somebody interrupts. The calling task is suspended once for all of them: what passes through a
  /// stream costs no switch of tasks.
  public func drive(_ step: any ReadStep) async -> WaitOutcome {
    if takeInterrupt() { return .interrupted }
    driven = step
    return await withUnsafeContinuation {
      reader = $0
      if isReadable { take(step) }
    }
  }

  /// Suspends until the socket may be written, the deadline passes or somebody interrupts.
  public func waitWritable() async -> WaitOutcome {
    if isWritable { return .ready }
    if takeInterrupt() { return .interrupted }
    return await withUnsafeContinuation { writer = $0 }
  }

  /// Sets the deadline of the present and the next waits.
  public func setDeadline(after milliseconds: UInt64) { loop.expire(self, after: milliseconds) }

  /// Turns the deadline off.
  public func clearDeadline() { loop.pauseExpiry(self) }

  public func interrupt() {
    if reader == nil && writer == nil {
      interruptPending = true
    } else {
      resumeBoth(.interrupted)
    }
  }

  /// Forgets an interruption that came too late to matter.
  public func clearInterrupt() { interruptPending = false }

  public override func expire() { resumeBoth(.timedOut) }

  func handle(_ events: UInt32) {
    let broken = EPOLLHUP.rawValue | EPOLLERR.rawValue
    if events & (EPOLLRDHUP.rawValue | broken) != 0 { peerHasClosed = true }
    if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | broken) != 0 { isReadable = true }
    if events & (EPOLLOUT.rawValue | broken) != 0 {
      isWritable = true
      resume(&writer, .ready)
    }
    if isReadable, reader != nil {
      if let driven { take(driven) } else { resume(&reader, .ready) }
    } else if peerHasClosed {
      tellDependent()
    }
  }

  /// Takes steps, but not for ever: where both peers are fast, others have their turn in between.
  private func take(_ step: any ReadStep) {
    for _ in 0..<Self.stepsPerTurn where isReadable && reader != nil {
      if !step.step() { return resume(&reader, .ready) }
    }
    if isReadable, reader != nil { loop.revisit(self) }
  }

  /// A peer that closed after sending more requests has still something to be read: it is not
  /// gone before that is looked at.
  private func tellDependent() {
    guard let dependent else { return }
    var byte: UInt8 = 0
    if recv(fd, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1 { return }
    dependent.interrupt()
  }

  private func takeInterrupt() -> Bool {
    defer { interruptPending = false }
    return interruptPending
  }

  private func resumeBoth(_ outcome: WaitOutcome) {
    resume(&reader, outcome)
    resume(&writer, outcome)
  }

  private func resume(
    _ waiter: inout UnsafeContinuation<WaitOutcome, Never>?, _ outcome: WaitOutcome
  ) {
    guard let continuation = waiter else { return }
    waiter = nil
    driven = nil
    continuation.resume(returning: outcome)
  }
}

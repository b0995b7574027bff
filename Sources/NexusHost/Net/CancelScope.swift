/// Why a piece of work is ended before it is done.
public enum CancelCause: Sendable {
  /// Its client has gone.
  case clientGone
  /// The process stops.
  case stopping
}

/// Ends whatever wait is going on for a piece of work that nobody wants any more, or that has no
/// time left.
///
/// Confined to its loop's thread; used again after `reset()`.
public final class CancelScope: Interruptible {
  private var target: (any Interruptible)?
  /// Why the work was cancelled first; nil while it goes on.
  public private(set) var cause: CancelCause?

  public init() {}

  /// Names what the work waits on next. If the scope is cancelled already, that ends at once.
  public func attach(_ target: any Interruptible) {
    self.target = target
    if cause != nil { target.interrupt() }
  }

  /// The work waits on nothing that could be ended.
  public func detach() { target = nil }

  /// Cancels the work, for a client that has gone.
  public func interrupt() { cancel(.clientGone) }

  /// Cancels the work.
  public func cancel(_ cause: CancelCause) {
    if self.cause == nil { self.cause = cause }
    target?.interrupt()
  }

  /// Makes the scope ready for other work.
  public func reset() {
    cause = nil
    target = nil
  }
}

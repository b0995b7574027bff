/// Ends whatever wait is going on for a piece of work that nobody wants any more: a client that
/// hangs up, or a deadline of the whole.
///
/// Confined to its loop's thread; used again after `reset()`.
public final class CancelScope: Interruptible {
  private var target: (any Interruptible)?
  public private(set) var isCancelled = false

  public init() {}

  /// Names what the work waits on next. If the scope is cancelled already, that ends at once.
  public func attach(_ target: any Interruptible) {
    self.target = target
    if isCancelled { target.interrupt() }
  }

  /// The work waits on nothing that could be ended.
  public func detach() { target = nil }

  /// Cancels the work.
  public func interrupt() {
    isCancelled = true
    target?.interrupt()
  }

  /// Makes the scope ready for other work.
  public func reset() {
    isCancelled = false
    target = nil
  }
}

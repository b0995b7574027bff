import Net

/// The wait before a retry, which ends early if nobody wants the answer any more. Confined to its
/// loop's thread.
final class RetryPause: Timed, Interruptible {
  private var waiter: UnsafeContinuation<Void, Never>?
  private var isOver = false

  /// Waits so many milliseconds at most.
  func run(_ milliseconds: UInt64, on loop: EventLoop, _ scope: CancelScope) async {
    loop.expire(self, after: milliseconds)
    scope.attach(self)
    if !isOver { await withUnsafeContinuation { waiter = $0 } }
    scope.detach()
    loop.cancelExpiry(self)
  }

  override func expire() { end() }
  func interrupt() { end() }

  private func end() {
    isOver = true
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }
}

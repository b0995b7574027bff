import Control
import Fleet
import Net
import Routing

/// A request's wait for its model to come into memory, which ends early if nobody wants the answer
/// any more; the load goes on. Confined to its loop's thread.
final class LoadWait: Interruptible {
  private var waiter: UnsafeContinuation<Void, Never>?
  private var outcome: LoadOutcome?
  private var isInterrupted = false

  /// Waits so many milliseconds at most; nil if the client has gone.
  func run(_ attempt: Attempt, within milliseconds: UInt64, _ session: ClientSession) async
    -> LoadOutcome?
  {
    let lifecycle = session.worker.shared.lifecycle
    let bound = LoopBound(self)
    let task = session.worker.loop.spawn {
      let outcome = await lifecycle.ensureLoaded(
        attempt.model, on: attempt.backend, within: milliseconds)
      bound.value.end(outcome)
    }
    session.scope.attach(self)
    if outcome == nil, !isInterrupted { await withUnsafeContinuation { waiter = $0 } }
    session.scope.detach()
    if outcome == nil { task.cancel() }
    return isInterrupted ? nil : outcome
  }

  func interrupt() {
    isInterrupted = true
    wake()
  }

  private func end(_ outcome: LoadOutcome) {
    self.outcome = outcome
    wake()
  }

  private func wake() {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }
}

import Control
import Drivers
import Fleet
import Net
import Routing
import Telemetry

extension RelayedRequest {
  /// Has the model of an attempt brought into memory, and waits for that. Returns why it is not
  /// there; throws if the client has gone meanwhile.
  func bringIntoMemory(
    _ attempt: Attempt, _ time: RequestTime
  ) async throws(APIError) -> Failure? {
    let began = worker.loop.nowNanoseconds
    let left = time.deadline > worker.loop.now ? time.deadline - worker.loop.now : 0
    session.log.debug(
      "lifecycle", "request waits for its model",
      [
        "request_id": session.requestID, "backend": attempt.backend.name,
        "model": attempt.model.id,
      ])
    session.record.waitsForModel(on: attempt.backend)
    defer { session.record.waitedForModel() }
    let outcome = await LoadWait().run(attempt, within: left, session)
    if outcome == nil || outcome == .loaded {
      session.record.trace?.waited(
        for: .load(model: attempt.model.id, backend: attempt.backend.name), from: began,
        to: worker.loop.nowNanoseconds)
    }
    guard let outcome else { throw session.lost }
    let failure: DriverFailure
    switch outcome {
    case .loaded: return nil
    case .failed(let why):
      failure = DriverFailure(
        .modelLoading, "the model '\(attempt.model.id)' could not be loaded: \(why)")
    case .late:
      let job = await worker.shared.lifecycle.underWay(on: attempt.backend.name)
      failure = DriverFailure(
        .modelLoading, "the model '\(attempt.model.id)' is still loading",
        detail: UInt64(clamping: max(1_000, job?.remaining ?? Self.usualRest)))
    }
    session.record.begin(attempt, at: began, isSent: false)
    let words = Lessons(attempt, self, .missing).loadFailed(failure, isOver: outcome != .late)
    return Failure(attempt: attempt, failure: failure, ownWords: words, wasSent: false)
  }

  /// What is left of a load of which nobody knows, in milliseconds.
  private static let usualRest = 5_000
}

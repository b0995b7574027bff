import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry

/// What a try teaches about its backend: the one place from which load, speed and quality are fed.
/// Made when the try begins. Confined to its loop's thread.
struct Lessons {
  let attempt: Attempt
  /// When it began, in nanoseconds of the loop's clock.
  let started: UInt64
  private let request: RelayedRequest
  /// Requests that were there already.
  private let ahead: Int
  /// Whether the model is believed to be in memory.
  private let isWarm: Bool

  private var worker: Worker { request.worker }
  private var session: ClientSession { request.session }

  init(_ attempt: Attempt, _ request: RelayedRequest) {
    self.attempt = attempt
    self.request = request
    started = request.worker.loop.nowNanoseconds
    ahead = max(0, attempt.backend.load.inFlight - 1)
    isWarm = attempt.model.use()
  }

  /// The first token, or a whole answer, is there.
  func answerBegan() {
    let load = attempt.backend.load
    let now = worker.loop.nowNanoseconds
    let time = (now - started) / 1_000
    let account = attempt.model.account
    account.speed.record(
      SpeedAccount.FirstToken(
        milliseconds: Double(time) / 1_000, ahead: ahead, isCold: !isWarm),
      at: now / 1_000_000)
    // A model that had to be loaded first says nothing of later requests.
    if isWarm {
      load.record(firstByteMicroseconds: time)
      if request.request.stream {
        load.quality.record(firstTokenMicroseconds: time)
        account.quality.record(firstTokenMicroseconds: time)
      }
    }
    if load.isDoubted { worker.shared.observer.attemptSucceeded(on: attempt.backend) }
  }

  /// The answer was sent to its end.
  func answerEnded(_ call: UpstreamCall) {
    attempt.backend.load.quality.recordSuccess()
    attempt.model.account.quality.recordSuccess()
  }

  /// The try failed, before its answer or in the middle of it. Passes that on, and says it in the
  /// host's own words. A backend whose answer only took longer than the request may is slow, not ill.
  func fail(_ failure: DriverFailure, _ call: UpstreamCall, isOutOfTime: Bool = false) -> String {
    let words = call.lastError?.description ?? failure.code.name
    session.record.fail(failure, words, at: worker.loop.nowNanoseconds)
    tell(failure, words)
    if failure.code.countsAsFault {
      attempt.backend.load.recordFailure()
      attempt.backend.load.quality.recordFailure()
      attempt.model.account.quality.recordFailure()
    }
    guard !isOutOfTime else { return words }
    worker.shared.observer.attemptFailed(
      on: attempt.backend, DriverFailure(failure.code, words, detail: failure.detail))
    return words
  }

  /// Tells the log of a try that failed, without what the backend said: it may quote the prompt.
  private func tell(_ failure: DriverFailure, _ words: String) {
    worker.shared.log.warn(
      "api", session.record.firstByte == 0 ? "attempt failed" : "answer broke off",
      [
        "request_id": session.requestID,
        "backend": attempt.backend.name, "model": attempt.model.id,
        "failure": failure.code.name, "attempt": session.record.tries.count,
        "error_message": worker.rules.access.includesContent ? failure.message : words,
      ])
  }
}

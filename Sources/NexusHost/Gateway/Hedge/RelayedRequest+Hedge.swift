import Telemetry
import Drivers
import Fleet
import HTTP
import Net
import Routing

/// A try whose answer may come from another backend that is asked as well when it takes its time.
struct Hedged {
  let outcome: RelayedRequest.Outcome
  /// The call that holds the answer, or else that of the first; and what it teaches.
  let call: UpstreamCall
  let lessons: Lessons
  /// How the second failed, if it was asked and did.
  let failure: (lessons: Lessons, failure: DriverFailure, words: String)?
  /// Whether a second was asked.
  let hasSecond: Bool
}

extension RelayedRequest {
  /// After how many milliseconds `spare` is asked as well; nil if it is not.
  ///
  /// Only for whole answers, which nobody has seen a part of before one is chosen; only where neither
  /// costs anything and both bear to be broken off; and only once it is known how long answers take.
  func hedgePatience(_ attempt: Attempt, _ spare: Attempt) -> UInt64? {
    guard worker.rules.limits.hedges, request.isWhole, !spare.isFallback, !spare.isTrial,
      !spare.isLastResort, !spare.needsLoading, attempt.worstCost == nil, spare.worstCost == nil,
      attempt.backend.cancel == .abort, spare.backend.cancel == .abort,
      let usual = attempt.model.account.wholeAnswer.milliseconds
    else { return nil }
    return max(1, UInt64(min(usual, 3_600_000)))
  }

  /// Like `perform`, but asks `spare` as well if there is no answer after so many milliseconds. The
  /// first answer counts; the other try is broken off.
  func performHedged(
    _ attempt: Attempt, _ call: UpstreamCall, _ lessons: Lessons, _ spare: Attempt,
    after patience: UInt64
  ) async -> Hedged {
    let place = session.record.tries.count
    note(attempt, lessons)
    let race = HedgeRace(self)
    let first = HedgeRunner(attempt, call, lessons, lines: session.linesForTry)
    let winner = await race.run(first, after: patience) { second(spare, deadline: call.deadline) }
    let others = race.runners.filter { $0 !== winner }
    var failure: (lessons: Lessons, failure: DriverFailure, words: String)?
    for other in others where winner != nil || other !== first {
      session.record.bringToEnd(other === first ? place : place + 1)
      if let why = other.failure {
        failure = (other.lessons, why, other.lessons.fail(why, other.call))
      } else {
        session.record.abandon(at: worker.loop.nowNanoseconds)
      }
      worker.give(other.call)
    }
    let outcome: Outcome
    if others.count > 0, race.runners.count > 1 { session.record.bringToEnd(place) }
    if let winner, case .verdict(let verdict) = winner.arrival {
      if let connection = winner.call.connection {
        session.scope.attach(connection.transport.channel)
      }
      outcome = await deliver(verdict, winner.attempt, winner.call, winner.lessons)
    } else {
      outcome = first.failure.map { .failed($0) } ?? .clientGone
    }
    return Hedged(
      outcome: outcome, call: winner?.call ?? call, lessons: winner?.lessons ?? lessons,
      failure: failure,
      hasSecond: race.runners.count > 1)
  }

  /// The second try, if it has a place and the retry budget allows it.
  private func second(_ spare: Attempt, deadline: UInt64) -> HedgeRunner? {
    guard let place = enter(spare),
      worker.shared.retries.spend(
        percent: worker.rules.limits.retryPercent, at: worker.loop.now)
    else { return nil }
    worker.metrics.shard.retries[MetricShard.hedge].add()
    let call = worker.takeCall()
    call.deadline = deadline
    let lessons = Lessons(spare, self)
    note(spare, lessons)
    return HedgeRunner(
      spare, call, lessons, lines: session.linesForTry, place: place,
      modelPlace: spare.model.account.requests.enter())
  }
}

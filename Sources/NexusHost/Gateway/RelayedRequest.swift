import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry
import Text

/// A request for a model on its way: routed, tried on one backend after the other until one answers
/// or the client has been sent a byte, and relayed. Confined to its loop's thread.
struct RelayedRequest {
  let session: ClientSession
  let request: ModelRequest

  /// How one try ended.
  enum Outcome {
    /// An answer was sent; whether the connection goes on.
    case answered(goesOn: Bool)
    case failed(DriverFailure)
    case clientGone
  }

  /// A try that failed, for the error that tells them all.
  struct Failure {
    let attempt: Attempt
    let failure: DriverFailure
    /// How it failed, without what the backend said about it: backends quote prompts.
    let ownWords: String
  }

  var worker: Worker { session.worker }

  /// Answers the request. Returns whether the connection goes on; throws what the client is told.
  func run() async throws(APIError) -> Bool {
    var placement = try await place()
    let call = worker.takeCall()
    defer {
      session.record.note(call)
      // The connection may soon be another's, who is not to be disturbed.
      session.scope.detach()
      worker.give(call)
    }
    let deadline = worker.loop.now + worker.rules.limits.timeout
    var failures: [Failure] = []
    var isUnpaid = false
    for var attempt in placement.attempts where failures.isEmpty || worker.loop.now < deadline {
      // The first has its place already; of the others one may have become full since the plan.
      guard let inFlight = placement.takePlace() ?? enter(attempt) else { continue }
      guard let payment = await pay(for: attempt) else {
        isUnpaid = true
        continue
      }
      if !failures.isEmpty {
        attempt.reason = .failover
      } else if placement.passedOver, attempt.reason == .capabilityMatch {
        attempt.reason = .capacityOverflow
      }
      call.deadline = deadline
      let lessons = Lessons(attempt, self)
      let modelInFlight = attempt.model.account.requests.enter()
      let outcome = await perform(attempt, call, lessons)
      if let time = drainTime(attempt, outcome, call) {
        let reply = AbandonedReply(
          call, of: self, attempt, payment, place: inFlight, modelPlace: modelInFlight)
        worker.drain(reply, for: time)
      } else {
        settle(payment, outcome, call)
        _ = consume modelInFlight
        _ = consume inFlight
      }
      switch outcome {
      case .answered(let goesOn): return goesOn
      case .clientGone: throw session.lost
      case .failed(let failure):
        let words = lessons.fail(failure, call, isOutOfTime: worker.loop.now >= deadline)
        failures.append(Failure(attempt: attempt, failure: failure, ownWords: words))
      }
      if failures.last?.failure.code.retry == .never { break }
    }
    guard let last = failures.last else {
      throw isUnpaid ? budgetSpent() : session.lost
    }
    guard isForClient(last.failure, call) else {
      throw error(after: failures, last, call, isOutOfTime: worker.loop.now >= deadline)
    }
    call.deadline = .max
    guard let reply = RelayedReply(session, call, last.attempt) else { return false }
    let end: RelayEnd
    if let whole = reply.sendWhole() { end = whole } else { end = await reply.sendRest() }
    return finish(end, reply, Lessons(last.attempt, self))
  }
}

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
    /// Whether the request was sent: else no reply of a server is of this try.
    var wasSent = true
    /// Whether something of an answer had come.
    var hadBegun = false
  }

  var worker: Worker { session.worker }

  /// Answers the request. Returns whether the connection goes on; throws what the client is told.
  func run() async throws(APIError) -> Bool {
    let limits = worker.rules.limits
    worker.shared.retries.earn(percent: limits.retryPercent, most: limits.concurrent)
    let facts = facts()
    var placement: Placement
    switch try place(facts) {
    case .place(let found): placement = found
    case .full(let saturation): placement = try await waitForPlace(facts, saturation)
    }
    var call = worker.takeCall()
    defer {
      session.record.note(call)
      // The connection may soon be another's, who is not to be disturbed.
      session.scope.detach()
      worker.give(call)
    }
    let time = RequestTime(self)
    // Behind other gateways the first of them repeats: if each did, one request would become many.
    let mayRepeat = worker.rules.routing.maxAttempts > 1 && !session.isPassedOn
    var trail = RetryTrail(placement.attempts, mayRepeat: mayRepeat)
    var failures: [Failure] = []
    var isUnpaid = false
    var isBudgetSpent = false
    while !time.isOver(worker.loop.now), let step = trail.next() {
      var attempt = placement.attempts[step.index]
      if let pause = step.pause { try await rest(pause, time) }
      // The first has its place already; of the others one may have become full since the plan, or
      // have failed others.
      guard let place = placement.takePlace() ?? enter(attempt, isForced: step.isForced) else {
        trail.skip(step)
        continue
      }
      guard !failures.contains(where: \.wasSent) || mayRetry() else {
        isBudgetSpent = true
        break
      }
      if let last = failures.last {
        worker.metrics.countRetry(after: last.failure.code, hadBegun: last.hadBegun)
      }
      let modelInFlight = attempt.model.account.requests.enter()
      if attempt.needsLoading, let failure = try await bringIntoMemory(attempt, time) {
        failures.append(failure)
        trail.fail(step.index, failure.failure, mayPass: false)
        continue
      }
      var payment = freely(attempt)
      if payment == nil { payment = await pay(for: attempt) }
      guard let payment else {
        isUnpaid = true
        continue
      }
      if !failures.isEmpty {
        attempt = attempt.made(for: .failover)
      } else if placement.passedOver, attempt.reason == .capabilityMatch {
        attempt = attempt.made(for: .capacityOverflow)
      }
      call.deadline = time.deadline
      var lessons = Lessons(attempt, self, attempt.needsLoading ? .brought : .reported)
      let outcome: Outcome
      if failures.isEmpty, let spare = trail.spare,
        let patience = hedgePatience(attempt, placement.attempts[spare])
      {
        let hedged = await performHedged(
          attempt, call, lessons, placement.attempts[spare], after: patience)
        (outcome, call, lessons) = (hedged.outcome, hedged.call, hedged.lessons)
        if hedged.hasSecond { trail.use(spare) }
        if let (lessons, failure, words) = hedged.failure {
          failures.append(Failure(attempt: lessons.attempt, failure: failure, ownWords: words))
        }
      } else {
        outcome = await perform(attempt, call, lessons)
      }
      if let patience = drainTime(attempt, outcome, call) {
        let reply = AbandonedReply(
          call, of: self, attempt, payment, place: place, modelPlace: modelInFlight)
        worker.drain(reply, for: patience)
      } else {
        settle(payment, outcome, call)
        _ = consume modelInFlight
        if case .failed(let failure) = outcome {
          // A trial is one until it is known how it ended.
          let words = lessons.fail(failure, call, time.isOver(worker.loop.now) ? time : nil)
          failures.append(
            Failure(
              attempt: lessons.attempt, failure: failure, ownWords: words,
              hadBegun: call.hasBegunAnswer))
          trail.fail(step.index, failure, mayPass: call.mayPass)
        }
        _ = consume place
      }
      switch outcome {
      case .answered(let goesOn): return goesOn
      case .clientGone: throw session.lost
      case .failed: break
      }
    }
    guard let last = failures.last else {
      if isUnpaid { throw budgetSpent() }
      throw time.isOver(worker.loop.now) ? tooLate(time) : session.lost
    }
    guard last.wasSent, isForClient(last.failure, call) else {
      throw error(after: failures, last, call, time, isBudgetSpent: isBudgetSpent)
    }
    call.deadline = .max
    guard let reply = RelayedReply(session, call, last.attempt) else { return false }
    let end: RelayEnd
    if let whole = reply.sendWhole() { end = whole } else { end = await reply.sendRest() }
    return finish(end, reply, Lessons(last.attempt, self))
  }

  /// Waits before a retry, if there is time for that.
  private func rest(_ pause: ClosedRange<UInt64>, _ time: RequestTime) async throws(APIError) {
    let span = pause.upperBound - pause.lowerBound + 1
    let milliseconds = pause.lowerBound + worker.ids.draw() % span
    guard worker.loop.now + milliseconds < time.deadline else { return }
    await RetryPause().run(milliseconds, on: worker.loop, session.scope)
    if session.scope.cause != nil { throw session.lost }
  }

  /// Whether the gateway as a whole may make one more retry.
  private func mayRetry() -> Bool {
    let isGranted = worker.shared.retries.spend(
      percent: worker.rules.limits.retryPercent, at: worker.loop.now)
    if !isGranted { session.record.refusal = RetryBudget.token }
    return isGranted
  }
}

extension UpstreamCall {
  /// Whether the last reply took too long.
  var hasTimedOut: Bool {
    if case .timeout = lastError { return true }
    return false
  }

  /// Whether something of an answer that seemed well has come.
  fileprivate var hasBegunAnswer: Bool {
    payloadBytes > 0 && connection.map { $0.head.status < 300 } ?? false
  }

  /// Whether the same server may do better a moment later: it was not reached, broke off, or said
  /// that something is wrong with it.
  fileprivate var mayPass: Bool {
    switch lastError {
    case .connect, .closed: true
    case nil: connection.map { $0.head.status >= 500 } ?? false
    case .tls, .timeout, .malformed, .clientGone: false
    }
  }
}

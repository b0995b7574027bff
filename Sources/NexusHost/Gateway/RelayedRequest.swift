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
  private struct Failure {
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
      let outcome = await perform(attempt, call)
      settle(payment, outcome, call)
      _ = consume inFlight
      switch outcome {
      case .answered(let goesOn): return goesOn
      case .clientGone: throw session.lost
      case .failed(let failure):
        let words = note(failure, of: attempt, call, isOutOfTime: worker.loop.now >= deadline)
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
    if let end = reply.sendWhole() { return finish(end, reply, last.attempt) }
    return finish(await reply.sendRest(), reply, last.attempt)
  }

  private func perform(
    _ attempt: Attempt, _ call: UpstreamCall
  ) async -> Outcome {
    let started = worker.loop.nowNanoseconds
    session.record.begin(attempt, at: started)
    session.record.routeReason = attempt.reason.text
    worker.shared.log.debug(
      "api", "trying backend",
      [
        "request_id": session.requestID, "backend": attempt.backend.name,
        "model": attempt.model.id, "attempt": session.record.tries.count,
      ])
    let isWarm = attempt.model.use()
    let body = session.connection.bodyBuffer
    let range = session.connection.bodyRange
    var verdict: Verdict? = call.begin(
      attempt.driver, operation(for: attempt), body: body, range: range)
    while let current = verdict {
      switch current {
      case .send:
        guard attempt.isAllowed else { return .failed(Self.forbidden) }
        verdict = await call.send(
          to: attempt.backend.target, body: body, range: range,
          forwarded: session.forwarded, scope: session.scope)
      case .more where call.emitted.isEmpty:
        if let decided = call.decideNow() {
          verdict = decided
        } else {
          verdict = await call.decide()
        }
      case .failed where !call.isAnswering:
        let failure = call.exchange.sink.failure ?? Self.unexplained
        return .failed(failure.cleaned(for: attempt.backend.target))
      case .more, .done, .failed:
        succeed(attempt, since: isWarm ? started : nil)
        call.deadline = .max
        return .answered(goesOn: await answer(call, attempt, verdict: current))
      case .relay:
        succeed(attempt, since: isWarm ? started : nil)
        call.deadline = .max
        guard let reply = RelayedReply(session, call, attempt) else {
          return .answered(goesOn: false)
        }
        // A short answer that is complete goes out without a wait.
        if let end = reply.sendWhole() { return .answered(goesOn: finish(end, reply, attempt)) }
        return .answered(goesOn: finish(await reply.sendRest(), reply, attempt))
      }
    }
    return .clientGone
  }

  // MARK: What goes up

  private func operation(for attempt: Attempt) -> DriverOperation {
    let model = attempt.model
    var json: [UInt8] = []
    if model.idBytes != request.model { JSONWriter.appendString(model.idBytes, to: &json) }
    return DriverOperation(
      kind: request.kind, stream: request.stream, backendType: attempt.kind.typeBytes,
      model: model.idBytes, modelJSON: json, modelRange: request.modelRange)
  }

  // MARK: What comes back

  /// Notes how a reply ended. Returns whether the connection goes on.
  private func finish(_ end: RelayEnd, _ reply: RelayedReply, _ attempt: Attempt) -> Bool {
    switch end {
    case .complete:
      attempt.backend.load.quality.recordSuccess()
      return reply.keepsAlive
    case .broken(let failure, let told):
      _ = note(failure, of: attempt, reply.call)
      return reply.keepsAlive && told
    case .stopped:
      session.record.stop()
      return false
    case .clientGone:
      session.record.cancel()
      return false
    }
  }

  /// Sends an answer that the driver writes itself.
  private func answer(_ call: UpstreamCall, _ attempt: Attempt, verdict: Verdict) async -> Bool {
    session.record.answer(
      status: call.exchange.sink.answerStatus, at: worker.loop.nowNanoseconds)
    var relay = AnswerRelay(
      call: call, session: session,
      fields: { RelayedReply.appendFields(session, attempt, status: $1, to: $0) })
    return await relay.run(verdict)
  }

  // MARK: Failures

  private static let unexplained = DriverFailure(.driverBug, "the driver gave no reason")
  /// What no plan should lead to.
  private static let forbidden = DriverFailure(
    .unsupported, "the backend lies outside the zone that a policy demands")

  /// `started`: nil if the model had to be loaded first, which says nothing of later requests.
  private func succeed(_ attempt: Attempt, since started: UInt64?) {
    let load = attempt.backend.load
    if let started {
      let time = (worker.loop.nowNanoseconds - started) / 1000
      load.record(firstByteMicroseconds: time)
      if request.stream { load.quality.record(firstTokenMicroseconds: time) }
    }
    if load.isDoubted { worker.shared.observer.attemptSucceeded(on: attempt.backend) }
  }

  /// Passes on how a try failed, and says it in the host's own words. A backend whose answer only took
  /// longer than the request may is slow, not ill.
  private func note(
    _ failure: DriverFailure, of attempt: Attempt, _ call: UpstreamCall, isOutOfTime: Bool = false
  ) -> String {
    let words = call.lastError?.description ?? failure.code.name
    session.record.fail(failure, words, at: worker.loop.nowNanoseconds)
    tell(failure, words, of: attempt)
    if failure.code.countsAsFault {
      attempt.backend.load.recordFailure()
      attempt.backend.load.quality.recordFailure()
    }
    guard !isOutOfTime else { return words }
    worker.shared.observer.attemptFailed(
      on: attempt.backend, DriverFailure(failure.code, words, detail: failure.detail))
    return words
  }

  /// Tells the log of a try that failed, without what the backend said: it may quote the prompt.
  private func tell(_ failure: DriverFailure, _ words: String, of attempt: Attempt) {
    worker.shared.log.warn(
      "api", session.record.firstByte == 0 ? "attempt failed" : "answer broke off",
      [
        "request_id": session.requestID,
        "backend": attempt.backend.name, "model": attempt.model.id,
        "failure": failure.code.name, "attempt": session.record.tries.count,
        "error_message": worker.rules.access.includesContent ? failure.message : words,
      ])
  }

  /// Whether the backend's own words are for the client: a complaint about the request, in OpenAI's
  /// envelope. What it says about the host's key is not.
  private func isForClient(_ failure: DriverFailure, _ call: UpstreamCall) -> Bool {
    guard failure.code != .credentialDead, let upstream = call.connection,
      (400..<500).contains(upstream.head.status), upstream.body.isFinished,
      let input = upstream.input
    else { return false }
    var body: [UInt8] = []
    for range in call.payload { body += input.bytes(range) }
    guard let document = JSONDocument(body) else { return false }
    return document.member("error")?.kind == .object
  }

  private func error(
    after failures: [Failure], _ last: Failure, _ call: UpstreamCall, isOutOfTime: Bool
  ) -> APIError {
    var timedOut = isOutOfTime
    if case .timeout = call.lastError { timedOut = true }
    let told = failures.map { "'\($0.attempt.backend.name)': \($0.failure.message)" }
    var message =
      told.count == 1
      ? "Backend \(told[0])"
      : "None of \(told.count) backends could answer. " + told.joined(separator: "; ")
    if isOutOfTime {
      let seconds = worker.rules.limits.timeout / 1_000
      message += " The time for an answer to begin, \(seconds) s, is over."
    }
    var error = APIError.failed(last.failure, timedOut: timedOut, message: message)
    error.ownWords =
      failures.map { "'\($0.attempt.backend.name)': \($0.ownWords)" }
      .joined(separator: "; ")
    if error.status == 503 {
      error.context = .init(
        availableBackends: worker.fleet.routableNames,
        etaSeconds: last.failure.code == .modelLoading ? error.retryAfter : nil)
    }
    return error
  }
}

extension UpstreamCall {
  /// Whether the driver has begun an answer of its own.
  var isAnswering: Bool { exchange.sink.answerStatus != 0 }
}

import Config
import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry
import Text

extension RelayedRequest {
  /// Where a try stands that has come to something.
  enum Arrival {
    /// There is an answer, or the beginning of one.
    case verdict(Verdict)
    case failed(DriverFailure)
    /// Its wait was ended.
    case gone
  }

  /// Sends the request to one backend, and its answer to the client once there is one.
  func perform(_ attempt: Attempt, _ call: UpstreamCall, _ lessons: Lessons) async -> Outcome {
    note(attempt, lessons)
    switch await reach(attempt, call, session.linesForTry, session.scope) {
    case .verdict(let verdict): return await deliver(verdict, attempt, call, lessons)
    case .failed(let failure): return .failed(failure)
    case .gone: return .clientGone
    }
  }

  /// Says that a try begins.
  func note(_ attempt: Attempt, _ lessons: Lessons) {
    session.record.begin(attempt, at: lessons.started)
    session.record.routeReason = attempt.reason.text
    session.log.debug(
      "api", "trying backend",
      [
        "request_id": session.requestID, "backend": attempt.backend.name,
        "model": attempt.model.id, "attempt": session.record.tries.count,
      ])
    tellOverflow(attempt)
  }

  /// Sends the request to one backend and waits for an answer, of which nothing goes to the client.
  /// `lines`: the header lines that the host adds.
  func reach(
    _ attempt: Attempt, _ call: UpstreamCall, _ lines: [UInt8], _ scope: CancelScope
  ) async -> Arrival {
    let body = session.connection.bodyBuffer
    let range = session.connection.bodyRange
    guard let driver = attempt.driver else { return .failed(Self.driverless) }
    var verdict: Verdict? = call.begin(
      driver, operation(for: attempt), body: body, range: range)
    while let current = verdict {
      switch current {
      case .send:
        guard attempt.isAllowed else { return .failed(Self.forbidden) }
        verdict = await call.send(
          to: attempt.backend.target, body: body, range: range, forwarded: lines, scope: scope)
      case .more where call.emitted.isEmpty:
        if let decided = call.decideNow() {
          verdict = decided
        } else {
          verdict = await call.decide()
        }
      case .failed where !call.isAnswering:
        var failure = call.exchange.sink.failure ?? Self.unexplained
        if call.saysLoop { failure = DriverFailure(.unsupported, failure.message) }
        return .failed(failure.cleaned(for: attempt.backend.target))
      case .more, .done, .failed, .relay: return .verdict(current)
      }
    }
    return .gone
  }

  /// Sends the answer that a backend has begun to the client.
  func deliver(
    _ verdict: Verdict, _ attempt: Attempt, _ call: UpstreamCall, _ lessons: Lessons
  ) async -> Outcome {
    guard verdict == .relay else { return await answer(call, attempt, lessons, verdict: verdict) }
    guard !isHeld(call) else { return await hold(call, attempt, lessons) }
    lessons.answerBegan()
    return await relay(call, attempt, lessons)
  }

  /// Says that a prompt leaves for another party although a backend that is trusted more has the
  /// model, and no policy says whether it may.
  private func tellOverflow(_ attempt: Attempt) {
    guard attempt.zone == .open, attempt.demandedZone == .open else { return }
    let fleet = worker.fleet
    let isElsewhere = fleet.candidates(for: attempt.model.id).contains {
      $0.zone(on: fleet.standings[$0.member]) > .open
    }
    guard isElsewhere else { return }
    worker.shared.log.info(
      "routing", "a prompt goes to the zone open, though a more trusted backend has the model",
      [
        "request_id": session.requestID, "model": attempt.model.id,
        "backend": attempt.backend.name,
      ])
  }

  /// Whether the reply that is to be relayed may still turn out to be none: a stream that goes on.
  private func isHeld(_ call: UpstreamCall) -> Bool {
    guard request.stream, let upstream = call.connection, !upstream.body.isFinished,
      let input = upstream.input
    else { return false }
    return RelayedReply.isEventStream(upstream.head.fields, input.span)
  }

  /// Relays a stream once something of the answer has come.
  private func hold(_ call: UpstreamCall, _ attempt: Attempt, _ lessons: Lessons) async -> Outcome {
    let hold = PreambleHold(call, worker.loop)
    switch await hold.run() {
    case .cancelled: return .clientGone
    case .failed(let failure): return .failed(failure.cleaned(for: attempt.backend.target))
    case .commit(let ended):
      guard ended == nil else {
        lessons.answerBegan()
        return await relay(call, attempt, lessons, ended: ended)
      }
      if hold.preamble.verdict == .output { lessons.answerBegan() }
      let monitor = StreamMonitor(
        lessons, hold, least: worker.rules.quality.minTokensPerSecond, on: worker.loop)
      return await relay(call, attempt, lessons, monitor)
    }
  }

  /// Sends the reply to the client: the commit point.
  private func relay(
    _ call: UpstreamCall, _ attempt: Attempt, _ lessons: Lessons, ended: Verdict? = nil,
    _ monitor: StreamMonitor? = nil
  ) async -> Outcome {
    call.deadline = .max
    guard let reply = RelayedReply(session, call, attempt, ended: ended, monitor: monitor) else {
      return .answered(goesOn: false)
    }
    // A short answer that is complete goes out without a wait.
    if let end = reply.sendWhole() { return .answered(goesOn: finish(end, reply, lessons)) }
    return .answered(goesOn: finish(await reply.sendRest(), reply, lessons))
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
  func finish(_ end: RelayEnd, _ reply: RelayedReply, _ lessons: Lessons) -> Bool {
    switch end {
    case .complete:
      lessons.answerEnded(reply.call, isSlow: reply.isSlow)
      return reply.keepsAlive
    case .broken(let failure, let told):
      _ = lessons.fail(failure, reply.call)
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
  private func answer(
    _ call: UpstreamCall, _ attempt: Attempt, _ lessons: Lessons, verdict: Verdict
  ) async -> Outcome {
    var relay = AnswerRelay(
      call: call, session: session,
      fields: { RelayedReply.appendFields(session, attempt, status: $1, to: $0) })
    guard let verdict = await relay.hold(verdict) else { return .clientGone }
    guard verdict != .failed || relay.hasOutput else {
      let failure = call.exchange.sink.failure ?? PreambleHold.broken
      return .failed(failure.cleaned(for: attempt.backend.target))
    }
    lessons.answerBegan()
    call.deadline = .max
    session.record.answer(
      status: call.exchange.sink.answerStatus, at: worker.loop.nowNanoseconds)
    return .answered(goesOn: await relay.run(verdict))
  }

  private static let unexplained = DriverFailure(.driverBug, "the driver gave no reason")
  /// The driver was removed after the plan was made.
  private static let driverless = DriverFailure(
    .unsupported, "the backend's driver was removed from the gateway")
  /// What no plan should lead to.
  private static let forbidden = DriverFailure(
    .unsupported, "the backend lies outside the zone that a policy demands")
}

extension UpstreamCall {
  /// Whether the driver has begun an answer of its own.
  var isAnswering: Bool { exchange.sink.answerStatus != 0 }
}

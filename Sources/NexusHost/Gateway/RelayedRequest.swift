import Drivers
import Fleet
import HTTP
import Net
import Routing
import Text

/// A request for a model on its way: routed, tried on one backend after the other until one answers
/// or the client has been sent a byte, and relayed. Confined to its loop's thread.
struct RelayedRequest {
  let session: ClientSession
  let request: ModelRequest

  /// How one try ended.
  private enum Outcome {
    /// An answer was sent; whether the connection goes on.
    case answered(goesOn: Bool)
    case failed(DriverFailure)
    case clientGone
  }

  /// A try that failed, for the error that tells them all.
  private struct Failure {
    let attempt: Attempt
    let failure: DriverFailure
  }

  private var worker: Worker { session.worker }

  /// Answers the request. Returns whether the connection goes on; throws what the client is told.
  func run() async throws(APIError) -> Bool {
    let facts = RequestFacts(
      model: String(decoding: request.model, as: UTF8.self), operation: request.kind)
    switch Router.plan(facts, worker.fleet) {
    case .route(let attempts): return try await run(attempts)
    case .queue(let rejection), .reject(let rejection):
      throw APIError(rejection, model: facts.model, fleet: worker.fleet)
    }
  }

  private func run(_ attempts: [Attempt]) async throws(APIError) -> Bool {
    let call = worker.takeCall()
    defer { worker.give(call) }
    var failures: [Failure] = []
    for attempt in attempts {
      switch await run(attempt, call, isFailover: !failures.isEmpty) {
      case .answered(let goesOn): return goesOn
      case .clientGone: throw .clientLeft
      case .failed(let failure):
        note(failure, of: attempt)
        failures.append(Failure(attempt: attempt, failure: failure))
      }
      if failures.last?.failure.code.retry == .never { break }
    }
    guard let last = failures.last else { throw .clientLeft }
    if isForClient(last.failure, call) {
      return await relay(call, last.attempt, isFailover: failures.count > 1, isComplete: true)
    }
    throw error(after: failures, last, call)
  }

  private func run(
    _ attempt: Attempt, _ call: UpstreamCall, isFailover: Bool
  ) async -> Outcome {
    let inFlight = attempt.backend.load.enter()
    let outcome = await perform(attempt, call, isFailover: isFailover)
    _ = consume inFlight
    return outcome
  }

  private func perform(
    _ attempt: Attempt, _ call: UpstreamCall, isFailover: Bool
  ) async -> Outcome {
    let started = worker.loop.nowNanoseconds
    let body = session.connection.bodyBuffer
    let range = session.connection.bodyRange
    var verdict: Verdict? = call.begin(
      attempt.driver, operation(for: attempt), body: body, range: range)
    while let current = verdict {
      switch current {
      case .send:
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
        return .failed(call.exchange.sink.failure ?? Self.unexplained)
      case .more, .done, .failed:
        succeed(attempt, since: started)
        return .answered(goesOn: await answer(call, attempt, verdict: current))
      case .relay:
        succeed(attempt, since: started)
        let goesOn = await relay(
          call, attempt, isFailover: isFailover,
          isComplete: call.connection?.body.isFinished == true)
        return .answered(goesOn: goesOn)
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

  private func relay(
    _ call: UpstreamCall, _ attempt: Attempt, isFailover: Bool, isComplete: Bool
  ) async -> Bool {
    let connection = session.connection
    guard let upstream = call.connection, let input = upstream.input else { return false }
    let head = upstream.head
    let framing = framing(head.framing)
    var keep = session.keepsAlive && framing != .untilClose
    session.list.removeAll()
    let out = session.list.own
    HeadWriter.start(head.status, in: out)
    ReplyFields.append(head, in: input.span, to: out)
    appendOwnFields(attempt, isFailover: isFailover, status: head.status, to: out)
    switch head.framing {
    case .length(let length): HeadWriter.field("content-length", length, in: out)
    // RFC 9110 §8.6: these have no body, and say nothing of its length.
    case .none where head.status == 204 || head.status == 304: break
    case .none: HeadWriter.field("content-length", 0, in: out)
    default: if framing == .chunked { out.append("transfer-encoding: chunked\r\n") }
    }
    session.responder.appendConnection(keep, to: out)
    out.append("\r\n")
    session.list.appendOwn(from: 0)
    // Nothing of the request is needed any more: it cannot go to another backend now.
    connection.releaseBody()
    let relay = ReplyRelay(
      call: call, client: connection.transport, framing: framing,
      isEventStream: Self.isEventStream(head, input.span),
      sendTimeout: worker.shared.settings.sendTimeout, list: session.list)
    switch await relay.run(isComplete: isComplete) {
    case .complete: break
    case .broken(let failure, let told):
      note(failure, of: attempt)
      if !told { keep = false }
    case .clientGone: keep = false
    }
    return keep
  }

  /// Sends an answer that the driver writes itself.
  private func answer(_ call: UpstreamCall, _ attempt: Attempt, verdict: Verdict) async -> Bool {
    var relay = AnswerRelay(
      call: call, session: session,
      fields: { appendOwnFields(attempt, isFailover: false, status: $1, to: $0) })
    return await relay.run(verdict)
  }

  private func framing(_ upstream: BodyFraming) -> ReplyRelay.Framing {
    switch upstream {
    case .none, .length: .length
    case .chunked, .untilClose: session.connection.request.isHTTP10 ? .untilClose : .chunked
    }
  }

  private static func isEventStream(_ head: ResponseHead, _ bytes: Span<UInt8>) -> Bool {
    guard let range = head.value("content-type", in: bytes), range.count >= 17 else {
      return false
    }
    let name: StaticString = "text/event-stream"
    for offset in 0..<17
    where bytes[range.lowerBound + offset] | 0x20 != name.utf8Start[offset] | 0x20 { return false }
    return true
  }

  private func appendOwnFields(
    _ attempt: Attempt, isFailover: Bool, status: Int, to out: ByteBuffer
  ) {
    HeadWriter.field("x-request-id", session.requestID, in: out)
    out.append("x-nexus-backend: ")
    out.append(attempt.backend.headerName)
    out.append("\r\nx-nexus-backend-type: ")
    out.append(attempt.driver.descriptor.zone == .cloud ? "cloud" : "local")
    out.append("\r\nx-nexus-route-reason: ")
    out.append(isFailover ? "failover\r\n" : "capability-match\r\n")
    if (400..<500).contains(status), ![408, 409, 429].contains(status) {
      out.append("x-should-retry: false\r\n")
    }
  }

  // MARK: Failures

  private static let unexplained = DriverFailure(.driverBug, "the driver gave no reason")

  private func succeed(_ attempt: Attempt, since started: UInt64) {
    let load = attempt.backend.load
    load.record(firstByteMicroseconds: (worker.loop.nowNanoseconds - started) / 1000)
    if load.isDoubted { worker.shared.observer.attemptSucceeded(on: attempt.backend) }
  }

  private func note(_ failure: DriverFailure, of attempt: Attempt) {
    if failure.code.countsAsFault { attempt.backend.load.recordFailure() }
    worker.shared.observer.attemptFailed(on: attempt.backend, failure)
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
    after failures: [Failure], _ last: Failure, _ call: UpstreamCall
  ) -> APIError {
    var timedOut = false
    if case .timeout = call.lastError { timedOut = true }
    let told = failures.map { "'\($0.attempt.backend.name)': \($0.failure.message)" }
    let message =
      told.count == 1
      ? "Backend \(told[0])"
      : "None of \(told.count) backends could answer. " + told.joined(separator: "; ")
    var error = APIError.failed(last.failure, timedOut: timedOut, message: message)
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

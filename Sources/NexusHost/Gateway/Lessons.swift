import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry

/// What a try teaches about its backend: the one place from which load, speed and quality are fed.
/// Made when the try begins; until its first token comes, or this is released, the backend owes that.
/// Confined to its loop's thread.
final class Lessons {
  let attempt: Attempt
  /// When it began, in nanoseconds of the loop's clock.
  let started: UInt64
  private let session: ClientSession
  private let prompt: PromptSize
  private let isStream: Bool
  /// Whether the answer is generated and comes in one piece.
  private let isWhole: Bool
  /// Requests that were there already.
  private let ahead: Int
  /// Whether the model is believed to be in memory.
  private let isWarm: Bool
  /// Where the first token is waited for, and somebody compares backends.
  private var expectation: UInt64?
  /// Milliseconds after which the first token came; 0 before.
  private var firstToken = 0.0

  private var worker: Worker { session.worker }
  private let load: BackendLoad
  private let account: ModelAccount
  private let cells: PlaceCells

  /// Where the model is.
  enum Memory {
    /// As its server said last; if it is not in memory, the request brings it there.
    case reported
    /// It has been brought into memory for this try.
    case brought
    /// It could not be: the request is not sent.
    case missing
  }

  init(_ attempt: Attempt, _ request: RelayedRequest, _ memory: Memory = .reported) {
    self.attempt = attempt
    session = request.session
    load = attempt.backend.load
    account = attempt.model.account
    cells = request.worker.metrics.cells(attempt.model, on: attempt.backend, attempt.kind)
    session.record.isCounted(in: cells, calibrated: account.tokens.isCalibrated)
    prompt = request.request.prompt
    isStream = request.request.stream
    isWhole = request.request.isWhole
    started = request.worker.loop.nowNanoseconds
    ahead = max(0, load.inFlight - 1) + attempt.member.foreignRequests
    let now = started / 1_000_000
    guard memory != .missing else {
      isWarm = false
      return
    }
    let isInMemory = attempt.model.use() || memory == .brought
    if !isInMemory { load.loadBegan(account, at: now) }
    isWarm =
      memory == .brought
      || isInMemory
        && (attempt.model.report.residency == .loaded || !account.speed.isLoading(at: now))
    if attempt.expected > 0 {
      expectation = account.speed.expect(within: attempt.expected, at: now)
    }
  }

  deinit {
    if let expectation { account.speed.settle(expectation) }
  }

  /// The first token, or a whole answer, is there.
  func answerBegan() {
    let now = worker.loop.nowNanoseconds
    let time = (now - started) / 1_000
    firstToken = Double(time) / 1_000
    session.record.cells = cells
    cells.backend.firstToken.record(now - started)
    if let expectation { account.speed.settle(expectation) }
    expectation = nil
    if isWarm, isWhole, worker.rules.limits.hedges {
      account.wholeAnswer.record(milliseconds: firstToken)
    }
    // When a whole answer began nobody knows.
    if !isWhole || !isWarm { account.speed.record(sample, at: now / 1_000_000) }
    // A model that had to be loaded first says nothing of later requests.
    if !isWarm {
      load.loadEnded(account)
    } else {
      load.record(firstByteMicroseconds: time)
      if isStream {
        load.quality.record(firstTokenMicroseconds: time)
        account.quality.record(firstTokenMicroseconds: time)
      }
    }
    session.remember(attempt)
    recordCircuits(.answers(since: started / 1_000_000))
    if load.isDoubted { worker.shared.observer.attemptSucceeded(on: attempt.backend) }
  }

  private var sample: SpeedAccount.FirstToken {
    SpeedAccount.FirstToken(
      milliseconds: firstToken, promptTokens: attempt.promptTokens,
      cachedTokens: attempt.cachedTokens, ahead: ahead, slots: attempt.slots, isCold: !isWarm)
  }

  /// The first token of an answer is there whose head went out before it.
  func outputBegan() {
    session.record.begin(output: worker.loop.nowNanoseconds)
    answerBegan()
  }

  /// An answer gets on more slowly than it may. It goes on; it has only counted.
  func answerIsSlow() {
    load.quality.recordFailure()
    account.quality.recordFailure()
    worker.shared.log.warn(
      "api", "answer is slow",
      [
        "request_id": session.requestID, "backend": attempt.backend.name,
        "model": attempt.model.id,
      ])
  }

  /// The answer was sent to its end. `isSlow`: it has counted already.
  func answerEnded(_ call: UpstreamCall, isSlow: Bool = false) {
    if !isSlow {
      load.quality.recordSuccess()
      account.quality.recordSuccess()
    }
    let now = worker.loop.nowNanoseconds
    let usage = call.exchange.sink.reports.usage
    var first = sample
    if isWhole { first.milliseconds = 0 }
    account.speed.record(
      SpeedAccount.Answer(
        milliseconds: Double((now - started) / 1_000) / 1_000, first: first,
        tokens: usage?.output.map { Double($0) } ?? 0, cached: usage?.cached.map { Double($0) }),
      at: now / 1_000_000)
    if let input = usage?.input, input > 0 {
      let ratio = attempt.promptTokens * 1_000 / Double(input)
      cells.estimateRatio.record(UInt64(min(max(0, ratio), 1e12)))
    }
    if let input = usage?.input, let text = prompt.sample(tokens: input) {
      account.tokens.record(bytes: text.bytes, tokens: text.tokens)
    }
    recordCircuits(.succeeded)
  }

  /// The try failed, before its answer or in the middle of it. Passes that on, and says it in the
  /// host's own words. A backend whose answer only took longer than the request may is slow, not ill;
  /// `overdue` is that time, if it is over.
  func fail(
    _ failure: DriverFailure, _ call: UpstreamCall, _ overdue: RequestTime? = nil
  ) -> String {
    let words = call.lastError?.description ?? failure.code.name
    if session.record.firstByte != 0 { cells.backend.broken.add() }
    session.record.fail(failure, words, at: worker.loop.nowNanoseconds)
    cells.count(ErrorKind(failure, call))
    cells.backend.count(failure.code)
    tell(failure, words)
    if failure.code.countsAsFault, overdue?.isByClient != true {
      load.recordFailure()
      account.speed.recordFailure(at: worker.loop.now)
      load.loadEnded(account)
      load.quality.recordFailure()
      account.quality.recordFailure()
    }
    guard overdue == nil else { return words }
    recordCircuits(failure, call)
    worker.shared.observer.attemptFailed(
      on: attempt.backend, DriverFailure(failure.code, words, detail: failure.detail))
    return words
  }

  /// The model did not come into memory for the try. `isOver`: nothing further is done for that.
  func loadFailed(_ failure: DriverFailure, isOver: Bool) -> String {
    let words = failure.code.name
    session.record.fail(failure, words, at: worker.loop.nowNanoseconds)
    tell(failure, words)
    cells.count(.backendError)
    cells.backend.count(failure.code)
    // One that is still on its way is waited for by all, or left alone, by what it will take.
    if isOver { record(.refused(.loading, wait: 0), account.circuit, isModel: true) }
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

// MARK: - Circuits

extension Lessons {
  private func recordCircuits(_ event: CircuitState.Event) {
    record(event, load.circuit, isModel: false)
    record(event, account.circuit, isModel: true)
  }

  private func recordCircuits(_ failure: DriverFailure, _ call: UpstreamCall) {
    var isUnreachable = false
    switch call.lastError {
    case .connect, .tls: isUnreachable = true
    default: break
    }
    let lesson = CircuitLesson(
      failure, wasAnswered: call.connection != nil && call.lastError == nil,
      isUnreachable: isUnreachable, since: started / 1_000_000)
    if let event = lesson.backend { record(event, load.circuit, isModel: false) }
    if let event = lesson.model { record(event, account.circuit, isModel: true) }
  }

  private func record(_ event: CircuitState.Event, _ circuit: Circuit, isModel: Bool) {
    guard circuit.isConcerned(by: event) else { return }
    let change = circuit.record(
      event, at: worker.loop.now, worker.rules.circuit, draw: worker.ids.draw())
    let model = isModel ? attempt.model.id : nil
    if case .opened(let cause, _) = change {
      cells.backend.circuitsOpened[min(Int(cause.rawValue), 15)].add()
    }
    switch change {
    // The control loop says so of a key, with what to do.
    case .opened(.keyRefused, _), nil: break
    case .opened(let cause, let time):
      worker.shared.log.warn(
        "health", "others are preferred for a while",
        [
          "backend": attempt.backend.name, "model": model, "reason": cause.name,
          "duration_ms": Int(clamping: time),
        ])
    case .closed:
      worker.shared.log.info(
        "health", "requests flow again", ["backend": attempt.backend.name, "model": model])
    }
  }
}

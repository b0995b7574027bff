import Config
import Drivers
import Fleet
import HTTP
import Routing
import Telemetry

/// What became of one HTTP request, gathered while it is served. The access line is written from it
/// when the request has ended, and so is whatever else counts or remembers requests.
///
/// Times are nanoseconds of the loop's clock. Used again from request to request; an object, because
/// copies of all its texts would cost more than the request's own work. Confined to its loop's thread.
final class RequestRecord {
  /// How a request ended.
  enum Outcome {
    case success, error, timeout
    /// The client went first.
    case cancelled

    /// Its name in logs and explanations.
    var name: StaticString {
      switch self {
      case .success: "success"
      case .error: "error"
      case .timeout: "timeout"
      case .cancelled: "cancelled"
      }
    }
  }

  /// One try of a backend.
  struct Try {
    /// How it ended.
    enum Result: Equatable {
      /// It is under way, or the client left during it.
      case open
      /// Its answer went to the client.
      case answered
      /// Another one was faster.
      case abandoned
      case failed(FailureCode)

      /// Its name in the history, explanations and spans.
      var name: StaticString {
        switch self {
        case .open: "unfinished"
        case .answered: "answered"
        case .abandoned: "abandoned"
        case .failed: "failed"
        }
      }

      /// How it failed, if it did.
      var failure: FailureCode? { if case .failed(let code) = self { code } else { nil } }
    }

    let backend: Backend
    let kind: BackendKind
    let model: Model
    /// Whether the model stands in for the one asked for.
    let isFallback: Bool
    /// Where the prompt went.
    let zone: Settings.Zone
    /// Its number among those of the request, whatever their order.
    let number: UInt16
    /// Whether anything was sent there; if not, its model could not be brought into memory.
    let isSent: Bool
    let started: UInt64
    fileprivate(set) var ended: UInt64
    fileprivate(set) var result = Result.open

    mutating func apply(_ change: (inout Try) -> Void) { change(&self) }
  }

  /// What it waits for before it is sent to a backend.
  enum Wait: UInt8 {
    /// Nothing but its turn.
    case none
    /// A place at a backend.
    case place
    /// Its model, which is brought into memory.
    case model
  }

  /// Who may watch it; nil where nobody can.
  private let live: WorkerRequests?
  /// What it waits for at the moment, and where its model comes into memory.
  private(set) var wait = Wait.none
  private(set) var loading: Backend?
  /// What of its answer was counted while somebody watched.
  private(set) var events = EventMeter()
  /// Where it stands among the requests of its worker; nil while it does not.
  var livePlace: Int?

  /// Short name of what was asked for: "chat", "health"; "none" if the head could not be read.
  var endpoint: StaticString = "none"
  /// What is asked of a backend; nil where the host answers by itself, or the head could not be read.
  var operation: OperationKind?
  /// Whether the request was not even read as far as to its path.
  var isUnread = true
  /// How long it took to read the body, in nanoseconds; 0 where nobody measured.
  var readingTime: UInt64 = 0
  /// Whether the host answers such requests by itself.
  var isInformational = false
  /// The model asked for.
  var model: [UInt8] = []
  /// Whether the answer was asked for as a stream.
  var isStream = false
  /// Length of the request's body in bytes.
  var requestBytes = 0
  /// The first words of the prompt, if they may be logged; else empty.
  var promptPreview = ""
  /// Why it went where it did; empty if it was not routed.
  var routeReason: StaticString = ""
  /// Why it could not be routed, or empty.
  var refusal = ""
  /// Its plan, for those who ask later, and by which number it is remembered; nil if it was not
  /// routed.
  var decision: (Decision, number: Int)?
  /// Where it stands in its trace; nil where nothing is traced.
  var trace: RequestTrace?
  /// The backends tried, in order.
  private(set) var tries = Tries()

  /// How long it waited for a backend.
  private(set) var queueWait: UInt64?
  /// How long the last connection to a backend took to be made; nil if one was there.
  private(set) var connectTime: UInt64?
  /// What it has cost in micro-dollars; nil if nothing that it was sent to costs anything.
  private(set) var cost: Int64?
  private(set) var started: UInt64 = 0
  /// When the answer began; 0 if it did not.
  private(set) var firstByte: UInt64 = 0
  private(set) var ended: UInt64 = 0

  /// Status that the client was sent, 0 if none; 499 if it went first.
  private(set) var statusCode = 0
  /// Payload bytes of the backend's answer.
  private(set) var answerBytes = 0
  /// Tokens, as the backend counted them.
  private(set) var usage: TokenUsage?
  /// What went wrong, in the host's own words; empty on success.
  private(set) var errorMessage = ""
  /// The same with what backends said, which may quote prompts.
  private(set) var errorDetail = ""
  private var known: Outcome?
  /// Where the try is counted that answers, or else the last one; nil if it was sent nowhere.
  var cells: PlaceCells?
  /// What the client was told, as metrics tell it apart; nil on success.
  private(set) var errorKind: ErrorKind?

  var outcome: Outcome { known ?? ((100..<400).contains(statusCode) ? .success : .error) }
  /// Whether the client went before it had the whole answer.
  var isCancelled: Bool { known == .cancelled }
  /// Whether it asks for a model, or failed before that could be told.
  var asksForModel: Bool {
    operation != nil
      || !isInformational && endpoint.utf8CodeUnitCount == 4 && "\(endpoint)" == "none"
  }
  var hasTries: Bool { !tries.isEmpty }
  /// The model that was tried last in the place of the one asked for, if one was.
  var fallback: Model? { tries.lastFallback }
  /// Tries beyond the first.
  var retries: Int { max(0, tries.count - 1) }

  init(live: WorkerRequests? = nil) { self.live = live }

  /// Begins anew.
  func begin(at now: UInt64) {
    wait = .none
    if loading != nil { loading = nil }
    if events.isUsed { events = EventMeter() }
    endpoint = "none"
    operation = nil
    isUnread = true
    readingTime = 0
    errorKind = nil
    if cells != nil { cells = nil }
    isInformational = false
    Self.empty(&model)
    isStream = false
    requestBytes = 0
    Self.empty(&promptPreview)
    routeReason = ""
    Self.empty(&refusal)
    if !tries.isEmpty { tries = Tries() }
    queueWait = nil
    connectTime = nil
    cost = nil
    started = now
    firstByte = 0
    ended = 0
    statusCode = 0
    answerBytes = 0
    usage = nil
    Self.empty(&errorMessage)
    Self.empty(&errorDetail)
    known = nil
    if decision != nil { decision = nil }
    if trace != nil { trace = nil }
  }

  /// Most are empty already, and looking is cheaper than letting go.
  private static func empty(_ text: inout String) { if !text.isEmpty { text = "" } }
  private static func empty(_ bytes: inout [UInt8]) { if !bytes.isEmpty { bytes = [] } }

  /// The model asked for, by the name that aliases lead to; nil if nobody knows it.
  func knownModel(in view: GatewayView) -> String? {
    guard !model.isEmpty else { return nil }
    let asked = String(decoding: model, as: UTF8.self)
    let meant = view.rules.routing.model(askedFor: asked, in: view.fleet)
    return meant != asked || view.fleet.knows(meant) ? meant : nil
  }

  func ask(_ request: ModelRequest, bytes: Int) {
    model = request.model
    isStream = request.stream
    requestBytes = bytes
  }

  /// A try has cost so many micro-dollars.
  func paid(_ amount: Int64) { cost = (cost ?? 0) + amount }

  /// A try begins, which is counted there. `calibrated`: whether its prompt was measured by the model's
  /// own scale.
  func isCounted(in cells: PlaceCells, calibrated: Bool) {
    // Of further tries the prompt is the same.
    if self.cells == nil { cells.countPrompt(calibrated: calibrated, readingTime) }
    self.cells = cells
  }

  /// It begins to wait for a place.
  func waitsForPlace() { wait = .place }

  /// It has waited in the queue.
  func waited(from start: UInt64, to now: UInt64) {
    queueWait = now - start
    wait = .none
    trace?.waited(for: .queue, from: start, to: now)
  }

  /// It begins to wait for its model on a backend.
  func waitsForModel(on backend: Backend) {
    wait = .model
    loading = backend
  }

  /// The model is there, or will not be.
  func waitedForModel() {
    wait = .none
    loading = nil
  }

  /// Whether somebody wants to know how fast its answer comes.
  var isWatched: Bool { live?.isWatched ?? false }

  /// The next bytes of its answer, an event stream, while somebody watches.
  func watch(_ bytes: Span<UInt8>) {
    let count = events.note(bytes)
    if count > 0 { cells?.backend.answerTokens.add(UInt64(count)) }
  }

  /// As many events a second as have come of late; nil where that is not known.
  func eventRate(at now: UInt64) -> Double? { events.rate(at: now) }

  /// A try begins. `isSent`: false if it has failed before anything could be sent.
  func begin(_ attempt: Attempt, at now: UInt64, isSent: Bool = true) {
    tries.append(
      Try(
        backend: attempt.backend, kind: attempt.kind, model: attempt.model,
        isFallback: attempt.isFallback, zone: attempt.zone,
        number: UInt16(truncatingIfNeeded: tries.count), isSent: isSent, started: now, ended: now))
  }

  /// Of several tries at once this one is told as the last: the one that the next news are of.
  func bringToEnd(_ place: Int) {
    tries.bringToEnd(place)
  }

  /// The last try was given up, since another one had an answer.
  func abandon(at now: UInt64) {
    tries.changeLast {
      $0.ended = now
      $0.result = .abandoned
    }
  }

  /// The last try failed, before or in the middle of its answer.
  func fail(_ failure: DriverFailure, _ ownWords: String, at now: UInt64) {
    guard !tries.isEmpty else { return }
    tries.changeLast {
      $0.ended = now
      $0.result = .failed(failure.code)
    }
    if statusCode != 0 { known = .error }
    errorMessage = ownWords
    errorDetail = failure.message
  }

  /// The answer of a backend begins.
  func answer(status: Int, at now: UInt64) {
    statusCode = status
    firstByte = now
    tries.changeLast { if $0.result == .open { $0.result = .answered } }
  }

  /// The answer itself begins, of which the head went out before.
  func begin(output now: UInt64) { firstByte = now }

  /// The host answers by itself.
  func answer(status: Int) { statusCode = status }

  /// The client is told an error, or has gone.
  func refuse(_ error: APIError) {
    statusCode = error.status
    errorKind = ErrorKind(error, refusal: refusal)
    errorMessage = error.ownWords ?? error.message
    errorDetail = error.message
    switch error.status {
    case 408, 504: known = .timeout
    case 499: known = .cancelled
    default: known = .error
    }
  }

  /// The client went in the middle of the answer.
  func cancel() {
    statusCode = 499
    known = .cancelled
  }

  /// The gateway stopped in the middle of the answer.
  func stop() {
    known = .error
    errorMessage = "the gateway stopped"
    errorDetail = errorMessage
  }

  /// What a call of the driver has found out.
  func note(_ call: UpstreamCall) {
    usage = call.exchange.sink.reports.usage
    answerBytes = call.payloadBytes
    connectTime = call.connectTime
    if outcome == .error, case .timeout = call.lastError { known = .timeout }
  }

  func end(at now: UInt64) {
    ended = now
    tries.changeLast {
      if case .failed = $0.result { return }
      $0.ended = now
    }
  }

  /// What is remembered of it once it has ended. Hands over the tries.
  func takeCourse() -> Decision.Course {
    var tries = Tries()
    swap(&tries, &self.tries)
    return Decision.Course(
      outcome: outcome, statusCode: statusCode, isStream: isStream, routeReason: routeReason,
      tries: tries, queueWait: queueWait, cost: cost, firstByte: firstByte, ended: ended,
      usage: usage, errorMessage: errorMessage, trace: trace?.context.trace)
  }
}

import Drivers
import Fleet
import HTTP
import Net
import Routing
import Telemetry
import Text

// What a client is told when every try failed.
extension RelayedRequest {
  /// Whether the backend's own words are for the client: a complaint about the request, in OpenAI's
  /// envelope. What it says about the host's key is not.
  func isForClient(_ failure: DriverFailure, _ call: UpstreamCall) -> Bool {
    guard failure.code != .credentialDead, let upstream = call.connection,
      (400..<500).contains(upstream.head.status), let document = call.document
    else { return false }
    return document.member("error")?.kind == .object
  }

  func error(
    after failures: [Failure], _ last: Failure, _ call: UpstreamCall, _ time: RequestTime,
    isBudgetSpent: Bool
  ) -> APIError {
    let isOutOfTime = time.isOver(worker.loop.now)
    let told = failures.map { "'\($0.attempt.backend.name)': \($0.failure.message)" }
    var message =
      told.count == 1
      ? "Backend \(told[0])"
      : "None of \(told.count) backends could answer. " + told.joined(separator: "; ")
    if isOutOfTime { message += " " + Self.lateness(time) }
    if isBudgetSpent {
      message += " No other try was made: too many requests fail (retry_budget_percent)."
    }
    var error = APIError.failed(
      last.failure, timedOut: isOutOfTime || call.hasTimedOut, message: message)
    if call.saysLoop { error = .loop(behind: message) }
    if isBudgetSpent { error.retryStop = RetryBudget.token }
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

  /// For a request whose time was over before anything could be tried.
  func tooLate(_ time: RequestTime) -> APIError {
    let message = Self.lateness(time)
    return .failed(DriverFailure(.upstreamBroken, message), timedOut: true, message: message)
  }

  private static func lateness(_ time: RequestTime) -> String {
    let amount = time.limit % 1_000 == 0 ? "\(time.limit / 1_000) s" : "\(time.limit) ms"
    let whose = time.isByClient ? " that the client allows" : ""
    return "The time for an answer to begin\(whose), \(amount), is over."
  }
}

extension UpstreamCall {
  /// Whether the backend is a gateway that got the request for the second time, or after too many
  /// others (`APIError.loop`). That is no fault of its own, and says nothing of other requests; so
  /// it is told as "unsupported", from which nothing is learned.
  var saysLoop: Bool {
    guard connection?.head.status == 508, let document else { return false }
    return document.string(document.member(document.member("error"), "code"))
      .map { $0.elementsEqual("loop_detected".utf8) } ?? false
  }

  /// The reply's body, if it is complete and JSON.
  fileprivate var document: JSONDocument? {
    guard let connection, connection.body.isFinished, let input = connection.input else {
      return nil
    }
    var body: [UInt8] = []
    for range in payload { body += input.bytes(range) }
    return JSONDocument(body)
  }
}

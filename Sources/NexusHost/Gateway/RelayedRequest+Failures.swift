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
      (400..<500).contains(upstream.head.status), upstream.body.isFinished,
      let input = upstream.input
    else { return false }
    var body: [UInt8] = []
    for range in call.payload { body += input.bytes(range) }
    guard let document = JSONDocument(body) else { return false }
    return document.member("error")?.kind == .object
  }

  func error(
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

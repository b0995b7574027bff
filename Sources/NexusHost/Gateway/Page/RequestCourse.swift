import Drivers
import Fleet
import Routing
import Text

/// What became of a request, whoever remembers it: the history, or the decisions.
struct RequestCourse {
  let id: [UInt8]
  /// As the client asked for it.
  let model: String
  let endpoint: String
  let outcome: RequestRecord.Outcome
  let statusCode: Int
  let isStream: Bool
  let tries: [RequestRecord.Try]
  private let routeReason: StaticString
  private let refusal: String
  let errorMessage: String
  /// Nanoseconds of the monotonic clock; `firstByte` is 0 if no answer began.
  let started: UInt64
  let firstByte: UInt64
  let ended: UInt64
  /// Nanoseconds.
  let queueWait: UInt64?
  /// Micro-dollars.
  let cost: Int64?
  let usage: TokenUsage?

  init(_ entry: HistoryEntry) {
    id = entry.id.bytes
    model = String(decoding: entry.model, as: UTF8.self)
    endpoint = "\(entry.endpoint)"
    outcome = entry.outcome
    statusCode = entry.statusCode
    isStream = entry.isStream
    tries = entry.tries.list
    routeReason = entry.routeReason
    refusal = entry.refusal
    errorMessage = entry.errorMessage
    started = entry.started
    firstByte = entry.firstByte
    ended = entry.ended
    queueWait = entry.queueWait
    cost = entry.cost
    usage = entry.usage
  }

  /// Nil while the request is under way.
  init?(_ decision: Decision) {
    guard let course = decision.state.course else { return nil }
    id = decision.id
    model = decision.facts.model
    endpoint = decision.facts.operation.name
    outcome = course.outcome
    statusCode = course.statusCode
    isStream = course.isStream
    tries = course.tries.list
    routeReason = course.routeReason
    refusal = ""
    errorMessage = course.errorMessage
    started = decision.started
    firstByte = course.firstByte
    ended = course.ended
    queueWait = course.queueWait
    cost = course.cost
    usage = course.usage
  }

  var milliseconds: Int { Self.milliseconds(started, ended) }

  static func milliseconds(_ start: UInt64, _ end: UInt64) -> Int {
    end > start ? Int((end - start) / 1_000_000) : 0
  }

  /// Why it went where it went, or nowhere.
  var reason: HTMLText {
    let reason = "\(routeReason)"
    if !reason.isEmpty, !tries.isEmpty { return "\(reason)" }
    return refusal.isEmpty ? "–" : #"<span class="cut" title="\#(refusal)">\#(refusal)</span>"#
  }

  /// How it ended: a symbol, the status and a word.
  var status: HTMLText {
    let mark: (icon: StaticString, tone: StaticString)
    switch outcome {
    case .success: mark = ("ok", "ok")
    case .error: mark = ("bad", "bad")
    case .timeout: mark = ("clock", "bad")
    case .cancelled: mark = ("pause", "mute")
    }
    let words = outcome == .success ? "" : SecretScrub.clean(errorMessage).cut(to: 300)
    let code: HTMLText = statusCode > 0 ? "\(statusCode) " : ""
    return #"""
      <span class="st \#(mark.tone)" title="\#(words)">\#(Piece.icon(mark.icon))\#
      \#(code)\#(outcome.name)</span>
      """#
  }
}

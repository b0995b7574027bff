import Config
import Drivers
import Fleet
import Net
import Routing
import Telemetry
import Text

/// A request of the past as JSON: what became of it, and why it went where it went.
enum DecisionReport {
  /// The answer about the request of that id; nil if it is not remembered.
  static func json(_ id: [UInt8], in decisions: DecisionRing) -> [UInt8]? {
    decisions.find(id).map(json)
  }

  /// What somebody is told who asks for a request that is not remembered.
  static func unknown(_ id: [UInt8]) -> String {
    "No request '\(String(decoding: id.prefix(128), as: UTF8.self))' is among the last"
      + " \(DecisionRing.size) that were routed. Requests that were refused before that are in the"
      + " history (GET /v1/history) and the log, older ones in the log."
  }

  private static func json(_ decision: Decision) -> [UInt8] {
    let (basis, course) = decision.state
    return JSONText.object { text in
      text.member("request_id", decision.id)
      text.member("at", time(of: decision.started))
      append(course, of: decision, to: &text)
      guard let view = basis.view else {
        RouteReport.append(decision.facts, to: &text)
        text.member("recorded", "course" as StaticString)
        return
      }
      let policy = view.rules.routing
      let plan = Router.plan(
        decision.facts, view.fleet, policy, loads: basis.loads, draw: basis.draw)
      let explanation = Router.explain(
        decision.facts, view.fleet, policy, recorded: basis.loads, draw: basis.draw)
      text.member("recorded", basis.loads.isPartial ? "partial" as StaticString : "all")
      RouteReport.append(decision.facts, plan, explanation, view.fleet, to: &text)
    }
  }

  private static func append(
    _ course: Decision.Course?, of decision: Decision, to text: inout JSONText
  ) {
    guard let course else {
      text.member("outcome", "in_progress" as StaticString)
      return
    }
    text.member("outcome", course.outcome.name)
    text.member("status", course.statusCode == 0 ? nil : course.statusCode)
    text.member("error_message", course.errorMessage.isEmpty ? nil : course.errorMessage)
    text.member("route_reason", course.tries.isEmpty ? nil : "\(course.routeReason)")
    text.member("trace_id", course.trace?.digits)
    text.member("stream", course.isStream)
    text.member("duration_ms", milliseconds(course.ended, since: decision.started))
    text.member(
      "first_byte_ms",
      course.firstByte == 0 ? nil : milliseconds(course.firstByte, since: decision.started))
    text.member("queue_wait_ms", course.queueWait.map { Int($0 / 1_000_000) })
    text.member("cost_usd", course.cost.map { Double($0) / 1_000_000 })
    text.member("prompt_tokens", course.usage?.input)
    text.member("completion_tokens", course.usage?.output)
    text.array("attempts") { list in
      for one in course.tries.list { list.object { append(one, of: decision, to: &$0) } }
    }
  }

  private static func append(
    _ one: RequestRecord.Try, of decision: Decision, to text: inout JSONText
  ) {
    text.member("backend", one.backend.name)
    text.member("model", one.model.id)
    text.member("zone", one.zone.rawValue)
    text.member("result", one.result.name)
    if let failure = one.result.failure { text.member("failure", failure.name) }
    text.member("started_ms", milliseconds(one.started, since: decision.started))
    text.member("duration_ms", milliseconds(one.ended, since: one.started))
  }

  private static func milliseconds(_ end: UInt64, since start: UInt64) -> Int {
    end > start ? Int((end - start) / 1_000_000) : 0
  }

  /// A moment of the monotonic clock as one of the wall clock, with milliseconds (RFC 3339).
  private static func time(of moment: UInt64) -> String {
    let age = Int64(clamping: MonotonicClock.nanoseconds()) - Int64(clamping: moment)
    let milliseconds = (MonotonicClock.unixNanoseconds() - age) / 1_000_000
    let digits = String(milliseconds % 1_000)
    let seconds = UTCTime(unixSeconds: milliseconds / 1_000).text.dropLast()
    return "\(seconds).\(String(repeating: "0", count: max(0, 3 - digits.utf8.count)))\(digits)Z"
  }
}

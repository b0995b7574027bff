import Config
import Drivers
import Fleet
import Net
import Telemetry
import Text

/// The body of `GET /v1/history`: requests that have ended, the oldest first.
enum HistoryReport {
  /// The answer to a query over the last `size` requests.
  static func json(
    _ history: RequestHistory, size: Int, _ query: HistoryQuery
  ) throws(APIError) -> [UInt8] {
    let found = try entries(history, size: size, query)
    return JSONText.array { list in
      for entry in found { list.object { append(entry, to: &$0) } }
    }
  }

  /// The requests among the last `size` that a query means, the oldest first.
  static func entries(
    _ history: RequestHistory, size: Int, _ query: HistoryQuery
  ) throws(APIError) -> [HistoryEntry] {
    let place = query.before.flatMap { HistoryEntry.Place($0) }
    let id = query.before.map { KeptID(Array($0.utf8)) }
    var isOlder = id == nil
    var found: [HistoryEntry] = []
    history.forEach(ofLast: size) { entry in
      guard isOlder else {
        if let place {
          isOlder = entry.place < place
        } else {
          isOlder = entry.id == id
          return true
        }
        return !isOlder || note(entry)
      }
      return note(entry)
    }
    func note(_ entry: HistoryEntry) -> Bool {
      if let after = query.after, entry.place <= after.floor { return false }
      if query.matches(entry) { found.append(entry) }
      return found.count < query.limit
    }
    if let before = query.before, place == nil, !isOlder {
      throw .invalid(
        "No request '\(before.prefix(128))' is among the last \(size); 'before' is the 'id' or the"
          + " 'request_id' of one.", param: "before")
    }
    return found.reversed()
  }

  /// Which state of the history a query would see. Taken before the answer is made.
  static func tag(_ history: RequestHistory, size: Int, query: String) -> EntityTag {
    let start = String(history.start, radix: 36)
    let asked = String(NameHash.of(query), radix: 36)
    return EntityTag("\"\(start)-\(history.version)-\(size)-\(asked)\"")
  }

  /// The members of one.
  static func append(_ entry: HistoryEntry, to text: inout JSONText) {
    let tries = entry.tries.list
    let last = tries.last
    text.member("id", entry.place.text)
    text.member("number", entry.number)
    text.member("request_id", entry.id.bytes)
    text.member("trace_id", entry.trace?.context.trace.digits)
    text.member("timestamp", entry.unixSeconds)
    text.member("endpoint", entry.endpoint)
    let asked = entry.model.isEmpty ? nil : entry.model
    text.member("model", last.map { $0.model.idBytes.cut(to: HistoryEntry.longestName) } ?? asked)
    text.member("requested_model", asked)
    text.member("backend_id", last?.backend.id ?? "none")
    text.member("backend", last?.backend.name)
    text.member("zone", last?.zone.rawValue)
    text.member("status", entry.outcome == .success ? "Success" : "Error" as StaticString)
    text.member("outcome", entry.outcome.name)
    text.member("status_code", entry.statusCode)
    text.member("error_message", errorMessage(of: entry))
    text.member("duration_ms", Int(milliseconds(entry.started, entry.ended).rounded(.down)))
    text.object("timings") { append(timings: entry, to: &$0) }
    text.array("attempts") { list in
      for one in tries { list.object { append(one, of: entry, to: &$0) } }
    }
    text.object("tokens") {
      $0.member("prompt", entry.usage?.input)
      $0.member("completion", entry.usage?.output)
      $0.member("cached", entry.usage?.cached)
    }
    text.member("cost_usd", entry.cost.map { Double($0) / 1_000_000 })
    text.member("stream", entry.isStream)
    text.member("fallback", last?.isFallback ?? false)
    let reason = "\(entry.routeReason)"
    text.member(
      "route_reason", !reason.isEmpty ? reason : entry.refusal.isEmpty ? nil : entry.refusal)
    text.member("explanation", entry.isRouted ? link(to: entry.id.bytes) : nil)
  }

  private static func append(timings entry: HistoryEntry, to text: inout JSONText) {
    text.member("queue_ms", entry.queueWait.map { milliseconds(0, $0) })
    text.member("connect_ms", entry.connectTime.map { milliseconds(0, $0) })
    let hasBegun = entry.firstByte > 0
    text.member(
      "first_token_ms", hasBegun ? milliseconds(entry.started, entry.firstByte) : nil)
    text.member("last_token_ms", hasBegun ? milliseconds(entry.started, entry.ended) : nil)
  }

  private static func append(
    _ one: RequestRecord.Try, of entry: HistoryEntry, to text: inout JSONText
  ) {
    text.member("backend", one.backend.name)
    text.member("backend_id", one.backend.id)
    text.member("model", one.model.idBytes.cut(to: HistoryEntry.longestName))
    text.member("zone", one.zone.rawValue)
    text.member("outcome", one.result.name)
    if let failure = one.result.failure { text.member("failure", failure.name) }
    text.member("started_ms", milliseconds(entry.started, one.started))
    text.member("duration_ms", milliseconds(one.started, one.ended))
  }

  private static func errorMessage(of entry: HistoryEntry) -> String? {
    guard entry.outcome != .success else { return nil }
    guard !entry.errorMessage.isEmpty else {
      return entry.outcome == .cancelled ? "The client has gone." : nil
    }
    return SecretScrub.clean(entry.errorMessage)
  }

  /// Where it can be asked why the request went where it went.
  private static func link(to id: [UInt8]) -> String {
    "/v1/explain/\(PercentCoding.encode(String(decoding: id, as: UTF8.self)))"
  }

  /// With three decimals.
  private static func milliseconds(_ from: UInt64, _ to: UInt64) -> Double {
    to > from ? Double((to - from + 500) / 1_000) / 1_000 : 0
  }
}

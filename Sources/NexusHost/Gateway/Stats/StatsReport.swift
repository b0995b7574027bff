import Config
import Control
import Fleet
import Net
import Telemetry
import Text

/// The body of `GET /v1/stats`: how many requests there were, how they went and how things stand. The
/// counts are those of `/metrics`.
struct StatsReport {
  let body: [UInt8]
  /// Of all but the uptime.
  let tag: EntityTag

  init(_ shared: GatewayShared, _ view: GatewayView) {
    let sums = RequestSums(MetricSum(shared.metrics))
    var hashed = 0
    body = JSONText.object { text in
      text.member("uptime_seconds", shared.uptimeSeconds)
      hashed = text.bytes.count
      let all = sums.total
      text.member("total_requests", all.requests)
      text.object("requests") {
        $0.member("total", all.requests)
        $0.member("success", all.requests - min(all.errors, all.requests))
        $0.member("errors", all.errors)
      }
      text.array("backends") { Self.append(backends: view.fleet, sums, to: &$0) }
      text.array("models") { Self.append(models: view.fleet, sums, to: &$0) }
      if let budget = LiveSnapshot.Budget(shared.ledger, view.rules.budget) {
        text.object("budget") { LiveJSON.append(budget, to: &$0) }
      }
      let queue = LiveSnapshot.Queue(
        depth: shared.queue.count, limit: view.rules.limits.queueSize)
      text.object("queue") { LiveJSON.append(queue, to: &$0) }
    }
    let hash = NameHash.of(String(decoding: body[hashed...], as: UTF8.self))
    tag = EntityTag("W/\"\(String(shared.history.start, radix: 36))-\(String(hash, radix: 36))\"")
  }

  // MARK: Backends and models

  private static func append(
    backends fleet: FleetSnapshot, _ sums: RequestSums, to list: inout JSONText
  ) {
    var left = sums.backends
    for member in fleet.members.sorted(by: { $0.backend.id < $1.backend.id }) {
      // Where several names make one label, the first has what is counted under it.
      let label = MetricLabels.sanitized(member.backend.name)
      let sum = left.removeValue(forKey: label) ?? RequestSums.Sum()
      list.object { append(member, sum, to: &$0) }
    }
  }

  private static func append(
    _ member: FleetMember, _ sum: RequestSums.Sum, to text: inout JSONText
  ) {
    let backend = member.backend
    text.member("id", backend.id)
    text.member("name", backend.name)
    text.member("status", member.statusName)
    text.member("zone", backend.zone.rawValue)
    text.member("tier", backend.tier)
    text.member("requests", sum.requests)
    text.member("average_latency_ms", sum.averageMilliseconds)
    text.member("pending", max(0, backend.load.inFlight))
    let (hour, day) = backend.load.quality.recent
    if hour.total > 0 { text.member("error_rate_1h", share(hour.failed, of: hour.total)) }
    let firstToken = backend.load.quality.figures.firstToken
    if firstToken > 0 { text.member("avg_ttft_ms", firstToken) }
    if day.total > 0 { text.member("success_rate_24h", share(day.succeeded, of: day.total)) }
    text.member("last_error", member.detail.isEmpty ? nil : member.detail)
  }

  /// With four decimals.
  private static func share(_ part: UInt64, of all: UInt64) -> Double {
    (Double(part) / Double(all) * 10_000).rounded() / 10_000
  }

  private static func append(
    models fleet: FleetSnapshot, _ sums: RequestSums, to list: inout JSONText
  ) {
    var left = sums.models
    // What stands for models that nobody knows is no model.
    left[MetricLabels.unknown] = nil
    left[MetricLabels.other] = nil
    var rows: [(name: String, sum: RequestSums.Sum)] = []
    for id in Set(fleet.members.flatMap { $0.models.map(\.id) }).sorted() {
      let label = MetricLabels.sanitized(id)
      rows.append((id, left.removeValue(forKey: label) ?? RequestSums.Sum()))
    }
    for (label, sum) in left where sum.requests > 0 { rows.append((label, sum)) }
    rows.sort { ($1.sum.requests, $0.name) < ($0.sum.requests, $1.name) }
    for (name, sum) in rows {
      list.object {
        $0.member("name", name)
        $0.member("requests", sum.requests)
        $0.member("average_duration_ms", sum.averageMilliseconds)
      }
    }
  }
}

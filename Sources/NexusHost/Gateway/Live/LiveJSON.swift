import Config
import Control
import Fleet
import Net
import Text

/// What there is to watch as JSON: the body of `GET /v1/live`, and the parts that messages have in
/// common with it.
enum LiveJSON {
  /// The whole body. Which state it shows is said by all but its beginning, of so many bytes.
  static func report(_ snapshot: LiveSnapshot) -> (body: [UInt8], start: Int) {
    var start = 0
    let fleet = snapshot.view.fleet
    let body = JSONText.object { text in
      appendTime(snapshot, to: &text)
      start = text.bytes.count
      text.object("summary") { append(summary: snapshot, to: &$0) }
      text.array("backends") { list in
        for index in fleet.members.indices {
          list.object { append(backend: index, snapshot, models: nil, to: &$0) }
        }
      }
      text.raw("models", snapshot.renderings.models(fleet))
      text.array("requests") { list in
        for request in snapshot.requests { list.object { append(request, to: &$0) } }
      }
      text.object("series") { append(snapshot.series, to: &$0) }
      text.array("jobs") { list in
        for job in snapshot.jobs { list.object { JobReport.append(job, fleet, to: &$0) } }
      }
      text.object("fleet") { text in
        text.member("enabled", snapshot.advice.isEnabled)
        text.array("recommendations") { list in
          for advice in snapshot.advice.recommendations {
            list.object { AdviceJSON.append(advice, to: &$0) }
          }
        }
      }
      text.member("history_version", snapshot.historyVersion)
    }
    return (body, start)
  }

  /// When it was, which changes although nothing else does.
  static func appendTime(_ snapshot: LiveSnapshot, to text: inout JSONText) {
    text.member("time", UTCTime(unixSeconds: snapshot.unixMilliseconds / 1_000).text)
    text.member("unix_ms", snapshot.unixMilliseconds)
    text.member("uptime_seconds", snapshot.uptimeSeconds)
  }

  /// How all stands, in figures.
  static func append(summary snapshot: LiveSnapshot, to text: inout JSONText) {
    let totals = snapshot.totals
    let fleet = snapshot.view.fleet
    text.member("version", snapshot.version)
    text.member("requests", totals.requests)
    text.member("errors", totals.errors)
    text.member("requests_per_minute", totals.requestsPerMinute)
    text.member("error_share", totals.errorShare)
    text.member("tokens_per_second", totals.tokensPerSecond)
    text.member("requests_under_way", snapshot.requestsUnderWay)
    text.object("backends") {
      $0.member("total", fleet.members.count)
      $0.member("healthy", fleet.routableCount)
    }
    text.member("models_available", snapshot.renderings.modelsAvailable(fleet))
    text.object("queue") { append(snapshot.queue, to: &$0) }
    if let budget = snapshot.budget {
      text.object("budget") { append(budget, to: &$0) }
    } else {
      text.member("budget", Bool?.none)
    }
  }

  static func append(_ queue: LiveSnapshot.Queue, to text: inout JSONText) {
    text.member("enabled", queue.limit > 0)
    text.member("depth", queue.depth)
    text.member("max_size", queue.limit)
  }

  /// One backend by its place in the fleet; `models` as JSON, or nil to leave them out.
  static func append(
    backend index: Int, _ snapshot: LiveSnapshot, models: [UInt8]?, to text: inout JSONText
  ) {
    let fleet = snapshot.view.fleet
    let member = fleet.members[index]
    let figures = snapshot.backends[index]
    BackendReport.append(
      member, status: member.statusTitle, models: models ?? Array("[]".utf8), to: &text)
    text.member("privacy_zone", member.backend.zone.rawValue)
    text.member("last_health_check", figures.lastCheck.map { UTCTime(unixSeconds: $0).text })
    text.member("max_concurrent", member.backend.maxConcurrent)
    text.member("requests", figures.requests)
    text.member("tokens_per_second", figures.tokensPerSecond)
    text.array("latencies_ms") { list in
      for latency in figures.latencies { list.value(latency.map { Int($0) }) }
    }
    BackendReport.append(
      snapshot.jobs.filter { !$0.state.isOver }, on: member.backend.name, fleet, to: &text)
  }

  /// A request that is being served.
  static func append(_ request: LiveSnapshot.LiveRequest, to text: inout JSONText) {
    text.member("request_id", request.id.bytes)
    text.member("endpoint", request.endpoint)
    text.member("model", request.model)
    text.member("backend", request.backend)
    text.member("phase", request.phase.name)
    if case .streaming(let rate) = request.phase {
      text.member("tokens_per_second", rate.map { ($0 * 10).rounded() / 10 })
    } else {
      text.member("tokens_per_second", Double?.none)
    }
    text.member("age_ms", request.age)
    text.member("stream", request.isStream)
    text.member("retries", request.retries)
  }

  /// The last hour by columns.
  private static func append(_ points: [LiveSnapshot.Point], to text: inout JSONText) {
    text.member("point_seconds", LiveSnapshot.pointSeconds)
    text.array("time") { for point in points { $0.value(point.time) } }
    text.array("requests") { for point in points { $0.value(point.requests) } }
    text.array("errors") { for point in points { $0.value(point.errors) } }
    text.array("first_token_ms") { list in
      for point in points { list.value(point.firstToken.map { Int($0) }) }
    }
    text.array("tokens_per_second") { for point in points { $0.value(point.tokensPerSecond) } }
  }
}

extension LiveSnapshot.LiveRequest.Phase {
  /// Its name in JSON.
  var name: StaticString {
    switch self {
    case .queued: "queued"
    case .loading: "loading"
    case .waiting: "waiting"
    case .streaming: "streaming"
    }
  }
}

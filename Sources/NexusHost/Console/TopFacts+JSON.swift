import Text

extension TopFacts {
  /// Reads the body of `GET /live` on the control socket (docs/LIVE.md).
  public init(_ document: JSONDocument) {
    let row = document.row
    uptimeSeconds = row.number("uptime_seconds") ?? 0
    historyVersion = row.number("history_version") ?? 0
    if let summary = row.row("summary") { read(summary) }
    backends = row.rows("backends").map { Backend($0) }
    readLoaded(row.rows("models"))
    requests = row.rows("requests").map { Request($0) }
    if let series = row.row("series") {
      document.forEachElement(document.member(series.node, "requests")) {
        self.series.append(document.double($0) ?? 0)
      }
    }
  }

  private mutating func read(_ summary: JSONRow) {
    version = summary.text("version") ?? ""
    requestsPerMinute = summary.double("requests_per_minute")
    tokensPerSecond = summary.double("tokens_per_second")
    errorShare = summary.double("error_share")
    requestsUnderWay = summary.number("requests_under_way") ?? 0
    queueDepth = summary.row("queue")?.number("depth") ?? 0
    queueLimit = summary.row("queue")?.number("max_size") ?? 0
    guard let row = summary.row("budget"), let limit = row.double("monthly_limit_usd") else {
      return
    }
    var budget = Budget()
    budget.limit = limit
    budget.spent = row.double("current_spending_usd") ?? 0
    budget.status = row.text("status") ?? ""
    self.budget = budget
  }

  private mutating func readLoaded(_ models: [JSONRow]) {
    var places: [String: Int] = [:]
    for (index, backend) in backends.enumerated() { places[backend.name] = index }
    for model in models {
      let names = model.texts("loaded_on")
      guard !names.isEmpty, let id = model.text("id") else { continue }
      for name in names { if let index = places[name] { backends[index].loaded.append(id) } }
    }
  }
}

extension TopFacts.Backend {
  fileprivate init(_ row: JSONRow) {
    name = row.text("name") ?? ""
    type = row.text("type") ?? ""
    status = (row.text("status") ?? "unknown").lowercased()
    zone = row.text("zone") ?? ""
    active = row.number("pending_requests") ?? 0
    requests = row.number("requests") ?? row.number("total_requests") ?? 0
    firstToken = row.double("avg_ttft_ms")
    tokensPerSecond = row.double("tokens_per_second")
    errorShare = row.double("error_rate_percent").map { $0 / 100 }
    models = row.number("model_count") ?? 0
    circuit = row.text("circuit") ?? "closed"
    lastError = row.text("last_error")
    guard let job = row.row("current_operation"), let what = job.text("operation_type") else {
      return
    }
    let percent = job.number("progress_percent").map { " \($0)%" } ?? ""
    operation = "\(what) \(job.text("model_id") ?? "")\(percent)"
  }
}

extension TopFacts.Request {
  fileprivate init(_ row: JSONRow) {
    model = row.text("model") ?? ""
    backend = row.text("backend")
    phase = row.text("phase") ?? ""
    age = row.double("age_ms") ?? 0
    tokensPerSecond = row.double("tokens_per_second")
    retries = row.number("retries") ?? 0
  }
}

/// docs/METRICS.md, made from the table of families.
public enum MetricReference {
  public static func text() -> String {
    let sections = MetricTable.groups.map { section($0.title, $0.families) }
    return "\(introduction)\n\(sections.joined(separator: "\n"))"
  }

  private static func section(_ title: String, _ families: [MetricFamily]) -> String {
    var text = "## \(title)\n\n| Metric | Type | Labels | |\n|---|---|---|---|\n"
    for family in families {
      let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
      text += "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help)."
      if family.kind == .histogram {
        let bounds = family.bounds.map { MetricText.decimal($0, digits: family.digits) }
        text += " Bounds: \(bounds.joined(separator: ", "))."
      }
      text += " |\n"
    }
    return text
  }

  private static let introduction = """
    <!-- Written by scripts/reference from the table of metrics in
    Sources/NexusHost/Telemetry/Metrics; change that instead. -->

    # Metrics

    `GET /metrics` answers in the text format of Prometheus 0.0.4, or in OpenMetrics 1.0 if the client
    prefers that by its `Accept` header (Prometheus does); then the buckets of
    `nexus_request_duration_seconds` name requests as examples, whose ids are those of the log, of
    `x-request-id` and of `nexus explain ID`. The control socket has the same page in the former format.

    ```yaml
    scrape_configs:
      - job_name: nexus
        static_configs: [{ targets: ["gateway:8000"] }]
    ```

    [grafana-dashboard.json](grafana-dashboard.json) shows all of it in Grafana, and
    [alerts.yml](alerts.yml) has rules for Prometheus that tell when something is wrong:
    [OPERATIONS.md](OPERATIONS.md#metrics) says how to use both.

    Everything counts from the start of the process. `nexus_requests_total` and
    `nexus_request_duration_seconds` have each request for a model once, at its end, streams included;
    one whose client left has the status 499. The error share of a model is
    `nexus_errors_total` by `nexus_requests_total`.

    The labels `model`, `backend` and `agent_id` are names in which whatever is no letter, digit or `_`
    has become `_` (`llama3:8b` is `llama3_8b`). A model that no backend has and no setting names is
    `unknown`, the backend of a request that reached none is `none`; after 500 models and 1,000 backends
    further ones are `other`. So what clients ask for cannot multiply the series.

    Counting costs a small request at most a fortieth of its instructions, 0.2 µs: each worker thread
    has counters of its own, which are added up when the page is asked for. With 100 backends that have
    1,000 models each the page has 47,000 lines and is made in 12 ms (`make bench-scrape`).

    """
}

import Foundation
import Testing

/// What a real Prometheus makes of `/metrics` after a mixed run.
@Suite(.enabled(if: PrometheusServer.isInstalled)) struct PrometheusTests {
  @Test func everyFamilyAndQueryIsAnswered() throws {
    let run = try MixedRun()
    let server = try PrometheusServer(gateway: run.port, rules: AlertRuleTests.rules)
    func waitForScrapes(_ name: String) throws {
      // Rates need two.
      let query = "count_over_time(\(name)[1m]) >= 3"
      let came = ProcessFigures.wait(seconds: 30) { server.query(query)?.isEmpty == false }
      guard came else { throw CaseFailure("no \(name)\n\(server.log)") }
    }
    try waitForScrapes("nexus_uptime_seconds")
    try run.goOn()
    try waitForScrapes(#"nexus_requests_total{model="slow_1",status="503"}"#)
    try run.goOn()
    try run.openCircuit()
    try waitForScrapes("nexus_circuits_opened_total")
    checkFamilies(
      server,
      try MetricPage(
        port: run.port, accept: "application/openmetrics-text;version=1.0.0"
      ).families)
    try checkQueries(server)
    #expect(server.value(#"sum(nexus_requests_total{model="m",status="200"})"#) == 94)
    try checkRules(server)
    try run.gateway.finish()
  }

  /// `open`: their names in OpenMetrics, which Prometheus asks for.
  private func checkFamilies(_ server: PrometheusServer, _ open: [String]) {
    let metadata = server.ask("metadata") as? [String: Any] ?? [:]
    for name in open { #expect(metadata[name] != nil, "\(name)") }
    guard let metrics = try? DocumentedMetrics() else {
      Issue.record("no table of metrics")
      return
    }
    #expect(metrics.families.count == open.count)
    for family in metrics.families {
      let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
      for suffix in suffixes {
        let found = server.query(family.name + suffix) ?? []
        #expect(!found.isEmpty, "\(family.name)\(suffix)")
        let labels = Set(found.flatMap { ($0["metric"] as? [String: String] ?? [:]).keys })
        let own = labels.subtracting(["__name__", "job", "instance", "le"])
        #expect(own == Set(family.labels), "\(family.name)")
      }
    }
  }

  private func checkQueries(_ server: PrometheusServer) throws {
    for (panel, query) in try GrafanaDashboard().queries {
      let found = server.query(query.filled)
      #expect(
        found?.isEmpty == false, "\(panel): \(query.filled): \(found == nil ? "refused" : "empty")")
    }
    // What is put side by side in a table has the same labels.
    for panel in try GrafanaDashboard().panels where panel.type == "table" {
      for query in panel.queries {
        let labels = (server.query(query.filled) ?? []).map {
          Set(($0["metric"] as? [String: String] ?? [:]).keys).subtracting(["version"])
        }
        let wanted: Set =
          panel.title == "Backends" ? ["job", "instance", "backend"] : ["job", "instance"]
        #expect(labels.allSatisfy { $0 == wanted }, "\(query.text)")
      }
    }
    for text in try GrafanaDashboard().others {
      let query = GrafanaDashboard.Query(text: text, legend: "").filled
      if let match = query.firstMatch(of: /label_values\((.*), (\w+)\)/) {
        let found = server.query(String(match.output.1)) ?? []
        let names = found.compactMap {
          ($0["metric"] as? [String: String])?[String(match.output.2)]
        }
        #expect(!names.isEmpty, "\(query)")
      } else {
        #expect(server.query(query) != nil, "\(query)")
      }
    }
  }

  private func checkRules(_ server: PrometheusServer) throws {
    func rules() -> [[String: Any]] {
      let groups = (server.ask("rules") as? [String: Any])?["groups"] as? [[String: Any]] ?? []
      return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    }
    let judged = ProcessFigures.wait { rules().allSatisfy { $0["health"] as? String == "ok" } }
    #expect(judged, "\(rules().filter { $0["health"] as? String != "ok" })")
    #expect(Set(rules().compactMap { $0["name"] as? String }) == Set(try AlertRuleTests.names()))
    // Requests did wait in vain; nothing else is wrong with that gateway.
    let firing = rules().filter { $0["state"] as? String == "firing" }
    #expect(firing.compactMap { $0["name"] as? String }.sorted() == ["NexusQueueOverflows"])
  }
}

import Foundation
import Testing

/// docs/grafana-dashboard.json by itself; `PrometheusTests` asks a server for what it shows.
@Suite struct DashboardTests {
  @Test func theFileIsWhatTheTablesSay() throws {
    let script = GatewayProcess.package.appendingPathComponent("scripts/dashboard").path
    let run = try ProgramRun("/usr/bin/env", arguments: ["python3", script, "--print"])
    #expect(run.status == 0, "\(run.errors)")
    let file = try String(contentsOf: GrafanaDashboard.file, encoding: .utf8)
    #expect(run.output == file, "run scripts/dashboard")
  }

  @Test func queriesNameFamiliesAndLabelsThatExist() throws {
    let metrics = try DocumentedMetrics()
    let dashboard = try GrafanaDashboard()
    #expect(dashboard.queries.count > 80)
    for (panel, query) in dashboard.queries {
      #expect(metrics.faults(of: query.text) == [], "\(panel): \(query.text)")
      for match in query.legend.matches(of: /\{\{(\w+)\}\}/) {
        let label = match.output.1
        let isKept = query.text.matches(of: /by \(([^)]*)\)/).contains {
          $0.output.1.split(separator: ", ").contains(label)
        }
        #expect(isKept || !query.text.contains(" by ("), "\(panel): {{\(label)}} is summed up")
      }
    }
  }

  @Test func everyFamilyIsShown() throws {
    let metrics = try DocumentedMetrics()
    let shown = Set(
      try GrafanaDashboard().queries.flatMap { _, query in
        query.text.matches(of: /(?:nexus|process)_[a-z0-9_]+/).compactMap {
          metrics.family(ofSeries: String($0.output))?.name
        }
      })
    #expect(Set(metrics.families.map(\.name)).subtracting(shown) == [])
  }

  @Test func panelsLieBesideEachOther() throws {
    let dashboard = try GrafanaDashboard()
    #expect(dashboard.schema >= 39)
    #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
    var taken: Set<[Int]> = []
    for panel in dashboard.panels {
      let (x, y, width, height) = panel.place
      #expect(x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= 24, "\(panel.title)")
      for column in x..<(x + width) {
        for line in y..<(y + height) {
          #expect(taken.insert([column, line]).inserted, "\(panel.title) lies over another")
        }
      }
    }
    let rows = dashboard.panels.filter { $0.type == "row" }.map(\.title)
    #expect(rows == ["Overview", "Backends", "Models", "Cost and budget", "Gateway"])
  }

  @Test func faultsInQueriesAreSeen() throws {
    let metrics = try DocumentedMetrics()
    #expect(metrics.faults(of: "rate(nexus_request_total[5m])").count == 1)
    #expect(metrics.faults(of: "sum(nexus_requests_total)").count == 1)
    #expect(metrics.faults(of: #"nexus_backend_up{model="m"}"#).count == 1)
    #expect(metrics.faults(of: "sum by (model) (nexus_backend_up)").count == 1)
    #expect(metrics.faults(of: "rate(nexus_agent_ttft_seconds[5m])").count == 1)
    #expect(metrics.faults(of: "sum by (le) (rate(nexus_agent_ttft_seconds_bucket[5m]))") == [])
  }
}

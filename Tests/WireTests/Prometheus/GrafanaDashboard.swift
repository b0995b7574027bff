import Foundation

/// docs/grafana-dashboard.json.
struct GrafanaDashboard {
  struct Panel {
    let id: Int
    let type: String
    let title: String
    let queries: [Query]
    /// In the units of Grafana's grid.
    let place: (x: Int, y: Int, width: Int, height: Int)
  }

  struct Query {
    let text: String
    let legend: String

    /// As a server can be asked it: everything is chosen.
    var filled: String {
      text.replacing("$__rate_interval", with: "1m")
        .replacing(/"\$(job|instance|backend|model)"/, with: "\".*\"")
    }
  }

  static let file = GatewayProcess.package.appendingPathComponent("docs/grafana-dashboard.json")
  let schema: Int
  let panels: [Panel]
  /// What the variables and notes ask for.
  let others: [String]

  init() throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.file))
    guard let whole = parsed as? [String: Any], let list = whole["panels"] as? [[String: Any]]
    else { throw CaseFailure("no dashboard in \(Self.file.path)") }
    schema = whole["schemaVersion"] as? Int ?? 0
    panels = list.map { panel in
      let place = panel["gridPos"] as? [String: Int] ?? [:]
      let targets = panel["targets"] as? [[String: Any]] ?? []
      return Panel(
        id: panel["id"] as? Int ?? 0, type: panel["type"] as? String ?? "",
        title: panel["title"] as? String ?? "",
        queries: targets.map {
          Query(text: $0["expr"] as? String ?? "", legend: $0["legendFormat"] as? String ?? "")
        },
        place: (place["x"] ?? -1, place["y"] ?? -1, place["w"] ?? 0, place["h"] ?? 0))
    }
    let variables = (whole["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    let notes = (whole["annotations"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
    others =
      variables.compactMap { $0["definition"] as? String }
      + notes.compactMap { $0["expr"] as? String }
  }

  var queries: [(panel: String, query: Query)] {
    panels.flatMap { panel in panel.queries.map { (panel.title, $0) } }
  }
}

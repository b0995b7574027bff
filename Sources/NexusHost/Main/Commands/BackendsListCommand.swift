import Config
import Console
import Gateway
import Text

/// `nexus backends list`: every backend with how it is.
enum BackendsListCommand {
  private static let states = ["healthy", "unhealthy", "unknown", "loading", "draining"]

  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let state = invocation.value("--status")?.lowercased()
    if let state, !states.contains(state) {
      throw UsageError(
        "'--status \(state)': give one of \(states.joined(separator: ", ")).")
    }
    do {
      let document = try FleetFacts.load(
        invocation, "/backends", direct: { fleet, _ in BackendReport.list(fleet) })
      let rows = JSONRow.list(document, "backends").filter {
        state == nil || $0.text("status") == state
      }
      if invocation.has("--json") {
        Terminal.say(json: JSONRow.json(rows, "backends"))
      } else {
        let isEmpty = JSONRow.list(document, "backends").isEmpty
        Terminal.say(
          rows.isEmpty && !isEmpty
            ? "No backends of that status.\n"
            : table(rows, wide: invocation.has("--wide"), Style(invocation)))
      }
      return ExitCode.success
    } catch {
      Terminal.complain("Error: \(error.message)\n")
      return error.code
    }
  }

  private static func table(_ rows: [JSONRow], wide: Bool, _ style: Style) -> String {
    guard !rows.isEmpty else {
      return "No backends. Add one with 'nexus backends add URL', or start a model server here.\n"
    }
    var titles = ["NAME", "URL", "TYPE", "STATUS", "MODELS", "LATENCY"]
    if wide { titles += ["PENDING", "CIRCUIT", "ZONE", "TIER", "PRIORITY", "SOURCE", "ERROR"] }
    let lines = rows.map { row in
      var line = [
        row.text("name") ?? "", row.text("url") ?? "", row.text("type") ?? "-",
        row.text("status") ?? "", "\(row.number("model_count") ?? 0)",
        row.number("avg_latency_ms").map { "\($0)ms" } ?? "-",
      ]
      guard wide else { return line }
      for name: StaticString in ["pending_requests", "circuit", "zone", "tier", "priority"] {
        line.append(row.text(name) ?? row.number(name).map(String.init) ?? "-")
      }
      return line + [row.text("discovery_source") ?? "-", row.text("last_error") ?? "-"]
    }
    return TextTable.render([titles] + lines, width: style.width) { row, column, text in
      if row == 0 { return style.paint(text, .bold) }
      return column == 3 ? style.paint(text, Style.color(ofStatus: text)) : text
    }
  }
}

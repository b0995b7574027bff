import Config
import Gateway
import Text

/// `nexus health`: how the gateway and its backends are.
enum HealthCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let format = invocation.value("--format") ?? "pretty"
    guard ["pretty", "json"].contains(format) else {
      throw UsageError("'--format \(format)': give pretty or json.")
    }
    do {
      let document = try FleetFacts.load(
        invocation, "/health", direct: { fleet, _ in HealthReport.direct(fleet) })
      if invocation.has("--json") || format == "json" {
        Terminal.say(json: document.bytes)
      } else {
        Terminal.say(text(document, Style(invocation)))
      }
      let isUseless = document.row.text("status") == "unhealthy"
      return isUseless && invocation.has("--exit-code") ? ExitCode.unreachable : ExitCode.success
    } catch {
      Terminal.complain("Error: \(error.message)\n")
      return error.code
    }
  }

  private static func text(_ document: JSONDocument, _ style: Style) -> String {
    let row = document.row
    let status = row.text("status") ?? "unknown"
    func count(_ group: StaticString, _ name: StaticString) -> Int64 {
      document.integer(document.path(group, name)) ?? 0
    }
    let word = status.prefix(1).uppercased() + status.dropFirst()
    var text = "Status: \(style.paint(word, Style.color(ofStatus: status)))\n"
    text += "Version: \(row.text("version") ?? "")\n"
    if let seconds = row.number("uptime_seconds") { text += "Uptime: \(duration(seconds))\n" }
    text += "\nBackends: \(count("backends", "healthy"))/\(count("backends", "total")) healthy\n"
    text += "Models: \(count("models", "total")) available\n"
    let details = JSONRow.list(document, "backend_details")
    guard !details.isEmpty else { return text }
    let lines = details.map { row in
      let status = row.text("status") ?? "unknown"
      return [
        " \(mark(status))", row.text("name") ?? "", row.text("type") ?? "-", status,
        plural(row.number("models") ?? 0, "model"),
        row.number("avg_latency_ms").map { "\($0)ms" } ?? "-",
        "\(row.number("pending_requests") ?? 0) pending", row.text("last_error") ?? trouble(row),
      ]
    }
    let table = TextTable.render(lines, width: style.width) { row, column, text in
      column == 0 || column == 3 ? style.paint(text, Style.color(ofStatus: lines[row][3])) : text
    }
    return "\(text)\n\(table)"
  }

  /// Why others are preferred to a backend, or nothing.
  private static func trouble(_ row: JSONRow) -> String {
    let circuit = row.text("circuit") ?? "closed"
    return circuit == "closed" ? "" : "circuit \(circuit)"
  }

  private static func plural(_ number: Int64, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  private static func mark(_ status: String) -> String {
    switch status {
    case "healthy": "✓"
    case "unhealthy": "✗"
    case "draining": "~"
    default: "?"
    }
  }

  private static func duration(_ seconds: Int64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    if hours > 0 { return "\(hours)h \(minutes)m \(rest)s" }
    return minutes > 0 ? "\(minutes)m \(rest)s" : "\(rest)s"
  }
}

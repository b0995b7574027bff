import Text

/// A route's explanation for people.
enum RouteText {
  static func text(_ answer: JSONDocument, _ style: Style) -> String {
    let row = answer.row
    var parts = [head(row, asked: row.text("model") ?? "") + table(row, style)]
    for fallback in JSONRow.list(answer, "fallbacks") {
      let model = TextTable.printable(fallback.text("model") ?? "")
      parts.append("If that fails: \(model)\n" + head(fallback, asked: "") + table(fallback, style))
    }
    if let message = row.text("message") { parts.append(TextTable.printable(message) + "\n") }
    return parts.joined(separator: "\n")
  }

  /// What the name means, and what is demanded of whoever serves it.
  private static func head(_ step: JSONRow, asked: String) -> String {
    var lines: [String] = []
    let hops = step.texts("aliases")
    if !hops.isEmpty {
      lines.append(([asked] + hops).filter { !$0.isEmpty }.joined(separator: " → "))
    }
    let policies = step.texts("policies")
    if !policies.isEmpty {
      let zone = step.text("required_zone").map { "zone \($0) or better" }
      let tier = step.number("required_tier").map { "tier \($0) or better" }
      let demands = [zone, tier].compactMap { $0 }.joined(separator: ", ")
      lines.append(
        "Policy \(policies.joined(separator: ", ")): \(demands.isEmpty ? "no demands" : demands)")
    }
    return lines.map { TextTable.printable($0) + "\n" }.joined()
  }

  private static func table(_ step: JSONRow, _ style: Style) -> String {
    var entries: [JSONRow] = []
    step.document.forEachElement(step.document.member(step.node, "entries")) {
      entries.append(JSONRow(document: step.document, node: $0))
    }
    guard !entries.isEmpty else { return "There are no backends.\n" }
    let kept = entries.filter { $0.number("rank") != nil }
      .sorted { ($0.number("rank") ?? 0) < ($1.number("rank") ?? 0) }
    let dropped = entries.filter { $0.number("rank") == nil }
    let lines =
      [["", "BACKEND", "MODEL", "SCORE", "WHY"]] + kept.map(keptLine) + dropped.map(droppedLine)
    return TextTable.render(lines, width: style.width) { row, _, text in
      row == 0 ? style.paint(text, .bold) : row <= kept.count ? text : style.paint(text, .dim)
    }
  }

  private static func keptLine(_ row: JSONRow) -> [String] {
    let load = "\(row.number("in_flight") ?? 0) in flight"
    let latency = row.number("avg_latency_ms").map { ", \($0)ms" } ?? ""
    let score = row.document.member(row.node, "score").flatMap {
      row.document.double(
        row.document.member($0, "total"))
    }
    return [
      "\((row.number("rank") ?? 0) + 1)", row.text("backend") ?? "", row.text("model") ?? "-",
      score.map { "\($0)" } ?? "-", load + latency,
    ]
  }

  private static func droppedLine(_ row: JSONRow) -> [String] {
    let reason = row.text("reason") ?? ""
    // Most backends do not have most models; there is nothing to mend.
    let remedy = reason == "model_absent" ? nil : row.text("remedy")
    return [
      "-", row.text("backend") ?? "", row.text("model") ?? "-", "",
      reason + (remedy.map { ": \($0)" } ?? ""),
    ]
  }
}

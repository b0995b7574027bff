import Console
import Text

/// A route's explanation for people.
enum RouteText {
  static func text(_ answer: JSONDocument, _ style: Style) -> String {
    let row = answer.row
    var parts = [CourseText.summary(row) + "\n"]
    if row.text("request_id") != nil { parts.append(CourseText.attempts(row, style)) }
    guard row.text("recorded") != "course" else {
      parts.append("The fleet has changed too often since to say what the others were like.\n")
      return parts.joined(separator: "\n")
    }
    parts.append(head(row, asked: row.text("model") ?? "") + table(row, style))
    for fallback in JSONRow.list(answer, "fallbacks") {
      let model = TextTable.printable(fallback.text("model") ?? "")
      parts.append("If that fails: \(model)\n" + head(fallback, asked: "") + table(fallback, style))
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
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
    let entries = step.rows("entries")
    guard !entries.isEmpty else { return "There are no backends.\n" }
    let kept = entries.filter { $0.number("rank") != nil }
      .sorted { ($0.number("rank") ?? 0) < ($1.number("rank") ?? 0) }
    let others = entries.filter { $0.number("rank") == nil }
    let lines =
      [["", "BACKEND", "MODEL", "SCORE", "WHY"]] + kept.map(keptLine) + others.map(otherLine)
    return TextTable.render(lines, width: style.width) { row, _, text in
      row == 0 ? style.paint(text, .bold) : row <= kept.count ? text : style.paint(text, .dim)
    }
  }

  private static func keptLine(_ row: JSONRow) -> [String] {
    let isLeaving = row.bool("leaving") == true
    let load = "\(row.number("in_flight") ?? 0) in flight" + (isLeaving ? ", leaves memory" : "")
    let latency = row.number("avg_latency_ms").map { ", \($0)ms" } ?? ""
    let cached =
      row.number("cached_tokens").flatMap { $0 > 0 ? ", \($0) tokens cached" : nil } ?? ""
    let (total, terms) = score(row)
    return [
      "\((row.number("rank") ?? 0) + 1)", row.text("backend") ?? "", row.text("model") ?? "-",
      total ?? "-",
      load + latency + cached + (terms.isEmpty ? "" : "; " + terms.joined(separator: ", ")),
    ]
  }

  /// The total, and whatever terms it is made of.
  private static func score(_ row: JSONRow) -> (total: String?, terms: [String]) {
    guard let score = row.document.member(row.node, "score") else { return (nil, []) }
    var total: String?
    var terms: [String] = []
    row.document.forEachMember(score) { key, value in
      let name = row.document.string(key).map { String(decoding: $0, as: UTF8.self) } ?? ""
      guard let number = row.document.double(value) else { return }
      if name == "total" {
        total = "\(number)"
      } else if number != 0 {
        terms.append("\(name) \(number)")
      }
    }
    return (total, terms)
  }

  private static func otherLine(_ row: JSONRow) -> [String] {
    [
      "-", row.text("backend") ?? "", row.text("model") ?? "-", "", whyNot(row),
    ]
  }

  private static func whyNot(_ row: JSONRow) -> String {
    guard let reason = row.text("reason") else { return "could have served" }
    guard reason == "model_absent" else {
      return reason + (row.text("remedy").map { ": \($0)" } ?? "")
    }
    // Most backends do not have most models: nothing to mend. Of one that is not up nobody knows.
    let status = row.text("status") ?? "healthy"
    return status == "healthy" ? reason : "\(reason) (\(status): what it has is not known)"
  }
}

extension JSONRow {
  /// The objects of an array.
  func rows(_ name: StaticString) -> [JSONRow] {
    var rows: [JSONRow] = []
    document.forEachElement(document.member(node, name)) {
      rows.append(JSONRow(document: document, node: $0))
    }
    return rows
  }
}

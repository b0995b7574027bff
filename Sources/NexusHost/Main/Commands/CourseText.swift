import Console
import Text

/// What became of a request, or would become of it, for people.
enum CourseText {
  /// The decision and its end in a sentence or two.
  static func summary(_ row: JSONRow) -> String {
    let subject = "\(row.text("operation") ?? "request") for '\(row.text("model") ?? "")'"
    let text =
      row.text("request_id").map { "\($0), \(row.text("at") ?? ""): \(subject) \(past(row))" }
      ?? "A \(subject) \(future(row))"
    return TextTable.printable(text)
  }

  private static func future(_ row: JSONRow) -> String {
    let message = row.text("message") ?? ""
    switch row.text("plan") {
    case "queue": return "would wait. \(message)"
    case "reject": return "would be refused. \(message)"
    default: return "would go to \(first(row) ?? "a fallback, see below")."
    }
  }

  private static func past(_ row: JSONRow) -> String {
    let attempts = row.rows("attempts")
    let wait = row.number("queue_wait_ms").map { " It waited \($0) ms in the queue." } ?? ""
    guard let outcome = row.text("outcome"), outcome != "in_progress" else {
      let place = row.text("plan") == "queue" ? "waits" : "is under way"
      return "\(place)." + (first(row).map { " Its first choice was \($0)." } ?? "")
    }
    let status = row.number("status").map { " with \($0)" } ?? ""
    let time = " after \(row.number("duration_ms") ?? 0) ms"
    if outcome == "success", let last = attempts.last?.text("backend") {
      let failed = attempts.dropLast().compactMap { $0.text("backend") }
      let others = failed.isEmpty ? "" : " when \(failed.joined(separator: ", ")) had failed"
      return "was answered by \(last)\(status)\(time)\(others).\(wait)"
    }
    let error = row.text("error_message").map { " \($0)" } ?? ""
    let end = outcome == "cancelled" ? "was given up by its client" : "ended\(status)"
    return "\(end)\(time).\(wait)\(error)"
  }

  /// The backend that came first.
  private static func first(_ row: JSONRow) -> String? {
    row.rows("entries").first { $0.number("rank") == 0 }?.text("backend")
  }

  /// The backends that were tried; empty if none was.
  static func attempts(_ row: JSONRow, _ style: Style) -> String {
    let attempts = row.rows("attempts")
    guard !attempts.isEmpty else { return "" }
    let lines = attempts.enumerated().map { number, attempt in
      [
        "\(number + 1)", attempt.text("backend") ?? "", attempt.text("model") ?? "",
        attempt.text("zone") ?? "",
        attempt.text("failure").map { "failed: \($0)" } ?? attempt.text("result") ?? "",
        "\(attempt.number("started_ms") ?? 0)ms", "\(attempt.number("duration_ms") ?? 0)ms",
      ]
    }
    return TextTable.render(
      [["", "TRIED", "MODEL", "ZONE", "RESULT", "AFTER", "TOOK"]] + lines, width: style.width
    ) { row, _, text in row == 0 ? style.paint(text, .bold) : text }
  }
}

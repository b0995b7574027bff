import Config
import HTTP
import Text

/// `nexus explain`: where a request for a model would go now, and why.
enum ExplainCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    guard let model = invocation.value("--model") else {
      throw UsageError("'nexus explain' needs a model: nexus explain --model MODEL.")
    }
    let body = JSONText.object { text in
      text.member("model", model)
      if let operation = invocation.value("--operation") { text.member("operation", operation) }
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer = try client.json(.post, "/explain", body: body)
      if invocation.has("--json") {
        Terminal.say(String(decoding: answer.bytes, as: UTF8.self) + "\n")
      } else {
        Terminal.say(text(answer, Style(invocation)))
      }
      return ExitCode.success
    }
  }

  private static func text(_ answer: JSONDocument, _ style: Style) -> String {
    let entries = JSONRow.list(answer, "entries")
    let kept = entries.filter { $0.number("rank") != nil }
      .sorted { ($0.number("rank") ?? 0) < ($1.number("rank") ?? 0) }
    let dropped = entries.filter { $0.number("rank") == nil }
    var lines = [["", "BACKEND", "MODEL", "WHY"]]
    for row in kept {
      let load = "\(row.number("in_flight") ?? 0) in flight"
      let latency = row.number("avg_latency_ms").map { ", \($0)ms" } ?? ""
      lines.append([
        "\((row.number("rank") ?? 0) + 1)", row.text("backend") ?? "", row.text("model") ?? "-",
        load + latency,
      ])
    }
    for row in dropped {
      lines.append([
        "-", row.text("backend") ?? "", row.text("model") ?? "-",
        "\(row.text("reason") ?? "") (\(row.text("dropped_by") ?? ""))",
      ])
    }
    let table = TextTable.render(lines) { row, _, text in
      row == 0 ? style.paint(text, .bold) : row <= kept.count ? text : style.paint(text, .dim)
    }
    guard let message = answer.row.text("message") else { return table }
    return "\(table)\n\(TextTable.printable(message))\n"
  }
}

import Config
import Console
import HTTP
import Text

/// `nexus jobs`: what is done about models' places in memory, and what was.
enum JobsCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    guard invocation.operands.count <= 1 else {
      throw UsageError("'nexus jobs' takes one job, or none to list all.")
    }
    let cancelled = invocation.value("--cancel")
    guard cancelled == nil || invocation.operands.isEmpty else {
      throw UsageError("'nexus jobs' shows a job or cancels one; name it once.")
    }
    return try RunningGateway.perform(invocation) { client throws(ControlError) in
      let answer: JSONDocument
      if let cancelled {
        answer = try client.json(.delete, ControlClient.target("jobs", cancelled))
      } else if let id = invocation.operands.first {
        answer = try client.json(.get, ControlClient.target("jobs", id))
      } else {
        answer = try client.json(.get, "/jobs")
        if !invocation.has("--json") {
          Terminal.say(table(JSONRow.list(answer, "jobs"), Style(invocation)))
          return ExitCode.success
        }
      }
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        Terminal.say(describe(answer.row))
      }
      return ExitCode.success
    }
  }

  private static func describe(_ row: JSONRow) -> String {
    (JobText.isOver(row) ? JobText.end(row) : JobText.line(row)) + "\n"
  }

  private static func table(_ rows: [JSONRow], _ style: Style) -> String {
    guard !rows.isEmpty else {
      return "No jobs. 'nexus models load MODEL --backend NAME' makes one.\n"
    }
    let lines = rows.map { row in
      [
        row.text("operation_id") ?? "", row.text("operation_type") ?? "",
        row.text("model_id") ?? "", row.text("source_backend_id") ?? "-",
        row.text("target_backend_id") ?? "-", row.text("status") ?? "",
        row.number("progress_percent").map { "\($0) %" } ?? "-", row.text("cause") ?? "",
        row.text("error_details") ?? row.text("detail") ?? "",
      ]
    }
    let titles = [
      "JOB", "WHAT", "MODEL", "FROM", "TO", "STATUS", "DONE", "CAUSE", "DETAIL",
    ]
    return TextTable.render([titles] + lines, width: style.width) { row, column, text in
      if row == 0 { return style.paint(text, .bold) }
      return column == 5 ? style.paint(text, color(of: text)) : text
    }
  }

  private static func color(of status: String) -> Style.Color? {
    switch status {
    case "completed": .green
    case "failed": .red
    case "cancelled": .dim
    default: .yellow
    }
  }
}

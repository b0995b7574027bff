import Config
import Console
import HTTP
import Text

/// `nexus advice`: which models would better be in memory at further backends, or why nobody can say.
enum AdviceCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    do throws(ControlError) {
      let answer = try ControlClient(invocation).json(.get, "/advice")
      if invocation.has("--json") {
        Terminal.say(json: answer.bytes)
      } else {
        let rows = JSONRow.list(answer, "recommendations")
        Terminal.say(rows.isEmpty ? absence(answer) : table(rows, Style(invocation)))
      }
      return ExitCode.success
    } catch {
      Terminal.complain("Error: \(error)\n")
      return error.exitCode
    }
  }

  private static func table(_ rows: [JSONRow], _ style: Style) -> String {
    let lines = rows.map { row in
      let confidence = row.document.double(row.document.member(row.node, "confidence_score")) ?? 0
      return [
        row.text("model_id") ?? "", row.texts("target_backend_ids").joined(separator: ", "),
        "\(Int((confidence * 100).rounded()))%", row.text("reasoning") ?? "",
      ]
    }
    let titles = ["MODEL", "WHERE", "CONFIDENCE", "WHY"]
    // Whole commands, for copying.
    let commands = rows.map { "  \(TextTable.printable($0.text("command") ?? ""))\n" }.joined()
    return TextTable.render([titles] + lines, width: style.width) { row, _, text in
      row == 0 ? style.paint(text, .bold) : text
    } + "\nTo follow the advice:\n" + commands
  }

  /// Why there is no advice.
  private static func absence(_ answer: JSONDocument) -> String {
    guard answer.row.bool("fleet_enabled") == true else {
      return
        "No advice: the use of models is not counted. Set 'enabled = true' under [fleet] in the"
        + " configuration.\n"
    }
    guard let node = answer.member("history") else { return "No advice.\n" }
    let history = JSONRow(document: answer, node: node)
    func number(_ name: StaticString) -> Int64 { history.number(name) ?? 0 }
    let needs = "\(number("requests_needed")) requests over \(number("days_needed")) days"
    guard number("judged_models") == 0 else {
      return "No advice: of \(number("judged_models")) models that are used enough to be judged,"
        + " none has a marked peak or more and more use, and a further backend with room for it.\n"
    }
    guard number("models") > 0, let model = history.text("most_used_model") else {
      return "No advice yet: nothing was counted so far. A model needs \(needs).\n"
    }
    let count = number("requests") == 1 ? "1 request" : "\(number("requests")) requests"
    let days = number("days")
    let span = days == 0 ? "within a day" : days == 1 ? "over 1 day" : "over \(days) days"
    return "No advice yet: a model needs \(needs). '\(TextTable.printable(model))', the most used"
      + " one, has \(count) \(span).\n"
  }
}

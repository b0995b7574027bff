import Config
import Gateway
import Text

/// `nexus models`: every model with the backends that have it.
enum ModelsCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    do {
      let document = try FleetFacts.load(invocation, "/models", direct: ModelReports.json)
      let backend = invocation.value("--backend")
      let rows = JSONRow.list(document, "models").filter { row in
        (backend == nil || row.text("backend") == backend)
          && (invocation.has("--all") || row.text("status") == "healthy")
      }
      Terminal.say(invocation.has("--json") ? json(rows) : table(rows, Style(invocation)))
      return ExitCode.success
    } catch {
      Terminal.complain("Error: \(error.message)\n")
      return error.code
    }
  }

  private static func json(_ rows: [JSONRow]) -> String {
    let bytes = JSONText.object { text in
      text.array("models") { list in for row in rows { list.raw(row.document.raw(row.node)) } }
    }
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  private static func table(_ rows: [JSONRow], _ style: Style) -> String {
    guard !rows.isEmpty else {
      return "No models. 'nexus backends list' shows how the backends are; --all shows models of"
        + " those that are not healthy.\n"
    }
    func word(_ value: Bool?) -> String { value.map { $0 ? "yes" : "no" } ?? "-" }
    let lines = rows.map { row in
      [
        row.text("id") ?? "", row.text("backend") ?? "",
        row.number("context_length").map(String.init) ?? "-", word(row.bool("vision")),
        word(row.bool("tools")), word(row.bool("json_mode")), word(row.bool("loaded")),
      ]
    }
    let titles = ["MODEL", "BACKEND", "CONTEXT", "VISION", "TOOLS", "JSON", "LOADED"]
    return TextTable.render([titles] + lines) { row, _, text in
      row == 0 ? style.paint(text, .bold) : text
    }
  }
}

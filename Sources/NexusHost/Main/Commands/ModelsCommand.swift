import Config
import Console
import Gateway
import Text

/// `nexus models list`: every model with the backends that have it, or every other name for a model.
enum ModelsCommand {
  static func run(_ invocation: Invocation) -> Int32 {
    do {
      let document = try FleetFacts.load(invocation, "/models", direct: ModelReports.json)
      let showsAliases = invocation.has("--aliases")
      let name: StaticString = showsAliases ? "aliases" : "models"
      let rows = try chosen(JSONRow.list(document, name), invocation)
      if invocation.has("--json") {
        Terminal.say(json: JSONRow.json(rows, name.description))
      } else {
        let style = Style(invocation)
        Terminal.say(showsAliases ? aliases(rows, style) : models(rows, style))
      }
      return ExitCode.success
    } catch {
      Terminal.complain("Error: \(error.message)\n")
      return error.code
    }
  }

  /// The rows that are asked for.
  private static func chosen(
    _ rows: [JSONRow], _ invocation: Invocation
  ) throws(FleetFacts.Failure) -> [JSONRow] {
    if invocation.has("--aliases") { return rows }
    var rows = rows
    if let backend = invocation.value("--backend") {
      let names = rows.compactMap { $0.text("backend") }
      rows.removeAll { $0.text("backend") != backend && $0.text("backend_id") != backend }
      guard !rows.isEmpty else {
        throw FleetFacts.Failure(
          message: "no backend '\(backend)' has models."
            + "\(Suggestion.hint(for: backend, among: names)) 'nexus backends' lists all.",
          code: ExitCode.failure)
      }
    }
    return invocation.has("--all") ? rows : rows.filter { $0.text("status") == "healthy" }
  }

  private static func models(_ rows: [JSONRow], _ style: Style) -> String {
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
    return table([titles] + lines, style)
  }

  private static func aliases(_ rows: [JSONRow], _ style: Style) -> String {
    guard !rows.isEmpty else {
      return "No aliases. [routing.aliases] in the configuration makes some.\n"
    }
    let lines = rows.map { row in
      let backends = row.texts("backends").joined(separator: ", ")
      return [
        row.text("alias") ?? "", row.text("model") ?? "", backends.isEmpty ? "-" : backends,
      ]
    }
    return table([["ALIAS", "MODEL", "BACKENDS"]] + lines, style)
  }

  private static func table(_ lines: [[String]], _ style: Style) -> String {
    TextTable.render(lines, width: style.width) { row, _, text in
      row == 0 ? style.paint(text, .bold) : text
    }
  }
}

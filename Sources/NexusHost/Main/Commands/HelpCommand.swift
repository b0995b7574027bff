import Config
import Telemetry

/// `nexus help [COMMAND]` and `--help`.
enum HelpCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let words = invocation.operands
    switch invocation.value("--format") ?? "text" {
    case "text": return try run(words)
    case "markdown" where words.isEmpty: Terminal.say(CommandReference.markdown())
    case "man" where words.isEmpty: Terminal.say(CommandReference.manual())
    case "metrics" where words.isEmpty: Terminal.say(MetricReference.text())
    case "markdown", "man", "metrics":
      throw UsageError("'--format' is for all commands; name none of them.")
    case let other: throw UsageError("'--format \(other)': give text, markdown, man or metrics.")
    }
    return ExitCode.success
  }

  /// `words` are the words of a command's name, or none for the overview.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    let name = words.joined(separator: " ")
    guard !name.isEmpty else {
      Terminal.say(HelpText.overview())
      return ExitCode.success
    }
    let pages = Commands.all.filter { $0.name == name || $0.name.hasPrefix("\(name) ") }
    guard !pages.isEmpty else {
      let families = Commands.all.map { String($0.name.prefix { $0 != " " }) }
      let hint = Suggestion.hint(for: name, among: families + Commands.all.map(\.name))
      throw UsageError("There is no command '\(name)'.\(hint) 'nexus help' lists all.")
    }
    Terminal.say(pages.map(HelpText.page).joined(separator: "\n"))
    return ExitCode.success
  }
}

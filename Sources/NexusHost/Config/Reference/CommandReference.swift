/// docs/COMMANDS.md and the manual page nexus(1), made from the table of commands.
public enum CommandReference {
  /// The page in Markdown.
  public static func markdown() -> String {
    let groups = Commands.groups.map { group in
      "## \(group.title)\n\n\(group.commands.map(markdown).joined(separator: "\n"))"
    }
    let everywhere = Commands.everywhere.map(row).joined()
    let codes = ExitMeaning.all.map { "| \($0.code) | \($0.meaning) |\n" }.joined()
    let variables = EnvironmentVariable.all.map { "| `\($0.name)` | \($0.meaning) |\n" }.joined()
    return """
      <!-- Written by scripts/reference from the table of commands in
      Sources/NexusHost/Config/Commands.swift; change that instead. -->

      # Commands

      `nexus COMMAND [OPTION]...`; results go to standard output, everything else to standard error.
      Commands about a running gateway speak to it over its control socket ([CONTROL.md](CONTROL.md)).
      Where they list something and no gateway runs, they ask the configured backends themselves.

      \(groups.joined(separator: "\n"))
      ## Options of every command

      | Option | |
      |---|---|
      \(everywhere)
      ## Exit codes

      | Code | |
      |---|---|
      \(codes)
      ## Environment

      An empty variable counts as unset.

      | Variable | |
      |---|---|
      \(variables)
      """
  }

  private static func markdown(_ command: CommandSpec) -> String {
    var text = "### `nexus \(command.name)`\n\n\(command.summary)\n\n"
    text += "```\n\(command.usage)\n```\n\n"
    if !command.details.isEmpty { text += "\(command.details)\n\n" }
    if !command.options.isEmpty {
      text += "| Option | |\n|---|---|\n\(command.options.map(row).joined())\n"
    }
    guard !command.examples.isEmpty else { return text }
    return text + "```\n\(command.examples.joined(separator: "\n"))\n```\n"
  }

  private static func row(_ option: OptionSpec) -> String {
    "| `\(option.spelling)` | \(option.help) |\n"
  }
}

/// What the program's exit codes mean.
struct ExitMeaning {
  let code: Int
  let meaning: String

  static let all = [
    ExitMeaning(code: 0, meaning: "done"),
    ExitMeaning(code: 1, meaning: "understood and failed"),
    ExitMeaning(code: 2, meaning: "the command line is wrong"),
    ExitMeaning(
      code: 3,
      meaning: "no running gateway can be reached; with `health --exit-code` also: none of its"
        + " backends is healthy"),
  ]
}

/// A variable that the program goes by.
struct EnvironmentVariable {
  let name: String
  let meaning: String

  /// Those of every command, then those that set a key of the configuration.
  static let all =
    [
      EnvironmentVariable(
        name: ConfigurationPlace.variable, meaning: "the configuration file, as `--config`"),
      EnvironmentVariable(
        name: "NO_COLOR", meaning: "no colours if it is set, as with `--no-color`"),
      EnvironmentVariable(name: "NEXUS_LOG", meaning: "levels of the log: `info,routing=debug`"),
    ]
    + SettingsTable.single.compactMap { spec in
      spec.key.variable.map {
        EnvironmentVariable(name: $0, meaning: "sets `\(spec.key.path)`")
      }
    }
}

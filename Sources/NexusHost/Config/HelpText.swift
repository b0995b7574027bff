/// The texts of `--help`, made from the table of commands.
public enum HelpText {
  /// What the program is and its commands.
  public static func overview(commands: [CommandSpec] = Commands.all) -> String {
    let width = commands.map(\.name.count).max() ?? 0
    let lines = commands.map { "  \(padded($0.name, width))  \($0.summary)" }
    return """
      Nexus: one gateway in front of your language-model servers.

      Usage: nexus COMMAND [OPTION]...

      \(lines.joined(separator: "\n"))

      'nexus help COMMAND' explains a command. Try 'nexus serve' first: it finds the servers
      that run on this machine.

      """
  }

  /// A command and its options.
  public static func page(_ command: CommandSpec) -> String {
    let usage =
      (["Usage: nexus", command.name] + command.operands + ["[OPTION]..."]).joined(separator: " ")
    let rows = (command.options + Commands.everywhere).map { (label($0), $0.help) }
    let width = min(rows.map(\.0.count).max() ?? 0, 28)
    let lines = rows.map { label, help in
      label.count <= width
        ? "  \(padded(label, width))  \(help)"
        : "  \(label)\n  \(padded("", width))  \(help)"
    }
    let page = "\(command.summary)\n\n\(usage)\n\n\(lines.joined(separator: "\n"))\n"
    guard !command.examples.isEmpty else { return page }
    let examples = command.examples.map { "  \($0)\n" }.joined()
    return "\(page)\nExamples:\n\(examples)"
  }

  private static func label(_ option: OptionSpec) -> String {
    let names = option.short.map { "\($0), \(option.name)" } ?? "    \(option.name)"
    return option.value.map { "\(names) \($0)" } ?? names
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

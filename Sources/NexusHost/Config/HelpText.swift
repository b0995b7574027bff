import Text

/// The texts of `--help`, made from the table of commands.
public enum HelpText {
  /// What the program is and its commands.
  public static func overview(groups: [CommandGroup] = Commands.groups) -> String {
    let width = groups.flatMap(\.commands).map(\.name.count).max() ?? 0
    let parts = groups.map { group in
      let lines = group.commands.map { "  \(padded($0.name, width))  \($0.summary)\n" }
      return "\(group.title)\n\(lines.joined())"
    }
    return """
      Nexus: one gateway in front of your language-model servers.

      Usage: nexus COMMAND [OPTION]...

      \(parts.joined(separator: "\n"))
      'nexus help COMMAND' explains a command. Try 'nexus serve' first: it finds the servers
      that run on this machine. If something does not work, 'nexus doctor' tells why.

      """
  }

  /// A command and its options.
  public static func page(_ command: CommandSpec) -> String {
    let rows = (command.options + Commands.everywhere).map { (label($0), $0.help) }
    let width = min(rows.map(\.0.count).max() ?? 0, 28)
    let lines = rows.map { label, help in
      label.count <= width
        ? "  \(padded(label, width))  \(help)"
        : "  \(label)\n  \(padded("", width))  \(help)"
    }
    var parts = [command.summary, "Usage: \(command.usage)"]
    if !command.details.isEmpty {
      parts.append(LineWrap.lines(command.details, width: 80).joined(separator: "\n"))
    }
    parts.append(lines.joined(separator: "\n"))
    if !command.examples.isEmpty {
      let examples = command.examples.map { "  \($0)" }
      parts.append((["Examples:"] + examples).joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func label(_ option: OptionSpec) -> String {
    option.short == nil ? "    \(option.spelling)" : option.spelling
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

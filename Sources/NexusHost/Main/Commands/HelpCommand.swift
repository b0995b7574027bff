import Config

/// `nexus help [COMMAND]` and `--help`.
enum HelpCommand {
  /// `words` are the words of a command's name, or none for the overview.
  static func run(_ words: [String]) -> Int32 {
    let name = words.joined(separator: " ")
    guard !name.isEmpty else {
      Terminal.say(HelpText.overview())
      return ExitCode.success
    }
    let pages = Commands.all.filter { $0.name == name || $0.name.hasPrefix("\(name) ") }
    guard !pages.isEmpty else {
      Terminal.complain("Error: There is no command '\(name)'. 'nexus help' lists all.\n")
      return ExitCode.usage
    }
    Terminal.say(pages.map(HelpText.page).joined(separator: "\n"))
    return ExitCode.success
  }
}

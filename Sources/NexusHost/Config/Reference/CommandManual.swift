extension CommandReference {
  /// The manual page nexus(1).
  public static func manual() -> String {
    """
    .\\" Written by scripts/reference from the table of commands; change that instead.
    .TH NEXUS 1 "" "nexus \(NexusVersion.text)" "Nexus"
    .ad l
    .nh
    .SH NAME
    nexus \\- one gateway in front of language\\-model servers
    .SH SYNOPSIS
    .B nexus
    .I COMMAND
    .RI [ OPTION ]...
    .SH DESCRIPTION
    \(text("Clients see one address that speaks OpenAI's API; each request goes to a server that has the model, is healthy and has the least to do."))
    .PP
    \(text("Commands about a running gateway speak to it over its control socket. Where they list something and no gateway runs, they ask the configured backends themselves."))
    .SH COMMANDS
    \(Commands.groups.map(section).joined())\
    .SH OPTIONS
    Every command takes these.
    \(options(Commands.everywhere))\
    .SH EXIT STATUS
    \(ExitMeaning.all.map { ".TP\n.B \($0.code)\n\(text(sentence($0.meaning)))\n" }.joined())\
    .SH ENVIRONMENT
    \(EnvironmentVariable.all.map { ".TP\n.B \($0.name)\n\(text(sentence($0.meaning)))\n" }.joined())\
    .SH FILES
    .TP
    .I nexus.toml
    The configuration: in the working directory, in
    .IR $XDG_CONFIG_HOME/nexus ,
    in
    .IR /etc/nexus .
    .TP
    .I $XDG_RUNTIME_DIR/nexus/control\\-PORT.sock
    The control socket of the gateway on that port.
    .TP
    .I $XDG_STATE_HOME/nexus
    What outlives a restart.
    .SH SEE ALSO
    .BR nexus.toml (5)

    """
  }

  private static func section(_ group: CommandGroup) -> String {
    ".SS \(text(group.title))\n\(group.commands.map(entry).joined())"
  }

  private static func entry(_ command: CommandSpec) -> String {
    let operands = command.operands.isEmpty ? "" : " " + command.operands.joined(separator: " ")
    var entry = ".TP\n.B nexus \(text(command.name + operands))\n\(text(command.summary))\n"
    guard !(command.details.isEmpty && command.options.isEmpty) else { return entry }
    entry += ".RS\n"
    if !command.details.isEmpty { entry += ".PP\n\(text(command.details))\n" }
    return entry + options(command.options) + ".RE\n"
  }

  private static func options(_ options: [OptionSpec]) -> String {
    options.map { ".TP\n.B \(text($0.spelling))\n\(text(sentence($0.help)))\n" }.joined()
  }

  private static func sentence(_ text: String) -> String {
    "\(text.prefix(1).uppercased())\(text.dropFirst())."
  }

  private static func text(_ text: String) -> String { Roff.text(text.filter { $0 != "`" }) }
}

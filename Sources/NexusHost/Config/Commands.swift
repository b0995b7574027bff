/// Every command of `nexus`.
public enum Commands {
  public static let serve = CommandSpec(
    "serve", summary: "Run the gateway.",
    options: [
      config, backend,
      OptionSpec(
        "--take-over", help: "take the port over from a running gateway, losing no connection"),
    ] + SettingsTable.options)

  public static let pluginsList = CommandSpec(
    "plugins list", summary: "List the drivers that a gateway would load.",
    options: [plugins, config, json])

  public static let pluginsInfo = CommandSpec(
    "plugins info", summary: "Describe a driver file without running it.", operands: ["FILE"],
    options: [json])

  /// The shells that can complete.
  public static let shells = ["bash", "zsh", "fish"]

  public static let completions = CommandSpec(
    "completions", summary: "Print a script that lets a shell complete commands and names.",
    operands: ["SHELL"],
    examples: [
      "nexus completions bash > ~/.local/share/bash-completion/completions/nexus",
      "nexus completions zsh > ~/.zfunc/_nexus",
      "nexus completions fish > ~/.config/fish/completions/nexus.fish",
    ])

  public static let version = CommandSpec("version", summary: "Tell the version.")

  public static let help = CommandSpec(
    "help", summary: "Explain a command.", operands: ["[COMMAND]"])

  /// Options that say which running gateway a command means.
  public static let gateway = [
    OptionSpec("--port", short: "-p", value: "PORT", help: "port of the gateway that is meant"),
    OptionSpec(
      "--control-socket", value: "PATH", help: "control socket of the gateway that is meant"),
  ]

  /// In the order of the help.
  public static let all =
    [serve] + fleet + configuration + [pluginsList, pluginsInfo, completions, version, help]

  /// Options that every command takes.
  public static let everywhere = [
    OptionSpec("--no-color", help: "no colours, as with NO_COLOR in the environment"),
    OptionSpec("--help", short: "-h", help: "explain the command"),
  ]

  static let backend = OptionSpec(
    "--backend", short: "-b", value: "URL[,type=T][,name=N][,api-key-env=V][,KEY=VALUE]...",
    repeats: true, help: "a server to route to; may be repeated")
  static let config = OptionSpec(
    "--config", short: "-c", value: "FILE", help: "the configuration (nexus.toml, if there is one)")
  static let plugins = OptionSpec(
    "--plugins", value: "DIR",
    help: "directory of the drivers (../lib/nexus, then /usr/lib/nexus)")
  static let json = OptionSpec("--json", help: "print JSON")
}

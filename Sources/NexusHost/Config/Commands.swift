/// Every command of `nexus`.
public enum Commands {
  public static let serve = CommandSpec(
    "serve", summary: "Run the gateway.",
    options: [
      config, backend,
      OptionSpec(
        "--take-over", help: "take the port over from a running gateway, losing no connection"),
    ] + SettingsTable.options,
    details: """
      Without any option it looks for servers on this machine. What options do not say is taken \
      from the environment, then from the configuration file, then from the defaults. It stops on \
      SIGTERM or Ctrl-C when the requests under way are done, and reads the configuration again \
      on SIGHUP.
      """,
    examples: [
      "nexus serve", "nexus serve --port 9000 --host 0.0.0.0",
      "nexus serve --backend http://gpu-box:8000,name=gpu --backend http://192.168.1.20:11434",
    ])

  public static let pluginsList = CommandSpec(
    "plugins list", summary: "List the drivers that a gateway has loaded, or would load.",
    options: [plugins, config, json] + gateway,
    details: """
      A running gateway is asked; without one, or with --plugins, the directory is read. A driver is \
      stale if its file has become one that is refused: then the one that was loaded before stays \
      in use. What is refused is told with the reason.
      """,
    examples: ["nexus plugins list", "nexus plugins list --plugins ./out/lib/nexus"])

  public static let pluginsInfo = CommandSpec(
    "plugins info", summary: "Describe a driver file without running it.", operands: ["FILE"],
    options: [json], examples: ["nexus plugins info /usr/lib/nexus/ollama.so"])

  public static let pluginsCheck = CommandSpec(
    "plugins check", summary: "Find out whether a driver keeps the rules of the driver ABI.",
    operands: ["FILE"],
    options: [
      OptionSpec(
        "--exchanges", value: "DIR", repeats: true,
        help: "a directory of recordings of your own server; may be repeated"),
      OptionSpec("--no-shipped", help: "play none of the recordings that came with Nexus"),
      OptionSpec(
        "--only", value: "CHECK",
        help: "a check, its group (as exchange), or NAME/PLAY of a recording"),
      OptionSpec("--seed", value: "N", help: "where to begin with damaging replies (1)"),
      OptionSpec("--tap", help: "print the Test Anything Protocol, version 14"),
      json,
    ],
    details: """
      The file is looked at, mapped and driven with recorded exchanges in child processes, which are \
      confined: whole replies, replies cut at every byte, damaged, broken off and endless ones, \
      refusals, cancelled exchanges, many at once. What fails is told with the command that shows it \
      again. It ends with 0 if the driver passes, 1 if it fails, 2 if the command line is wrong.
      """,
    examples: [
      "nexus plugins check ./myserver.so",
      "nexus plugins check ./myserver.so --exchanges recordings",
      "nexus plugins check ./myserver.so --only exchange.cuts",
    ])

  public static let doctor = CommandSpec(
    "doctor", summary: "Find out what keeps things from working, and how to mend it.",
    options: [
      OptionSpec("--chat", help: "try a chat with paid services too; it costs a little"),
      json, backend, plugins,
    ] + gateway + [config],
    details: """
      It looks at this machine, the configuration, the drivers, the running gateway and every \
      backend, from its name to a chat of one token, in ten seconds at most. It ends with 1 if \
      something does not work.
      """,
    examples: ["nexus doctor", "nexus doctor --json", "nexus doctor --backend http://gpu-box:8000"])

  /// The shells that can complete.
  public static let shells = ["bash", "zsh", "fish"]

  public static let completions = CommandSpec(
    "completions", summary: "Print a script that lets a shell complete commands and names.",
    operands: ["SHELL"],
    details: "SHELL is bash, zsh or fish. An installed Nexus has brought the scripts along.",
    examples: [
      "nexus completions bash > ~/.local/share/bash-completion/completions/nexus",
      "nexus completions zsh > ~/.zfunc/_nexus",
      "nexus completions fish > ~/.config/fish/completions/nexus.fish",
    ])

  public static let version = CommandSpec(
    "version", summary: "Tell the version.", options: [json])

  public static let help = CommandSpec(
    "help", summary: "Explain a command.", operands: ["[COMMAND]"],
    options: [
      OptionSpec(
        "--format", value: "FORMAT", choices: .words(["text", "markdown", "man", "metrics"]),
        help: "text, markdown or man; metrics: what is measured (text)")
    ],
    examples: ["nexus help", "nexus help backends add"])

  /// Options that say which running gateway a command means.
  public static let gateway = [
    OptionSpec("--port", short: "-p", value: "PORT", help: "port of the gateway that is meant"),
    OptionSpec(
      "--control-socket", value: "PATH", help: "control socket of the gateway that is meant"),
  ]

  /// In the order of the help.
  public static let groups = [
    CommandGroup("Gateway", [serve, reload, logLevel, top, tail]),
    CommandGroup(
      "Backends and models",
      [
        backendsList, backendsAdd, backendsRemove, backendsDrain, backendsUndrain, modelsList,
        modelsLoad, modelsUnload, modelsMigrate, jobs, health, explain,
        advice,
      ]),
    CommandGroup("Configuration", [configInit, configCheck, configShow, configReference]),
    CommandGroup("Drivers", [pluginsList, pluginsInfo, pluginsCheck]),
    CommandGroup("Help", [doctor, completions, version, help]),
  ]

  public static let all = groups.flatMap(\.commands)

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

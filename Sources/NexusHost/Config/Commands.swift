/// Every command of `nexus`.
public enum Commands {
  public static let serve = CommandSpec(
    "serve", summary: "Run the gateway.",
    options: [
      OptionSpec(
        "--host", short: "-H", value: "ADDRESS",
        help: "address to listen on (127.0.0.1)"),
      OptionSpec(
        "--port", short: "-p", value: "PORT",
        help: "port to listen on; 0 takes a free one (8000)"),
      OptionSpec(
        "--backend", short: "-b", value: "URL[,type=T][,name=N][,api-key-env=V][,ca-file=F]",
        repeats: true,
        help: "a server to route to; may be repeated"),
      OptionSpec(
        "--no-probe", help: "do not look for servers on the usual loopback ports"),
      plugins,
      controlSocket,
      OptionSpec("--threads", value: "N", help: "worker threads (one per core)"),
      OptionSpec(
        "--max-body", value: "BYTES", help: "largest request body, e.g. 10MiB (10MiB)"),
      OptionSpec(
        "--survey-interval", value: "SECONDS", help: "time between looks at a backend (30)"),
      OptionSpec(
        "--header-timeout", value: "MS", help: "time for a client's request head (10000)"),
      OptionSpec(
        "--body-timeout", value: "MS", help: "longest pause in a client's request body (30000)"),
      OptionSpec(
        "--idle-timeout", value: "MS", help: "how long an idle client stays connected (75000)"),
      OptionSpec(
        "--connect-timeout", value: "MS", help: "time to reach a backend (5000)"),
      OptionSpec(
        "--first-byte-timeout", value: "MS",
        help: "time until a backend begins to answer (600000)"),
      OptionSpec(
        "--stream-idle-timeout", value: "MS",
        help: "longest pause inside a backend's answer (120000)"),
      OptionSpec(
        "--log-level", short: "-l", value: "LEVEL",
        help: "error, warn, info, debug or trace (info)"),
    ])

  public static let pluginsList = CommandSpec(
    "plugins list", summary: "List the drivers that a gateway would load.",
    options: [plugins, json])

  public static let pluginsInfo = CommandSpec(
    "plugins info", summary: "Describe a driver file without running it.", operands: ["FILE"],
    options: [json])

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
  public static let all = [serve, pluginsList, pluginsInfo, version, help]

  private static let plugins = OptionSpec(
    "--plugins", value: "DIR",
    help: "directory of the drivers (../lib/nexus, then /usr/lib/nexus)")
  private static let controlSocket = OptionSpec(
    "--control-socket", value: "PATH",
    help: "socket for administration (control-PORT.sock in the runtime directory)")
  private static let json = OptionSpec("--json", help: "print JSON")
}

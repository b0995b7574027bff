extension Commands {
  /// The commands that speak to a running gateway.
  public static let backendsList = CommandSpec(
    "backends list", summary: "List the backends with how they are.",
    options: [
      OptionSpec(
        "--status", short: "-s", value: "STATUS",
        choices: .words(["healthy", "unhealthy", "unknown", "loading", "draining"]),
        help: "only healthy, unhealthy, unknown, loading or draining ones"),
      OptionSpec("--wide", help: "more columns: zone, tier, priority, load, source, error"),
    ] + listing,
    examples: ["nexus backends", "nexus backends list --status unhealthy --wide"])

  public static let backendsAdd = CommandSpec(
    "backends add", summary: "Add a backend to a running gateway; it is kept over restarts.",
    operands: ["URL"],
    options: [
      OptionSpec(
        "--name", short: "-n", value: "NAME", choices: .free,
        help: "its name (host and port of the URL)"),
      OptionSpec(
        "--type", short: "-t", value: "TYPE", help: "its type (found out by asking the server)"),
      OptionSpec("--backend-type", value: "TYPE", help: "the same as --type"),
      OptionSpec("--priority", value: "N", help: "lower is preferred (50)"),
      OptionSpec("--zone", value: "ZONE", help: "open, internal, confidential or restricted"),
      OptionSpec("--tier", value: "N", help: "how capable its models are, 1 to 5 (1)"),
      OptionSpec(
        "--api-key-env", value: "VARIABLE", help: "variable of the gateway that holds the key"),
      OptionSpec("--max-concurrent", value: "N", help: "requests that it gets at once"),
      OptionSpec("--save", help: "write it into the configuration file instead"),
      json,
    ] + running,
    details: """
      The gateway looks at the server at once; the answer tells what was found. Without --type all \
      drivers are asked whether they know it. With --save no gateway need run: the backend is added \
      to the file, whose comments stay, and a running gateway sees that by itself.
      """,
    examples: [
      "nexus backends add http://192.168.1.20:11434",
      "nexus backends add https://api.openai.com --type openai --api-key-env OPENAI_API_KEY",
    ])

  public static let backendsRemove = CommandSpec(
    "backends remove", summary: "Remove a backend once its requests are done.",
    operands: ["NAME"], options: [json] + running, examples: ["nexus backends remove attic"])

  public static let backendsDrain = CommandSpec(
    "backends drain", summary: "Send a backend no new requests.", operands: ["NAME"],
    options: [json] + running, examples: ["nexus backends drain attic"])

  public static let backendsUndrain = CommandSpec(
    "backends undrain", summary: "Send a drained backend requests again.", operands: ["NAME"],
    options: [json] + running, examples: ["nexus backends undrain attic"])

  public static let modelsList = CommandSpec(
    "models list", summary: "List the models with the backends that have them.",
    options: [
      OptionSpec("--backend", short: "-b", value: "NAME", help: "only those of that backend"),
      OptionSpec("--all", short: "-a", help: "also those of backends that are not healthy"),
      OptionSpec("--aliases", help: "other names for models, instead of the models"),
    ] + listing,
    examples: ["nexus models", "nexus models list --backend attic --json"])

  public static let health = CommandSpec(
    "health", summary: "Tell how the gateway and its backends are.",
    options: [
      OptionSpec(
        "--format", value: "FORMAT", choices: .words(["pretty", "json"]),
        help: "pretty or json (pretty)"),
      OptionSpec("--exit-code", help: "end with 3 if no gateway runs or no backend is healthy"),
    ] + listing,
    details: """
      Without a gateway the backends are asked directly, except with --exit-code, which is for \
      those who watch the gateway: containers, supervisors. A gateway without any backend is no \
      failure.
      """,
    examples: ["nexus health", "nexus health --json --port 8000"])

  public static let reload = CommandSpec(
    "reload", summary: "Have a running gateway read its configuration and drivers again.",
    options: [json] + running, examples: ["nexus reload"])

  public static let logLevel = CommandSpec(
    "log-level", summary: "Show or change what a running gateway logs.",
    operands: ["[LEVELS]"], options: [json] + running,
    details: """
      LEVELS is a level (error, warn, info, debug, trace) for everything, or COMPONENT=LEVEL for a \
      part, or several with commas between. Components are \
      \(LogComponent.allCases.map { "\($0.name)" }.joined(separator: ", ")).
      """,
    examples: ["nexus log-level", "nexus log-level routing=debug", "nexus log-level info"])

  public static let explain = CommandSpec(
    "explain", summary: "Tell where a request went, or would go now, and why.",
    operands: ["[REQUEST-ID]"],
    options: [
      OptionSpec("--model", short: "-m", value: "MODEL", help: "the model that is asked for"),
      OptionSpec(
        "--operation", value: "NAME",
        choices: .words([
          "chat", "completions", "embeddings", "rerank", "messages", "responses",
        ]), help: "chat, completions, embeddings and so on (chat)"),
      OptionSpec(
        "--mode", value: "MODE", choices: .words(["standard", "strict", "flexible"]),
        help: "as the headers x-nexus-strict and x-nexus-flexible (standard)"),
      OptionSpec(
        "--file", short: "-f", value: "FILE",
        help: "a request whose model and needs are meant; - is standard input"),
      json,
    ] + running,
    details: """
      A request is named by the header x-request-id of its answer, which the log calls \
      request_id; the gateway remembers the last 1,000. With --model or --file instead, nothing \
      is sent anywhere. Every backend is listed: those that are tried, in order, and those that \
      are not, with the reason and what would have to change.
      """,
    examples: [
      "nexus explain req_52fdfc072182654f", "nexus explain --model llama3:8b",
      "nexus explain --file request.json",
    ])

  public static let advice = CommandSpec(
    "advice", summary: "Tell which models would better be in memory at further backends.",
    options: [json] + running,
    details: """
      It rests on how often each model was used at which hour over the last thirty days, which the \
      gateway counts if fleet.enabled is set. Nothing is done by itself, unless fleet.prewarm is \
      set too.
      """,
    examples: ["nexus advice", "nexus advice --json"])

  /// What every command takes that needs a running gateway.
  static let running = gateway + [config]

  /// What every command takes that lists.
  private static let listing =
    [
      json,
      OptionSpec("--offline", help: "ask no gateway; look at the configured backends directly"),
      plugins,
    ] + running
}

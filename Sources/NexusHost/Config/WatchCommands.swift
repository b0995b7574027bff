extension Commands {
  /// The commands that go on watching a running gateway.
  public static let top = CommandSpec(
    "top", summary: "Watch the fleet and the requests under way, live.",
    options: [
      OptionSpec(
        "--interval", value: "SECONDS", help: "time between two looks, 0.2 to 60 (1)"),
      OptionSpec("--once", help: "print how everything stands once, as text"),
    ] + running,
    details: """
      q quits, h lists the keys: sorting, filtering, scrolling, a pause. If the gateway is restarted \
      the view waits for it. Without a terminal the command does as with --once.
      """,
    examples: ["nexus top", "nexus top --interval 0.5", "nexus top --once"])

  public static let tail = CommandSpec(
    "tail", summary: "Show the requests as they end, one line each.",
    options: [
      OptionSpec("--model", short: "-m", value: "MODEL", help: "only those for that model"),
      OptionSpec(
        "--backend", short: "-b", value: "NAME",
        help: "only those that tried that backend; none: those that reached none"),
      OptionSpec("--errors", help: "only those that failed"),
      OptionSpec(
        "--lines", short: "-n", value: "N", help: "begin with the last N, 0 to 10000 (10)"),
      json,
    ] + running,
    details: """
      It begins with the last requests of the gateway's history ([history] size) and goes on until \
      Ctrl-C. What ended faster than it could be asked for is counted. If the gateway is restarted \
      the command waits for it. With --json each line is an entry of the history (docs/HISTORY.md).
      """,
    examples: [
      "nexus tail", "nexus tail --errors --backend attic",
      "nexus tail -n 0 --json | jq .duration_ms",
    ])
}

extension Commands {
  /// The commands about the configuration.
  public static let configShow = CommandSpec(
    "config show", summary: "Tell what is configured, and where each value comes from.",
    options: [config, json], examples: ["nexus config show", "nexus config show --json"])

  public static let configCheck = CommandSpec(
    "config check", summary: "Find mistakes in a configuration without starting.",
    operands: ["[FILE]"], options: [config, plugins],
    examples: ["nexus config check", "nexus config check /etc/nexus/nexus.toml"])

  public static let configInit = CommandSpec(
    "config init", summary: "Write a commented configuration file.",
    options: [
      OptionSpec(
        "--output", short: "-o", value: "FILE", help: "where to; - is standard output (nexus.toml)"),
      OptionSpec("--force", short: "-f", help: "overwrite a file that is there"),
      OptionSpec("--minimal", help: "only what one needs to begin"),
    ],
    examples: ["nexus config init", "nexus config init --minimal --output -"])

  public static let configReference = CommandSpec(
    "config reference", summary: "Print what there is to know about every key.",
    options: [
      OptionSpec(
        "--format", value: "FORMAT", choices: .words(["markdown", "schema", "man"]),
        help: "markdown, schema (JSON Schema) or man (markdown)")
    ],
    examples: ["nexus config reference --format schema > nexus.schema.json"])
}

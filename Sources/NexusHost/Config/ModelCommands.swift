extension Commands {
  /// The commands about models' places in memory.
  public static let modelsLoad = CommandSpec(
    "models load", summary: "Bring a model into a backend's memory.", operands: ["MODEL"],
    options: [
      place, makeRoom,
      noWait, json,
    ] + gateway + [config],
    details: """
      The command watches until the model is there, and ends with 1 if it does not come. Ctrl-C ends \
      the watching; the gateway goes on loading. Without --backend the only one is meant that has \
      the model.
      """,
    examples: [
      "nexus models load llama3.2:3b --backend attic",
      "nexus models load qwen3:8b --backend attic --make-room --no-wait",
    ])

  public static let modelsUnload = CommandSpec(
    "models unload", summary: "Take a model out of a backend's memory.", operands: ["MODEL"],
    options: [
      place, OptionSpec("--force", help: "also while requests for it are under way there"), noWait,
      json,
    ] + gateway + [config],
    examples: ["nexus models unload llama3.2:3b --backend attic"])

  public static let modelsMigrate = CommandSpec(
    "models migrate", summary: "Load a model on one backend, then unload it on another.",
    operands: ["MODEL"],
    options: [
      OptionSpec("--from", value: "NAME", help: "the backend that has it in memory"),
      OptionSpec("--to", value: "NAME", help: "the backend that is to have it"),
      makeRoom,
      OptionSpec("--keep-source", help: "leave it in memory where it was, too"),
      noWait, json,
    ] + gateway + [config],
    details: """
      Until the target has the model the source serves it; if the target cannot load it, everything \
      stays as it was.
      """,
    examples: ["nexus models migrate qwen3:8b --from attic --to cellar"])

  public static let jobs = CommandSpec(
    "jobs", summary: "Tell what is done about models' places in memory, and what was.",
    operands: ["[JOB]"],
    options: [
      OptionSpec("--cancel", value: "JOB", help: "do nothing further for that job"), json,
    ] + gateway + [config],
    details: "The gateway remembers the last hundred.",
    examples: [
      "nexus jobs", "nexus jobs op-52fdfc072182654f", "nexus jobs --cancel op-52fdfc072182654f",
    ])

  private static let place = OptionSpec(
    "--backend", short: "-b", value: "NAME", help: "the backend, by name or id")
  private static let makeRoom = OptionSpec(
    "--make-room", help: "unload models that are not in use if there is too little memory")
  private static let noWait = OptionSpec(
    "--no-wait", help: "begin it and end; 'nexus jobs' tells how it goes")
}

import Foundation
import Testing

/// The commands about a running gateway, as a person and a script see them.
@Suite(.serialized) struct ClientCommandTests {
  private static let configuration = """
    [routing.aliases]
    "gpt-4*" = "qwen3:8b"
    [routing.fallbacks]
    "qwen3:8b" = ["sql"]
    [[routing.policies]]
    model_pattern = "sql*"
    privacy = "restricted"
    """

  /// A gateway in front of two imitated servers, both healthy.
  private func withGateway(
    _ body: (Household, GatewayProcess, SimulatorProcess) throws -> Void
  ) throws {
    let household = try Household()
    let file = try household.write("nexus.toml", Self.configuration)
    let simulator = try SimulatorProcess([
      "ollama:0,name=attic,model=qwen3:8b,ttft=1,tps=0",
      "vllm:0,name=cellar,model=sql,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try household.gateway(["--config", file] + simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("two healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    try body(household, gateway, simulator)
  }

  /// The text with the port of each address replaced by one of the same length.
  private func plain(_ text: String) -> String {
    text.replacing(/127\.0\.0\.1:\d{5}/, with: "127.0.0.1:PPPPP")
      .replacing(/Uptime: \d+s/, with: "Uptime: 0s")
  }

  @Test func tablesAreAligned() throws {
    try withGateway { (household, gateway, _) throws in
      func table(_ arguments: String...) throws -> String {
        let result = try ProgramRun(
          arguments: arguments, environment: household.environment(gateway))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
        return plain(result.output)
      }
      let backends = """
        NAME    URL                     TYPE    STATUS   MODELS  LATENCY
        attic   http://127.0.0.1:PPPPP  ollama  healthy  1       -
        cellar  http://127.0.0.1:PPPPP  vllm    healthy  1       -

        """
      #expect(try table("backends") == backends)
      #expect(try table("backends", "list", "--status", "HEALTHY") == backends)
      #expect(
        try table("backends", "list", "--wide") == """
          NAME    URL                     TYPE    STATUS   MODELS  LATENCY  PENDING  CIRCUIT  ZONE        TIER  PRIORITY  SOURCE  ERROR
          attic   http://127.0.0.1:PPPPP  ollama  healthy  1       -        0        closed   restricted  1     50        static  -
          cellar  http://127.0.0.1:PPPPP  vllm    healthy  1       -        0        closed   restricted  1     50        static  -

          """)
      #expect(
        try table("models") == """
          MODEL     BACKEND  CONTEXT  VISION  TOOLS  JSON  LOADED
          qwen3:8b  attic    -        no      yes    yes   no
          sql       cellar   8192     no      no     no    yes

          """)
      #expect(
        try table("models", "--backend", "cellar") == """
          MODEL  BACKEND  CONTEXT  VISION  TOOLS  JSON  LOADED
          sql    cellar   8192     no      no     no    yes

          """)
      #expect(
        try table("models", "--aliases") == """
          ALIAS   MODEL     BACKENDS
          gpt-4*  qwen3:8b  attic

          """)
      #expect(
        try table("health") == """
          Status: Healthy
          Version: 0.1.0
          Uptime: 0s

          Backends: 2/2 healthy
          Models: 2 available

           ✓  attic   ollama  healthy  1 model  -  0 pending
           ✓  cellar  vllm    healthy  1 model  -  0 pending

          """)
      #expect(
        try table("explain", "--model", "gpt-4o").replacing(/; [a-z ]+[0-9.]+.*/, with: "") == """
          A chat for 'gpt-4o' would go to attic.

          gpt-4o → qwen3:8b
             BACKEND  MODEL     SCORE  WHY
          1  attic    qwen3:8b  10.8   0 in flight
          -  cellar   -                model_absent

          If that fails: sql
          Policy sql*: zone restricted or better
             BACKEND  MODEL  SCORE  WHY
          1  cellar   sql    16.4   0 in flight
          -  attic    -             model_absent

          """)
      #expect(
        try table("backends", "list", "--status", "unhealthy").hasPrefix("No backends of that"))
    }
  }

  @Test func everyListIsAlsoJSON() throws {
    try withGateway { (household, gateway, _) throws in
      func json(_ arguments: String...) throws -> ProgramRun {
        let result = try ProgramRun(
          arguments: arguments + ["--json"], environment: household.environment(gateway))
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        #expect(!result.json.isEmpty, "\(arguments): \(result.output)")
        #expect(result.output.hasSuffix("}\n"))
        return result
      }
      let backend = try #require(try json("backends").list("backends").first)
      for key in [
        "id", "name", "url", "type", "backend_type", "status", "models", "model_count",
        "avg_latency_ms", "pending_requests", "discovery_source", "zone", "tier", "priority",
        "last_error",
      ] { #expect(backend[key] != nil, "\(key)") }
      #expect(backend["models"] as? [String] == ["qwen3:8b"])
      #expect(backend["discovery_source"] as? String == "static")
      let model = try #require(try json("models").list("models").first)
      for key in ["id", "backend", "context_length", "vision", "tools", "json_mode", "status"] {
        #expect(model[key] != nil, "\(key)")
      }
      let alias = try #require(try json("models", "--aliases").list("aliases").first)
      #expect(alias["alias"] as? String == "gpt-4*")
      #expect(alias["backends"] as? [String] == ["attic"])
      let health = try json("health").json
      for key in ["status", "version", "uptime_seconds", "backends", "models", "backend_details"] {
        #expect(health[key] != nil, "\(key)")
      }
      #expect(try household.nexus("health", "--format", "json", gateway: gateway).json.count > 3)
      #expect(try json("version").json["abi"] as? String == "1.1")
      #expect(try json("version").json["target"] is String)
      #expect(try json("log-level").json["log_levels"] is String)
      let levels = try json("log-level", "queue=error").json["log_levels"] as? String
      #expect(levels?.contains("queue=error") == true)
      #expect(try json("explain", "-m", "sql").json["plan"] as? String == "route")
      #expect(try json("reload").json["changed"] is [Any])
      #expect(try json("config", "show").json["settings"] is [Any])
      #expect(try json("plugins", "list").list("drivers").count == 6)
      #expect(try json("backends", "drain", "attic").json["status"] as? String == "draining")
      #expect(try json("backends", "undrain", "attic").json["status"] as? String == "healthy")
      #expect(try json("backends", "remove", "attic").json["removed"] as? String == "attic")
      #expect(
        try json("backends", "add", "http://127.0.0.1:1", "--name", "x").json["name"] as? String
          == "x")
    }
  }

  /// Of two gateways one must be named; then each answers for itself.
  @Test func twoGatewaysAtOnce() throws {
    let household = try Household()
    let shared = ["RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": household.folder]
    func gateway(_ name: String) throws -> GatewayProcess {
      try GatewayProcess(
        arguments: [
          "--state-dir", "\(household.folder)/\(name)", "--backend",
          "http://127.0.0.1:1,name=\(name)",
        ], environment: shared)
    }
    let one = try gateway("one")
    defer { one.kill() }
    let two = try gateway("two")
    defer { two.kill() }
    func nexus(_ arguments: String...) throws -> ProgramRun {
      try ProgramRun(
        arguments: arguments,
        environment: household.environment().merging(["NEXUS_CONTROL_SOCKET": ""]) { $1 })
    }
    let unclear = try nexus("backends")
    #expect(unclear.status == 2)
    #expect(unclear.errors.contains("--port"))
    for gateway in [one, two] { #expect(unclear.errors.contains("control-\(gateway.port).sock")) }
    #expect(try nexus("backends", "--port", "\(one.port)").output.contains("\none "))
    #expect(try nexus("backends", "--port", "\(two.port)").output.contains("\ntwo "))
    let file = try household.write("nexus.toml", "[server]\nport = \(two.port)\n")
    #expect(try nexus("backends", "--config", file).output.contains("\ntwo "))
    let socket = "\(household.folder)/nexus/control-\(one.port).sock"
    #expect(try nexus("backends", "--control-socket", socket).output.contains("\none "))
  }

  /// Without a gateway, commands that list ask the servers; those that change something cannot.
  @Test func withoutAGateway() throws {
    let household = try Household()
    let simulator = try SimulatorProcess(["ollama:0,name=attic,model=m"])
    defer { simulator.stop() }
    let file = try household.write(
      "nexus.toml",
      """
      [[backends]]
      name = "attic"
      url = "\(simulator.backends[0].url)"
      [[backends]]
      name = "gone"
      url = "http://127.0.0.1:1"
      type = "ollama"
      [routing.aliases]
      small = "m"
      """)
    for extra in [[], ["--offline"]] {
      let result = try ProgramRun(
        arguments: ["backends", "--json", "--config", file] + extra,
        environment: household.environment())
      #expect(result.status == 0)
      #expect(result.errors.contains("No running gateway") == extra.isEmpty)
      let rows = result.list("backends")
      #expect(rows.map { $0["name"] as? String } == ["attic", "gone"])
      #expect(rows.map { $0["status"] as? String } == ["healthy", "unhealthy"])
    }
    let models = try household.nexus("models", "--config", file, "--json").list("models")
    #expect(models.map { $0["id"] as? String } == ["m"])
    let aliases = try household.nexus("models", "--config", file, "--aliases")
    #expect(aliases.output.contains("small  m      attic"))
    let health = try household.nexus("health", "--config", file)
    #expect(health.output.hasPrefix("Status: Degraded\n"))
    for words in [
      ["backends", "add", "http://x"], ["backends", "drain", "attic"], ["reload"], ["log-level"],
      ["explain", "-m", "m"], ["backends", "--port", "1"], ["models", "--port", "1"],
      ["health", "--control-socket", "/nowhere"], ["health", "--exit-code"],
    ] {
      let result = try ProgramRun(arguments: words, environment: household.environment())
      #expect(result.status == 3, "\(words): \(result.errors)")
      #expect(result.output.isEmpty)
      #expect(result.errors.contains("nexus serve"), "\(words): \(result.errors)")
    }
  }

  /// A request in a file is read as one of a client.
  @Test func explainsARequest() throws {
    try withGateway { (household, gateway, _) throws in
      let file = try household.write(
        "request.json", #"{"messages":[{"role":"user","content":"secret"}],"model":"sql"}"#)
      let result = try household.nexus("explain", "--file", file, "--json", gateway: gateway)
      #expect(result.json["model"] as? String == "sql")
      let other = try household.nexus(
        "explain", "--file", file, "-m", "qwen3:8b", "--json", gateway: gateway)
      #expect(other.json["model"] as? String == "qwen3:8b")
      let embedding = try household.write("e.json", #"{"model":"sql","input":"x"}"#)
      let guessed = try household.nexus("explain", "-f", embedding, "--json", gateway: gateway)
      #expect(guessed.json["operation"] as? String == "embeddings")
      for (content, words) in [
        ("{", ["not valid JSON", "byte"]), (#"{"messages":[]}"#, ["'model' is missing"]),
        (#"{"model":"m"}"#, ["'messages' is missing"]),
      ] {
        let broken = try household.write("broken.json", content)
        let result = try household.nexus("explain", "--file", broken, gateway: gateway)
        #expect(result.status == 1)
        for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
      }
      let missing = try household.nexus("explain", "--file", "/nowhere", gateway: gateway)
      #expect(missing.status == 1)
      #expect(missing.errors.contains("/nowhere"))
      #expect(try household.nexus("explain", gateway: gateway).status == 2)
    }
  }

  /// Colours and the width of a terminal are for terminals only.
  @Test func coloursAreForTerminals() throws {
    guard let script = Household.tool("script") else { return print("skipped: no script(1)") }
    try withGateway { (household, gateway, _) throws in
      func onTerminal(_ command: String, _ extra: [String: String] = [:]) throws -> String {
        try household.run(
          script, ["-qec", "stty cols 50; \(command)", "/dev/null"],
          household.environment(gateway).merging(["NO_COLOR": ""]) { $1 }
            .merging(extra) { $1 }
        ).output.replacing("\r\n", with: "\n")
      }
      #expect(!(try household.nexus("backends", gateway: gateway).output.contains("\u{1B}")))
      let colourful = try onTerminal("nexus backends")
      #expect(colourful.contains("\u{1B}[32mhealthy\u{1B}[0m"))
      for (command, extra) in [
        ("nexus backends --no-color", [:]), ("nexus backends", ["NO_COLOR": "1"]),
        ("nexus models --no-color", [:]), ("nexus health --no-color", [:]),
      ] {
        let text = try onTerminal(command, extra)
        #expect(!text.contains("\u{1B}"), "\(command): \(text)")
        for line in text.split(separator: "\n") { #expect(line.count <= 50, "\(line)") }
      }
      #expect(try onTerminal("nexus backends --no-color").contains("…"))
    }
  }
}

import Foundation
import Testing

/// `nexus config …` and the configuration file, through the real binary.
@Suite struct ConfigCommandTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func run(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> ProgramRun {
    // Nothing of the person who runs the tests is read.
    let own = ["XDG_CONFIG_HOME": folder.url.path, "NEXUS_CONFIG": ""]
    return try ProgramRun(
      arguments: arguments, in: folder.url, environment: own.merging(environment) { $1 })
  }

  @Test func whatInitWritesCheckAccepts() throws {
    let created = try run("config", "init")
    #expect(created.status == 0)
    #expect(created.output.hasPrefix("✓ Configuration file created: nexus.toml\n"))
    #expect(try folder.read("nexus.toml").contains("\n[server]\n"))
    let check = try run("config", "check")
    #expect(check.status == 0)
    #expect(check.output == "✓ nexus.toml can be used: 1 backend, 0 warnings.\n")
    #expect(check.errors.isEmpty)

    let again = try run("config", "init")
    #expect(again.status == 1)
    #expect(again.errors == "Error: File already exists: nexus.toml. Use --force to overwrite.\n")
    let minimal = try run("config", "init", "--force", "--minimal")
    #expect(minimal.status == 0)
    #expect(try folder.read("nexus.toml") == run("config", "init", "--minimal", "-o", "-").output)
    #expect(try run("config", "check", "nexus.toml").status == 0)
  }

  @Test func aPlaceThatCannotBeWrittenIsTold() throws {
    let result = try run("config", "init", "--output", "nowhere/nexus.toml")
    #expect(result.status == 1)
    #expect(
      result.errors == "Error: cannot write nowhere/nexus.toml: No such file or directory.\n")
  }

  /// As a new user would write it: each mistake is told with its fix, all of them at once.
  @Test func fiveTypicalMistakesGiveFiveMessages() throws {
    let text = """
      [server]
      prot = 9000

      [routing]
      strategy = "fastest"

      [health_check]
      interval_seconds = "30s"

      [[backends]]
      name = "ollama"
      url = "http://localhost:11434"
      type = "olama"

      [[backends]]
      name = "openai"
      url = "https://api.openai.com/v1"
      api_key = "sk-proj-0123456789abcdef"
      """
    try folder.write("nexus.toml", text)
    let check = try run("config", "check")
    #expect(check.status == 1)
    #expect(check.output.isEmpty)
    let heads = check.errors.split(separator: "\n").filter { $0.hasPrefix("nexus.toml") }
    let fixes = [
      ("nexus.toml:2:1: warning: ", "Did you mean 'port'?"),
      ("nexus.toml:5:12: error: ", "give smart, round_robin, priority_only or random"),
      ("nexus.toml:8:20: error: ", "give a whole number from 1 to 86400"),
      ("nexus.toml:13:8: error: ", "Did you mean 'ollama'?"),
      ("nexus.toml:15:1: error: ", "api_key_env = \"OPENAI_API_KEY\""),
      ("nexus.toml:18:11: error: ", "api_key_file"),
      ("nexus.toml: ", "5 errors, 1 warning."),
    ]
    #expect(heads.count == fixes.count)
    for (head, (place, fix)) in zip(heads, fixes) {
      #expect(head.hasPrefix(place) && head.contains(fix), "\(head)")
    }
    #expect(!check.errors.contains("0123456789"))

    let serve = try run("serve", "--port", "0")
    #expect(serve.status == 1)
    #expect(serve.errors.contains("nexus.toml:8:20: error: "))
    #expect(serve.output.isEmpty)
  }

  @Test func aFileThatWasNamedMustBeThere() throws {
    for result in [
      try run("serve", "--port", "0", "--config", "no.toml"),
      try run("config", "show", "-c", "no.toml"), try run("config", "check", "no.toml"),
      try run("config", "check", environment: ["NEXUS_CONFIG": "no.toml"]),
    ] {
      #expect(result.status == 1)
      #expect(
        result.errors.hasPrefix(
          "error: Config file not found: no.toml. 'nexus config init --output no.toml' writes one."
        ))
    }
    #expect(try run("config", "check").status == 0)
  }

  @Test func showTellsWhereEachValueComesFrom() throws {
    try folder.write(
      "nexus.toml",
      """
      [server]
      port = 9000
      [routing.aliases]
      "gpt-4" = "llama3:70b"
      [[backends]]
      name = "lab"
      url = "http://192.168.1.20:8000/v1"
      headers = { x-lab-pass = "hunter2hunter2" }
      """)
    let environment = ["NEXUS_LOG_LEVEL": "debug"]
    let shown = try run("config", "show", environment: environment)
    #expect(shown.status == 0)
    #expect(shown.errors.isEmpty)
    func words(_ key: String) -> [String] {
      let line = shown.output.split(separator: "\n").first { $0.hasPrefix("\(key) ") } ?? ""
      return line.split(separator: " ").map(String.init)
    }
    #expect(words("server.port") == ["server.port", "9000", "nexus.toml:2"])
    #expect(words("server.host") == ["server.host", "\"127.0.0.1\"", "default"])
    #expect(words("logging.level") == ["logging.level", "\"debug\"", "$NEXUS_LOG_LEVEL"])
    #expect(
      words("routing.aliases.gpt-4") == [
        "routing.aliases.gpt-4", "\"llama3:70b\"", "nexus.toml:4",
      ])
    #expect(
      words("backends[0].url") == [
        "backends[0].url", "\"http://192.168.1.20:8000\"", "nexus.toml:7",
      ])
    #expect(words("backends[0].headers.x-lab-pass").dropFirst().first == "\"***\"")

    let json = try run("config", "show", "--json", environment: environment)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let rows = try #require(object["settings"] as? [[String: Any]])
    let port = try #require(rows.first { $0["key"] as? String == "server.port" })
    #expect(port["value"] as? Int == 9_000)
    #expect(port["origin"] as? String == "nexus.toml:2")
    #expect(!json.output.contains("hunter2") && !shown.output.contains("hunter2"))
  }

  @Test func keysAreLookedFor() throws {
    try folder.write("open.key", "k", mode: 0o644)
    try folder.write(
      "nexus.toml",
      """
      [[backends]]
      name = "a"
      url = "https://a.example"
      api_key_file = "open.key"
      [[backends]]
      name = "b"
      url = "https://b.example"
      api_key_file = "missing.key"
      [[backends]]
      name = "c"
      url = "https://c.example"
      api_key_env = "NO_SUCH_KEY_HERE"
      """)
    let check = try run("config", "check")
    #expect(check.status == 0)
    #expect(check.output == "✓ nexus.toml can be used: 3 backends, 3 warnings.\n")
    #expect(check.errors.contains("nexus.toml:4:16: warning: others may read open.key too"))
    #expect(check.errors.contains("nexus.toml:8:16: warning: missing.key cannot be read"))
    #expect(check.errors.contains("nexus.toml:12:15: warning: the variable NO_SUCH_KEY_HERE"))
    let other = try run("config", "check", environment: ["NO_SUCH_KEY_HERE": "k"])
    #expect(other.output.contains("2 warnings"))
  }

  @Test func theReferenceIsPrinted() throws {
    #expect(try run("config", "reference").output.contains("# Configuration"))
    #expect(try run("config", "reference", "--format", "man").output.contains(".TH NEXUS.TOML 5"))
    let schema = try run("config", "reference", "--format", "schema").output
    #expect(try JSONSerialization.jsonObject(with: Data(schema.utf8)) is [String: Any])
    #expect(try run("config", "reference", "--format", "html").status == 2)
  }

  /// The file reaches the running gateway: a backend of its own and a limit.
  @Test func aGatewayServesWhatTheFileSays() throws {
    let file = try folder.write(
      "nexus.toml",
      """
      [server]
      max_body = "1KiB"
      [[backends]]
      name = "from-the-file"
      url = "http://127.0.0.1:1"
      type = "ollama"
      """)
    let gateway = try GatewayProcess(arguments: ["--config", file])
    defer { gateway.kill() }
    #expect(try gateway.get("/health").contains("\"total\":1"))
    let body = String(repeating: "x", count: 1_025)
    let peer = try Peer.connect(name: "client", port: gateway.port)
    defer { peer.close() }
    peer.send(
      Array(
        """
        POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n\
        Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n\(body)
        """.utf8))
    _ = try peer.wait(for: "413", until: Date() + 5) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> [UInt8]? in
      String(decoding: buffer, as: UTF8.self).hasPrefix("HTTP/1.1 413 ") ? buffer : nil
    }
  }
}

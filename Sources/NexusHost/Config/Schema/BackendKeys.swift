import HTTP

extension SettingsTable {
  static let backend: [SettingSpec<Settings.Backend>] = [
    .init(
      "backends[].name", .text, \.name, required: true, example: "\"local-ollama\"",
      "Its name in answers, logs and commands; unique."),
    .init(
      "backends[].url", .url, required: true, example: "\"http://localhost:11434\"",
      "Its base URL, http or https. A \"/\" or \"/v1\" at the end is dropped.",
      get: { .text($0.endpoint.url) },
      set: { (backend, value) throws(SettingFault) in
        guard case .text(let url) = value else { throw SettingFault("give a URL") }
        backend.endpoint = try endpoint(url, caFile: backend.endpoint.caFile)
      }),
    .init(
      "backends[].type", .text, absence: "found out by asking", example: "\"ollama\"",
      "Kind of server; `nexus plugins list` shows those that the loaded drivers know.",
      get: { $0.type.map(SettingValue.text) },
      set: { (backend, value) throws(SettingFault) in
        guard case .text(let type) = value else { throw SettingFault("give a type") }
        backend.type = type.lowercased() == "llama.cpp" ? "llamacpp" : type.lowercased()
      }),
    .init(
      "backends[].priority", .whole(-1_000_000...1_000_000), \.priority, "Lower is preferred."),
    .init(
      "backends[].api_key_env", .variable, \.keyVariable, absence: "no key",
      example: "\"OPENAI_API_KEY\"", "Environment variable that holds the key."),
    .init(
      "backends[].api_key_file", .path, \.keyFile, absence: "no key",
      example: "\"/etc/nexus/openai.key\"",
      """
      File that holds the key and nothing else. A relative path starts where the configuration file \
      is. Nobody but its owner should be able to read it (chmod 600); the start warns otherwise.
      """),
    .init(
      "backends[].zone",
      .word(
        Settings.Zone.allCases.map(\.rawValue),
        synonyms: ["local": "restricted", "public": "open"]),
      \.zone, absence: "restricted at private addresses, else open", example: "\"restricted\"",
      """
      Who can read what is sent there, from `open` (another party) over `internal` and \
      `confidential` to `restricted` (machines that may see everything). Cloud services are `open`.
      """),
    .init(
      "backends[].tier", .whole(1...5), \.tier,
      "How capable its models are, 1 to 5, for policies with `min_tier`."),
    .init(
      "backends[].max_concurrent", .whole(1...1_000_000), \.maxConcurrent,
      absence: "as many as come", example: "4", "Requests that it gets at once."),
    .init(
      "backends[].cancel", .word(Settings.Cancel.allCases.map(\.rawValue)), \.cancel,
      absence: "as its driver says", example: "\"drain\"",
      """
      What becomes of a request there whose client has gone: `abort` closes the connection at once, \
      so that the server stops; `drain` reads the answer on, for servers that hang or crash when \
      they are broken off. The request keeps its place meanwhile.
      """),
    .init(
      "backends[].cancel_drain_seconds", .whole(0...60), \.cancelDrainSeconds,
      absence: "as its driver says, else 10", example: "10",
      "How long `cancel = \"drain\"` reads on before it closes the connection all the same."),
    .init(
      "backends[].models", .list, \.models, absence: "all that it lists",
      example: "[\"llama3:70b\"]", "The models that are used of it."),
    .init(
      "backends[].memory_gb", .number(0...1_000_000), \.memoryGB, absence: "as the server says",
      example: "24",
      "Memory that its models have together, in GB; decides what can be loaded beside what."),
    .init(
      "backends[].keep_warm", .list, example: "[\"llama3*\"]",
      """
      Patterns of models that are kept in memory there: loaded when the backend comes up, never \
      unloaded to make room.
      """,
      get: { $0.keepWarm.settingValue },
      set: { (backend, value) throws(SettingFault) in backend.keepWarm = try patterns(value) }),
    .init(
      "backends[].never_load", .list, example: "[\"*:70b\"]",
      """
      Patterns of models that are never brought into memory there, neither by command nor by a \
      request. Those that the server has in memory all the same are used.
      """,
      get: { $0.neverLoad.settingValue },
      set: { (backend, value) throws(SettingFault) in backend.neverLoad = try patterns(value) }),
    .init(
      "backends[].headers", .map(.text), example: "{ \"x-team\" = \"lab\" }",
      "Header fields that go up with every request. Keys do not belong here: use `api_key_env`.",
      get: { .map($0.headers.map { SettingEntry($0.name, .text($0.value)) }) },
      set: { (backend, value) throws(SettingFault) in
        backend.headers = try SettingText.headers(
          value, keysBelongIn: "api_key_env or api_key_file")
      }),
    .init(
      "backends[].ca_file", .path, absence: "the system's authorities",
      example: "\"/etc/nexus/ca.pem\"",
      "PEM file with the certificate authorities to trust for it.",
      get: { $0.endpoint.caFile.map(SettingValue.text) },
      set: { (backend, value) throws(SettingFault) in
        guard case .text(let path) = value else { throw SettingFault("give a path") }
        let old = backend.endpoint
        backend.endpoint = Endpoint(
          scheme: old.scheme, host: old.host, port: old.port, basePath: old.basePath, caFile: path)
      }),
  ]

  private static func endpoint(
    _ url: String, caFile: String?
  ) throws(SettingFault) -> Endpoint {
    do {
      return try Endpoint.parse(url, caFile: caFile)
    } catch {
      throw SettingFault("\(error)", isSecret: url.contains("@"))
    }
  }

  /// Patterns that can be read.
  private static func patterns(_ value: SettingValue) throws(SettingFault) -> [String] {
    guard case .list(let items) = value else { throw SettingFault("give a list of strings") }
    for item in items { _ = try SettingKind.glob.string(item) }
    return items
  }
}

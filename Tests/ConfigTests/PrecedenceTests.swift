import HTTP
import Testing

@testable import Config

/// Flags go before the environment, the environment before the file, the file before the defaults.
struct PrecedenceTests {
  private func load(
    _ file: String? = nil, _ environment: [String: String] = [:], _ flags: String = "serve"
  ) throws -> Loaded {
    let invocation = try Invocation.parse(flags.split(separator: " ").map(String.init))
    return SettingsLoader.load(
      file: file.map { ConfigurationFile(name: "etc/nexus.toml", bytes: Array($0.utf8)) },
      environment: { environment[$0] }, flags: try FlagValues(invocation))
  }

  @Test(
    arguments: [
      (false, false, false, 8_000, SettingOrigin.standard),
      (true, false, false, 1, .file("etc/nexus.toml", line: 2)),
      (false, true, false, 2, .environment("NEXUS_PORT")),
      (true, true, false, 2, .environment("NEXUS_PORT")),
      (false, false, true, 3, .flag("--port")), (true, false, true, 3, .flag("--port")),
      (false, true, true, 3, .flag("--port")), (true, true, true, 3, .flag("--port")),
    ] as [(Bool, Bool, Bool, UInt16, SettingOrigin)])
  func theStrongestSourceCounts(
    file: Bool, variable: Bool, flag: Bool, port: UInt16, origin: SettingOrigin
  ) throws {
    let loaded = try load(
      file ? "[server]\nport = 1" : nil, variable ? ["NEXUS_PORT": "2"] : [:],
      flag ? "serve --port 3" : "serve")
    #expect(loaded.settings.server.port == port)
    #expect(loaded.origins["server.port"] ?? .standard == origin)
    #expect(loaded.diagnostics.isEmpty)
  }

  @Test(arguments: [
    ("NEXUS_PORT", "9000", "server.port", SettingValue.whole(9000)),
    ("NEXUS_HOST", "::1", "server.host", .text("::1")),
    ("NEXUS_HOST", "[::1]", "server.host", .text("::1")),
    ("NEXUS_LOG_LEVEL", "DEBUG", "logging.level", .text("debug")),
    ("NEXUS_LOG_FORMAT", "Json", "logging.format", .text("json")),
    ("NEXUS_DISCOVERY", "False", "discovery.enabled", .flag(false)),
    ("NEXUS_DISCOVERY", "0", "discovery.enabled", .flag(false)),
    ("NEXUS_DISCOVERY", "no", "discovery.enabled", .flag(false)),
    ("NEXUS_DISCOVERY", "OFF", "discovery.enabled", .flag(false)),
    ("NEXUS_HEALTH_CHECK", "off", "health_check.enabled", .flag(false)),
    ("NEXUS_ROUTING_STRATEGY", "random", "routing.strategy", .text("random")),
    ("NEXUS_ROUTING_MAX_RETRIES", "0", "routing.max_retries", .whole(0)),
    ("NEXUS_CONTROL_SOCKET", "/c", "server.control_socket", .text("/c")),
    ("NEXUS_STATE_DIRECTORY", "/s", "server.state_directory", .text("/s")),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/v1", "traces.endpoint", .text("https://c")),
    ("OTEL_SERVICE_NAME", "gate", "traces.service_name", .text("gate")),
  ]) func everyVariableIsRead(
    name: String, text: String, path: String, value: SettingValue
  ) throws {
    let spec = try #require(SettingsTable.single.first { $0.key.path == path })
    let loaded = try load(nil, [name: text])
    #expect(spec.get(loaded.settings) == value)
    #expect(loaded.origins[path] == .environment(name))
    #expect(loaded.diagnostics.isEmpty)
    #expect(spec.get(Settings()) != value)
    let empty = try load(nil, [name: ""])
    #expect(empty.settings == Settings())
    #expect(empty.diagnostics.isEmpty)
  }

  @Test func noVariableIsForgottenAbove() {
    let variables = SettingsTable.keys.compactMap(\.variable)
    #expect(variables.count == 12)
  }

  @Test(arguments: [
    ("NEXUS_PORT", "0", "NEXUS_PORT=0 is ignored: give a whole number from 1 to 65535."),
    ("NEXUS_PORT", "http", "NEXUS_PORT=http is ignored: give a whole number from 1 to 65535."),
    (
      "OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hush@c",
      "OTEL_EXPORTER_OTLP_ENDPOINT=*** is ignored: keys and passwords do not belong in a URL; use"
        + " header_env."
    ),
    ("NEXUS_DISCOVERY", "perhaps", "NEXUS_DISCOVERY=perhaps is ignored: give true or false."),
    (
      "NEXUS_LOG_FORMAT", "jsn",
      "NEXUS_LOG_FORMAT=jsn is ignored: give pretty or json. Did you mean 'json'?"
    ),
    (
      "NEXUS_ROUTING_MAX_RETRIES", "-1",
      "NEXUS_ROUTING_MAX_RETRIES=-1 is ignored: give a whole number from 0 to 100."
    ),
  ]) func aWrongVariableIsIgnoredWithAWarning(
    name: String, text: String, message: String
  ) throws {
    let loaded = try load("[server]\nport = 1", [name: text])
    #expect(loaded.errors.isEmpty)
    #expect(loaded.warnings.map(\.text) == ["warning: \(message)"])
    #expect(loaded.settings.server.port == 1)
  }

  @Test func aLogFilterSetsLevels() throws {
    let file = "[logging.component_levels]\nhealth = \"warn\"\n"
    let loaded = try load(file, ["NEXUS_LOG_LEVEL": "error", "NEXUS_LOG": "routing=debug"])
    #expect(loaded.settings.logging.level == .error)
    #expect(loaded.settings.logging.componentLevels == ["health": .warn, "routing": .debug])
    let wrong = try load(file, ["NEXUS_LOG": "routng=debug"])
    #expect(wrong.settings.logging.componentLevels == ["health": .warn])
    #expect(wrong.warnings.count == 1)
  }

  @Test func backendsOfTheCommandLineAreAdded() throws {
    let file = "[[backends]]\nname = \"a\"\nurl = \"http://a:1\"\n"
    let loaded = try load(file, [:], "serve --backend http://b:1,name=b")
    #expect(loaded.settings.backends.map(\.name) == ["a", "b"])
    let rows = loaded.effective()
    #expect(rows.first { $0.path == "backends[1].url" }?.origin == .flag("--backend"))
    #expect(
      rows.first { $0.path == "backends[0].url" }?.origin == .file("etc/nexus.toml", line: 3))

    let twice = try load(file, [:], "serve --backend http://a:1/v1/,name=b")
    #expect(
      twice.errors.map(\.text) == [
        "error: --backend: http://a:1 is the backend in line 1 already; name each server once."
      ])
    let namesake = try load(file, [:], "serve --backend http://b:1,name=a")
    #expect(
      namesake.errors.map(\.text) == [
        "error: --backend: 'a' is the name of the backend in line 1 already; give each its own."
      ])
  }

  @Test func relativePathsStartAtTheFile() throws {
    let loaded = try load(
      """
      [server]
      state_directory = "state"
      [[backends]]
      name = "a"
      url = "https://a"
      api_key_file = "a.key"
      ca_file = "/a.pem"
      """)
    #expect(loaded.settings.server.stateDirectory == "etc/state")
    #expect(loaded.settings.backends.first?.keyFile == "etc/a.key")
    #expect(loaded.settings.backends.first?.endpoint.caFile == "/a.pem")
  }

  @Test(
    arguments: [
      ("f", "n", "x", true, "f", true), (nil, "n", "x", true, "n", true),
      (nil, nil, "x", true, "nexus.toml", false),
      (nil, "", "x", false, "x/nexus/nexus.toml", false),
      (nil, nil, nil, false, "/home/h/.config/nexus/nexus.toml", false),
    ] as [(String?, String?, String?, Bool, String, Bool)])
  func theFileIsFound(
    named: String?, variable: String?, folder: String?, isHere: Bool, path: String, isNamed: Bool
  ) {
    var environment = ["HOME": "/home/h"]
    environment["NEXUS_CONFIG"] = variable
    environment["XDG_CONFIG_HOME"] = folder
    let place = ConfigurationPlace.find(named: named, environment: { environment[$0] }) {
      isHere || $0 != "nexus.toml"
    }
    #expect(place == ConfigurationPlace(path: path, isNamed: isNamed))
  }

  @Test func withoutAnyFileItIsTheOneThatCouldBeThere() {
    let place = ConfigurationPlace.find(
      named: nil, environment: { _ in nil }, exists: { _ in false })
    #expect(place == ConfigurationPlace(path: "nexus.toml", isNamed: false))
    let system = ConfigurationPlace.find(named: nil, environment: { _ in nil }) {
      $0 == "/etc/nexus/nexus.toml"
    }
    #expect(system.path == "/etc/nexus/nexus.toml")
  }
}

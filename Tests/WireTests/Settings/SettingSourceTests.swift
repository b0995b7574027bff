import Foundation
import Testing

/// The strongest of the sources that say something.
enum StrongestSource: Int, CaseIterable {
  case defaults, file, variables, options
}

/// Options and environment variables reach their keys, and the stronger source wins: options before
/// variables before the file before the defaults.
@Suite struct SettingSourceTests {
  /// A key with what the sources say, as JSON; nil where there is no such source.
  private struct Sample {
    let path: String
    let file: String
    var variable: String?
    var option: String?

    init(_ path: String, _ file: String, variable: String? = nil, option: String? = nil) {
      (self.path, self.file, self.variable, self.option) = (path, file, variable, option)
    }
  }

  private let folder: String
  private let samples: [Sample]

  init() throws {
    let folder = "\(NSTemporaryDirectory())/nexus-sources-\(UUID().uuidString.prefix(8))"
    for name in ["", "/drivers"] {
      try FileManager.default.createDirectory(
        atPath: folder + name, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o755])
    }
    let ports = try (0..<3).map { _ in "\(try Sockets.portForListening())" }
    let drivers = GatewayProcess.staged.appendingPathComponent("lib/nexus").path
    self.folder = folder
    func inside(_ name: String) -> String { "\"\(folder)/\(name)\"" }
    samples = [
      Sample(
        "server.host", #""127.0.0.1""#, variable: #""127.0.0.2""#, option: #""127.0.0.3""#),
      Sample("server.port", ports[0], variable: ports[1], option: ports[2]),
      Sample("server.threads", "2", option: "1"),
      Sample("server.max_body", "2000", option: "3000"),
      Sample("server.header_timeout_ms", "2000", option: "3000"),
      Sample("server.body_timeout_ms", "2000", option: "3000"),
      Sample("server.idle_timeout_ms", "2000", option: "3000"),
      Sample("server.drain_timeout_seconds", "2", option: "3"),
      Sample(
        "server.control_socket", inside("file.sock"), variable: inside("variable.sock"),
        option: inside("option.sock")),
      Sample(
        "server.state_directory", inside("file"), variable: inside("variable"),
        option: inside("option")),
      Sample("upstream.connect_timeout_ms", "2000", option: "3000"),
      Sample("upstream.first_byte_timeout_ms", "2000", option: "3000"),
      Sample("upstream.idle_timeout_ms", "2000", option: "3000"),
      Sample("plugins.directory", inside("drivers"), option: "\"\(drivers)\""),
      Sample("discovery.enabled", "false", variable: "true", option: "false"),
      Sample("health_check.enabled", "false", variable: "true", option: "false"),
      Sample("health_check.interval_seconds", "2", option: "3"),
      Sample("routing.strategy", #""random""#, variable: #""round_robin""#),
      Sample("routing.max_retries", "3", variable: "4"),
      Sample(
        "traces.endpoint", #""http://127.0.0.1:9""#, variable: #""http://127.0.0.1:10""#),
      Sample("traces.service_name", #""file""#, variable: #""variable""#),
      Sample("logging.level", #""warn""#, variable: #""debug""#, option: #""trace""#),
      Sample("logging.format", #""json""#, variable: #""pretty""#, option: #""json""#),
    ]
  }

  /// Every source that the reference names has a sample here, and no other.
  @Test func allSourcesAreTried() {
    for key in SettingReference.keys {
      let sample = samples.first { $0.path == key.path }
      #expect((sample?.option == nil) == (key.option == nil), "\(key.path): the option")
      #expect((sample?.variable == nil) == (key.variable == nil), "\(key.path): the variable")
    }
  }

  /// All keys at once, with more and more sources.
  @Test(arguments: StrongestSource.allCases) func theStrongerWins(_ strongest: StrongestSource)
    throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var expected: [String: (value: String, origin: String)] = [:]
    var arguments: [String] = []
    var environment: [String: String] = [:]
    if strongest == .defaults {
      arguments = ["--port", "0", "--plugins", "\(folder)/drivers"]
    } else {
      var text = "[[backends]]\nname = \"a\"\nurl = \"http://127.0.0.1:9\"\ntype = \"vllm\"\n"
      for sample in samples {
        text = "\(sample.path) = \(sample.file)\n" + text
        expected[sample.path] = (sample.file, "\(folder)/nexus.toml:")
      }
      try text.write(toFile: "\(folder)/nexus.toml", atomically: true, encoding: .utf8)
      arguments = ["--config", "\(folder)/nexus.toml"]
    }
    let keys = Dictionary(uniqueKeysWithValues: SettingReference.keys.map { ($0.path, $0) })
    for sample in samples where strongest.rawValue >= StrongestSource.variables.rawValue {
      guard let value = sample.variable, let name = keys[sample.path]?.variable else { continue }
      environment[name] = plain(value)
      expected[sample.path] = (value, "$\(name)")
    }
    for sample in samples where strongest == .options {
      guard let value = sample.option, let name = keys[sample.path]?.option else { continue }
      arguments += name.hasPrefix("--no-") ? [name] : [name, plain(value)]
      expected[sample.path] = (value, name)
    }
    let gateway = try GatewayProcess(exactly: arguments, environment: environment)
    defer { gateway.kill() }
    let socket = expected["server.control_socket"].map { plain($0.value) }
    let answer = try GatewayProcess.control(socket ?? gateway.controlSocket, "GET", "/config")
    let settings = Dictionary(
      answer.list("settings").map { ($0["key"] as? String ?? "", $0) }
    ) { first, _ in first }
    for sample in samples {
      let setting = try #require(settings[sample.path], "\(sample.path) is not told")
      let origin = setting["origin"] as? String ?? "none"
      guard let wanted = expected[sample.path] else {
        let isGiven = ["server.port", "plugins.directory"].contains(sample.path)
        #expect(origin == "default" || isGiven, "\(sample.path)")
        continue
      }
      let value = JSONCheck.describe(setting["value"] ?? NSNull())
      #expect(value == wanted.value, "\(sample.path) from \(origin)")
      #expect(origin.hasPrefix(wanted.origin), "\(sample.path)")
    }
  }

  /// A string without its quotes.
  private func plain(_ json: String) -> String { json.replacingOccurrences(of: "\"", with: "") }

  /// Sources that set no single key.
  @Test func filesLevelsAndBackendsCanBeNamedOutsideOfAFile() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, retries) in [("one", 5), ("two", 6)] {
      try """
      routing.max_retries = \(retries)
      plugins.directory = "drivers"
      [[backends]]
      name = "a"
      url = "http://127.0.0.1:9"
      """.write(toFile: "\(folder)/\(name).toml", atomically: true, encoding: .utf8)
    }
    func settings(_ arguments: [String], _ environment: [String: String]) throws -> [String: String]
    {
      let gateway = try GatewayProcess(
        exactly: ["--port", "0"] + arguments,
        environment: environment.merging(["NEXUS_CONFIG": "\(folder)/one.toml"]) { $1 })
      defer { gateway.kill() }
      let list = try gateway.control("GET", "/config").list("settings")
      return Dictionary(
        list.map { ($0["key"] as? String ?? "", JSONCheck.describe($0["value"] ?? NSNull())) }
      ) { first, _ in first }
    }
    let first = try settings(
      [], ["NEXUS_LOG": "warn,routing=trace", "NEXUS_ROUTING_MAX_RETRIES": ""])
    #expect(first["routing.max_retries"] == "5", "an empty variable counts")
    #expect(first["logging.level"] == #""warn""#)
    #expect(first["logging.component_levels.routing"] == #""trace""#)
    #expect(first["backends[1].name"] == nil)
    let second = try settings(
      ["--config", "\(folder)/two.toml", "--backend", "http://127.0.0.1:10,name=b"],
      ["NEXUS_ROUTING_STRATEGY": "nonsense"])
    #expect(second["routing.max_retries"] == "6")
    #expect(second["routing.strategy"] == #""smart""#, "an invalid variable counts")
    #expect(second["backends[0].name"] == #""a""#)
    #expect(second["backends[1].name"] == #""b""#)
  }

  /// The help of `nexus serve` names the options of the reference, and few others.
  @Test func theHelpNamesTheSameOptions() throws {
    let help = try ProgramRun("serve", "--help").output
    let named = help.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^ {2}(?:-\w, | {4})(--[a-z-]+)/).map { String($0.1) }
    }
    let others = ["--config", "--backend", "--take-over", "--no-color", "--help"]
    let documented = SettingReference.keys.compactMap(\.option)
    #expect(Set(named) == Set(documented + others))
  }

  /// `--backend` takes every key of `[[backends]]` that is a single value, and options have short
  /// spellings.
  @Test func aBackendIsNamedOnTheCommandLine() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let values = [
      "name": #""b""#, "url": #""http://127.0.0.1:9""#, "type": #""vllm""#, "priority": "3",
      "api_key_env": #""NEXUS_TEST_A""#, "zone": #""internal""#, "tier": "4",
      "max_concurrent": "5", "cancel": #""drain""#, "cancel_drain_seconds": "7",
      "memory_gb": "24.5",
      "ca_file": "\"\(folder)/ca.pem\"",
    ]
    let lists = ["models", "headers", "keep_warm", "never_load"]
    var option = plain(values["url"] ?? "")
    for (key, value) in values where key != "url" {
      option += ",\(key.replacingOccurrences(of: "_", with: "-"))=\(plain(value))"
    }
    let other = "http://127.0.0.1:10,api-key-file=\(folder)/key"
    let gateway = try GatewayProcess(
      exactly: [
        "-H", "127.0.0.1", "-p", "0", "-l", "trace", "-b", option, "-b", other, "--plugins",
        "\(folder)/drivers",
      ],
      environment: ["NEXUS_TEST_A": "key"])
    defer { gateway.kill() }
    let settings = try gateway.control("GET", "/config").list("settings")
    func value(_ key: String) -> String {
      let setting = settings.first { $0["key"] as? String == key }
      return setting.map { JSONCheck.describe($0["value"] ?? NSNull()) } ?? "untold"
    }
    for key in SettingReference.keys where key.path.hasPrefix("backends[].") {
      let name = String(key.path.dropFirst("backends[].".count))
      guard !lists.contains(name), name != "api_key_file" else { continue }
      #expect(value("backends[0].\(name)") == values[name] ?? "no sample", "\(name)")
    }
    #expect(value("backends[1].api_key_file") == "\"\(folder)/key\"")
    #expect(value("logging.level") == #""trace""#)
    #expect(value("server.host") == #""127.0.0.1""#)
  }
}

import Foundation
import Testing

/// One gateway with a configuration file in which the key under test has a certain value.
final class SettingTrial {
  /// How the gateway came to the value.
  enum Way: Sendable {
    /// It was started with it.
    case start
    /// It was started with another value, and read the file again.
    case reload(from: String?)
  }

  /// Keys with their values as TOML.
  typealias Values = [String: String]

  /// The key needs a restart, and the gateway has said so.
  struct RestartNeeded: Error {}

  let key: String
  let value: String?
  /// Whether it is the first value of the effect: what it sets a time for is soon there.
  let isFirst: Bool
  /// For files of the trial; it goes with it.
  let folder: String
  /// What words in braces stand for.
  var words: [String: String]
  /// Environment of the gateway.
  var environment: [String: String] = [:]
  private let way: Way
  private var endings: [() -> Void] = []

  init(_ effect: SettingEffect, _ index: Int, _ way: Way) throws {
    key = effect.key
    value = effect.sights[index].value
    isFirst = index == 0
    self.way = way
    folder = "\(NSTemporaryDirectory())/nexus-setting-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    words = [
      "folder": folder, "plugins": GatewayProcess.staged.appendingPathComponent("lib/nexus").path,
    ]
  }

  /// Ends all that it started, the latest first.
  func finish() {
    for ending in endings.reversed() { ending() }
    try? FileManager.default.removeItem(atPath: folder)
  }

  func atEnd(_ ending: @escaping () -> Void) { endings.append(ending) }

  /// Simulated servers, as `nexus-sim` takes them.
  func simulate(_ servers: [String]) throws -> SimulatorProcess {
    let simulator = try SimulatorProcess(servers)
    atEnd { simulator.stop() }
    return simulator
  }

  /// A backend that the observation plays.
  func script(_ name: String, models: [String] = ["m1"]) throws -> ScriptedBackend {
    let backend = try ScriptedBackend(WireCase.Backend(name: name, models: models))
    atEnd { backend.stop() }
    return backend
  }

  /// Starts the gateway, or starts it with another value and lets it read the file again; waits
  /// until so many backends take requests: all, if nothing is said. The first backend, the
  /// first policy and the first table of trust get the value of a key that is one of theirs. `use` is done before the file is read again:
  /// what was opened for it goes by the new value too.
  func start(
    _ settings: Values = [:], backends: [Values] = [], policies: [Values] = [],
    trust: [Values] = [], ready: Int? = nil,
    use: (GatewayProcess) throws -> Void = { _ in }
  ) throws -> GatewayProcess {
    func text(_ value: String?) -> String {
      var text = SettingText(settings, backends, policies, trust)
      text.set(key, value)
      return text.description(words)
    }
    let file = "\(folder)/nexus.toml"
    var before = value
    if case .reload(let other) = way { before = other }
    try ConfiguredGateway.write(text(before), to: file)
    let isPort = key == "server.port"
    let gateway = try GatewayProcess(
      exactly: ["--config", file] + (isPort ? [] : ["--port", "0"]), environment: environment)
    atEnd {
      guard gateway.isRunning else { return }
      gateway.kill()
    }
    if case .reload = way {
      try wait(gateway, ready ?? backends.count)
      try use(gateway)
      try ConfiguredGateway.write(text(value), to: file)
      try checkReload(gateway)
    }
    try wait(gateway, ready ?? backends.count)
    return gateway
  }

  private func wait(_ gateway: GatewayProcess, _ ready: Int) throws {
    guard ready > 0 else { return }
    try gateway.waitForHealth("\(ready) healthy backends", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == ready
    }
  }

  private func checkReload(_ gateway: GatewayProcess) throws {
    let own = "\(folder)/admin.sock"
    let isThere = FileManager.default.fileExists(atPath: own)
    let answer = try GatewayProcess.control(
      isThere ? own : gateway.controlSocket, "POST", "/reload")
    let changed = answer.object["changed"] as? [String] ?? []
    let needed = answer.object["restart_needed"] as? [String] ?? []
    let isLive = SettingReference.live.contains(key)
    guard answer.status == 200, changed.isEmpty != isLive, needed.isEmpty == isLive else {
      throw CaseFailure(
        "\(key) \(isLive ? "changes at once" : "needs a restart"), but the reload was answered"
          + " with \(answer.status) \(answer.object)")
    }
    guard isLive else { throw RestartNeeded() }
  }
}

/// The text of a configuration file, made of single keys.
private struct SettingText {
  private var settings: SettingTrial.Values
  private var arrays: [(name: String, tables: [SettingTrial.Values])]

  /// What all gateways of trials have in common, unless their trial says otherwise.
  private static let common = [
    "server.host": #""127.0.0.1""#, "server.threads": "1", "plugins.directory": #""{plugins}""#,
    "discovery.enabled": "false", "logging.level": #""trace""#,
  ]

  init(
    _ settings: SettingTrial.Values, _ backends: [SettingTrial.Values],
    _ policies: [SettingTrial.Values], _ trust: [SettingTrial.Values]
  ) {
    self.settings = Self.common.merging(settings) { $1 }
    arrays = [("discovery.trust", trust), ("routing.policies", policies), ("backends", backends)]
  }

  mutating func set(_ key: String, _ value: String?) {
    let words = key.components(separatedBy: "[].")
    guard let index = arrays.firstIndex(where: { words.count == 2 && $0.name == words[0] }) else {
      settings[key] = value
      return
    }
    arrays[index].tables[0][words[1]] = value
  }

  func description(_ words: [String: String]) -> String {
    var text = ""
    let sections = Dictionary(grouping: settings) { setting in
      setting.key.components(separatedBy: ".").dropLast().joined(separator: ".")
    }
    for (section, keys) in sections.sorted(by: { $0.key < $1.key }) {
      text += "[\(section)]\n"
      for (key, value) in keys { text += "\(key.dropFirst(section.count + 1)) = \(value)\n" }
    }
    for (name, tables) in arrays {
      for table in tables {
        text += "[[\(name)]]\n" + table.map { "\($0) = \($1)\n" }.joined()
      }
    }
    for (word, meaning) in words {
      text = text.replacingOccurrences(of: "{\(word)}", with: meaning)
    }
    return text
  }
}

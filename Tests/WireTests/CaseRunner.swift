import Foundation

/// Plays one case: the steps of its dialogue in order, against a gateway of its own.
final class CaseRunner {
  /// How long a step waits for what it expects. Only a failing case waits so long.
  static let patience: TimeInterval = 8

  let played: WireCase
  var template = Template()
  /// Open connections of clients, by name.
  var clients: [String: Channel] = [:]
  /// The exchange that is under way at a backend, by name and label.
  var exchanges: [String: Channel] = [:]
  private(set) var backends: [String: ScriptedBackend] = [:]
  private(set) var gateway: GatewayProcess?
  private var hasExited = false
  private var configuration: URL?

  private init(_ played: WireCase) {
    self.played = played
  }

  /// Plays the case and throws what is wrong.
  static func run(_ played: WireCase) throws(CaseFailure) {
    let runner = CaseRunner(played)
    defer { runner.tearDown() }
    do throws(CaseFailure) {
      try runner.start()
      for step in played.steps {
        do throws(CaseFailure) {
          try runner.play(step)
        } catch {
          throw CaseFailure(error.reason, line: step.line)
        }
      }
      try runner.finish()
    } catch {
      let log = runner.gateway?.log ?? ""
      throw CaseFailure("\(error.reason)\n\nthe gateway's log:\n\(log)", line: error.line)
    }
  }

  /// The time until which the current step waits.
  var deadline: Date { Date() + Self.patience }

  func exited() { hasExited = true }

  private func start() throws(CaseFailure) {
    var arguments = played.flags
    for settings in played.backends {
      let backend = try ScriptedBackend(settings)
      backends[settings.name] = backend
      template.values["authority \(settings.name)"] = Array(backend.authority.utf8)
      var argument = "http://\(backend.authority),type=\(settings.type),name=\(settings.name)"
      if let variable = settings.keyVariable { argument += ",api-key-env=\(variable)" }
      for key in settings.keys { argument += ",\(key)" }
      arguments += ["--backend", argument]
    }
    if !played.configuration.isEmpty { arguments += ["--config", try writeConfiguration()] }
    let gateway = try GatewayProcess(arguments: arguments, environment: played.environment)
    self.gateway = gateway
    template.values["gateway"] = Array("127.0.0.1:\(gateway.port)".utf8)
    let wanted = played.ready ?? played.backends.filter { $0.survey == .models }.count
    guard wanted > 0 else { return }
    try gateway.waitForHealth("\(wanted) healthy backends", until: deadline) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == wanted
    }
  }

  /// Writes the configuration of the case into a file that is removed with the runner.
  private func writeConfiguration() throws(CaseFailure) -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-case-\(UUID().uuidString).toml")
    let text = played.configuration.joined(separator: "\n") + "\n"
    guard (try? text.write(to: file, atomically: true, encoding: .utf8)) != nil else {
      throw CaseFailure("cannot write \(file.path)")
    }
    configuration = file
    return file.path
  }

  private func play(_ step: WireCase.Step) throws(CaseFailure) {
    if step.actor == "gateway" {
      try playGateway(step)
    } else if let backend = backends[step.actor] {
      try play(step, by: backend)
    } else {
      try playClient(step)
    }
  }

  /// After the dialogue nothing may be left over, and the gateway must end in good order.
  private func finish() throws(CaseFailure) {
    for (name, channel) in clients.sorted(by: { $0.key < $1.key }) {
      guard channel.isComplete, channel.peer.unread.isEmpty else {
        throw CaseFailure("\(name) has unread bytes at the end:\n\(readable(channel.peer.unread))")
      }
    }
    for (name, backend) in backends.sorted(by: { $0.key < $1.key }) {
      guard backend.unclaimed.isEmpty else {
        throw CaseFailure("\(name) got requests that the case does not know: \(backend.unclaimed)")
      }
    }
    guard let gateway, !hasExited else { return }
    guard gateway.isRunning else { throw CaseFailure("the gateway is gone") }
    closeAll()
    gateway.terminate()
    try gateway.expectExit()
  }

  private func closeAll() {
    for channel in clients.values { channel.peer.close() }
    for backend in backends.values { backend.stop() }
  }

  private func tearDown() {
    closeAll()
    gateway?.kill()
    if let configuration { try? FileManager.default.removeItem(at: configuration) }
  }
}

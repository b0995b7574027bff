import Foundation

/// A gateway that knows no server, but a daemon that hears of them.
final class DiscoveringGateway {
  let gateway: GatewayProcess
  private let folder: TestFolder
  private let file: String

  /// `network`: the name of the network namespace in which it runs.
  init(
    _ avahi: PrivateAvahi, _ discovery: String = "", host: String = "127.0.0.1",
    in network: String? = nil, environment: [String: String] = [:]
  ) throws {
    folder = try TestFolder()
    file = try folder.write("nexus.toml", Self.text(discovery))
    let arguments = ["--probe", "--host", host, "--config", file, "--log-level", "debug"]
    gateway = try GatewayProcess(
      arguments: arguments, environment: avahi.environment.merging(environment) { $1 },
      keptLog: .max, in: network)
  }

  deinit { gateway.kill() }

  private static func text(_ discovery: String) -> String {
    let grace = discovery.contains("grace_period") ? "" : "grace_period_seconds = 1\n"
    return "[discovery]\n\(grace)\(discovery)\n"
  }

  /// Puts other settings of discovery in force.
  func reload(_ discovery: String) throws {
    _ = try folder.write("nexus.toml", Self.text(discovery))
    let answer = try gateway.control("POST", "/reload")
    guard answer.status == 200 else { throw CaseFailure("reload: \(answer.object)") }
  }

  /// The backends, by the ports of their servers.
  func backends() throws -> [UInt16: [String: Any]] {
    let list = try gateway.control("GET", "/backends").list("backends")
    return Dictionary(
      list.compactMap { backend in
        let url = backend["url"] as? String ?? ""
        return url.split(separator: ":").last.flatMap { UInt16($0) }.map { ($0, backend) }
      }, uniquingKeysWith: { $1 })
  }

  func waitForBackend(
    _ port: UInt16, _ status: String = "healthy", within seconds: Double = 10
  ) throws {
    let came = try ProcessFigures.wait(seconds: seconds) {
      try backends()[port]?["status"] as? String == status
    }
    guard came else {
      throw CaseFailure("\(port) was not \(status) in \(seconds) s:\n\(gateway.log)")
    }
  }

  func waitForLoss(_ port: UInt16, within seconds: Double = 10) throws {
    guard try ProcessFigures.wait(seconds: seconds, { try backends()[port] == nil }) else {
      throw CaseFailure("\(port) was not forgotten in \(seconds) s:\n\(gateway.log)")
    }
  }

  func waitForLog(_ text: String, times: Int = 1) throws {
    let came = ProcessFigures.wait { count(text) >= times }
    guard came else { throw CaseFailure("the log never said '\(text)':\n\(gateway.log)") }
  }

  /// How often the log says something.
  func count(_ text: String) -> Int { gateway.log.components(separatedBy: text).count - 1 }

  func lists(_ model: String) throws -> Bool {
    try gateway.get("/v1/models").contains("\"id\":\"\(model)\"")
  }

  /// A request that every server answers.
  static func chat(_ model: String) -> String {
    #"{"model":"\#(model)","messages":[{"role":"user","content":"hello"}]}"#
  }

  func chat(_ model: String) throws -> LoadClient.Answer {
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    return try client.exchange(
      LoadClient.post("/v1/chat/completions", Self.chat(model)))
  }
}

extension SimulatorProcess {
  /// The ports of its servers, in their order.
  var ports: [UInt16] {
    backends.compactMap { $0.url.split(separator: ":").last.flatMap { UInt16($0) } }
  }
}

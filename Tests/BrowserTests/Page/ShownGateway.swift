import Foundation

/// A simulated fleet and a gateway in front of it, whose page the tests look at. It keeps its port
/// when it is started again.
final class ShownGateway {
  /// What a household might have.
  static let household = [
    "ollama:0,name=laptop,model=llama3.2:3b,model=nomic-embed-text,ttft=20,vram=8000",
    "llamacpp:0,name=workstation,model=qwen2.5-7b-instruct,ttft=20,tps=200",
    "vllm:0,name=server,model=Qwen/Qwen2.5-32B-Instruct,ttft=20",
  ]

  let simulator: SimulatorProcess
  let port: UInt16
  private(set) var gateway: GatewayProcess
  private let folder: String
  private var settings: String

  /// `settings` are lines of the configuration beyond the backends, which are looked at every
  /// `interval` seconds; `fleet` is what the simulator imitates, and `isEmpty` keeps all of it from
  /// the gateway.
  init(
    _ fleet: [String] = household, settings: String = "", interval: Int = 1, isEmpty: Bool = false
  ) throws {
    simulator = try SimulatorProcess(fleet)
    port = try Sockets.portForListening()
    folder = "\(NSTemporaryDirectory())/nexus-page-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    self.settings = "\(settings)\n[health_check]\ninterval_seconds = \(interval)\n"
    do {
      let backends = isEmpty ? [] : simulator.backends.map { ($0.name, $0.url) }
      try Self.write(Self.text(self.settings, backends), to: folder)
      gateway = try Self.start(port, folder)
      if !isEmpty { try waitForHealthy(simulator.backends.count) }
    } catch {
      simulator.stop()
      throw error
    }
  }

  var address: String { "http://127.0.0.1:\(port)" }

  func stop() {
    gateway.kill()
    simulator.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Ends the gateway; nobody listens on its port then.
  func stopGateway() { gateway.kill() }

  func startGatewayAgain() throws {
    gateway = try Self.start(port, folder)
    try waitForHealthy(simulator.backends.count)
  }

  /// Has the gateway go by those backends from now on.
  func reload(_ backends: [(name: String, url: String)]) throws {
    try Self.write(Self.text(settings, backends), to: folder)
    let answer = try gateway.control("POST", "/reload")
    guard answer.status == 200 else { throw CaseFailure("no reload: \(answer.message)") }
  }

  func waitForHealthy(_ count: Int) throws {
    try gateway.waitForHealth("\(count) healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == count
    }
  }

  /// Asks for a chat on a connection of its own, which the caller may read or close.
  func ask(_ model: String, _ prompt: String = "Hello", words: Int = 12, isStream: Bool = true)
    throws -> LoadClient
  {
    let client = try LoadClient(port: port)
    let body: JSONValue = [
      "model": .string(model), "stream": .bool(isStream),
      "messages": [["role": "user", "content": .string("\(prompt); write \(words) words")]],
    ]
    try client.send(LoadClient.post("/v1/chat/completions", body.text))
    return client
  }

  /// Has a chat answered; its status.
  @discardableResult
  func chat(_ model: String, _ prompt: String = "Hello") throws -> Int {
    let client = try ask(model, prompt, isStream: false)
    defer { client.close() }
    return try client.receive().status
  }

  private static func text(_ settings: String, _ backends: [(name: String, url: String)]) -> String
  {
    backends.reduce(settings) {
      "\($0)\n[[backends]]\nname = \(JSONValue.string($1.name).text)\nurl = \"\($1.url)\"\n"
    }
  }

  private static func write(_ text: String, to folder: String) throws {
    try ConfiguredGateway.write(text, to: "\(folder)/nexus.toml")
  }

  private static func start(_ port: UInt16, _ folder: String) throws -> GatewayProcess {
    let drivers = GatewayProcess.staged.appendingPathComponent("lib/nexus").path
    return try GatewayProcess(exactly: [
      "--host", "127.0.0.1", "--port", "\(port)", "--config", "\(folder)/nexus.toml", "--plugins",
      drivers, "--no-discovery", "--log-level", "trace",
    ])
  }
}

extension BrowserTests {
  /// Does something with a gateway and its page in a tab, whatever becomes of it.
  static func onPage(
    _ fleet: [String] = ShownGateway.household, settings: String = "", interval: Int = 1,
    width: Int = 1280, height: Int = 800, _ body: (ShownGateway, Tab) async throws -> Void
  ) async throws {
    let shown = try ShownGateway(fleet, settings: settings, interval: interval)
    defer { shown.stop() }
    try await inTab(width: width, height: height) { tab in try await body(shown, tab) }
  }
}

extension Tab {
  /// Waits until the page says how it hears what happens.
  func waitForConnection(_ state: String, within seconds: Double = 15) async throws {
    try await wait(
      for: "the connection to be \(state)",
      "document.querySelector('#conn').textContent.includes('\(state)')", within: seconds)
  }

  /// Opens the page of a gateway and waits until it hears what happens.
  func openLive(_ shown: ShownGateway) async throws {
    try await open(shown.address)
    try await waitForConnection("Live")
  }
}

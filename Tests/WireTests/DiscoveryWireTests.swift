import Foundation
import Testing

/// What nobody named is found, told apart and followed, with the real binary and real sockets. Other
/// programs of the machine may be found too; the tests speak of their own servers only.
@Suite struct DiscoveryWireTests {
  /// A gateway that looks for servers on these ports, with more keys of its `[discovery]`.
  private func gateway(
    ports: [UInt16], _ more: String = "", _ tables: String = ""
  ) throws -> (gateway: GatewayProcess, file: String) {
    let file = "\(NSTemporaryDirectory())/nexus-places-\(UUID().uuidString.prefix(8)).toml"
    let list = ports.map(String.init).joined(separator: ", ")
    try ConfiguredGateway.write(
      "[health_check]\ninterval_seconds = 1\n[discovery]\nmdns = false\nports = [\(list)]\n\(more)\n"
        + tables, to: file)
    return (try GatewayProcess(arguments: ["--probe", "--config", file]), file)
  }

  /// The backend that is reached there, as the control socket shows it.
  private func backend(_ gateway: GatewayProcess, at url: String) throws -> [String: Any]? {
    try gateway.control("GET", "/backends").list("backends").first { $0["url"] as? String == url }
  }

  private func waitUntil(
    _ gateway: GatewayProcess, _ url: String, seconds: Double = 10,
    _ condition: ([String: Any]?) -> Bool
  ) throws {
    var last: [String: Any]?
    let came = try ProcessFigures.wait(seconds: seconds) {
      last = try backend(gateway, at: url)
      return condition(last)
    }
    guard came else {
      throw CaseFailure("\(url): \(String(describing: last)); the log:\n\(gateway.log)")
    }
  }

  private func isUp(_ type: String) -> ([String: Any]?) -> Bool {
    { $0?["status"] as? String == "healthy" && $0?["backend_type"] as? String == type }
  }

  private func port(of url: String) -> UInt16 {
    url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
  }

  @Test func aServerIsFoundAndFollowedToAnotherPort() throws {
    let (first, second) = (try Sockets.portForListening(), try Sockets.portForListening())
    let (gateway, file) = try gateway(ports: [first, second], "grace_period_seconds = 1")
    defer {
      gateway.kill()
      try? FileManager.default.removeItem(atPath: file)
    }
    let simulator = try SimulatorProcess(["llamacpp:\(first),model=m1"])
    let began = Date()
    try waitUntil(gateway, "http://127.0.0.1:\(first)", isUp("llamacpp"))
    // A round over the ports is every two seconds; the rest is for a machine with much to do.
    #expect(Date().timeIntervalSince(began) < 6)
    #expect(try gateway.get("/v1/models").contains("m1"))
    simulator.stop()
    let moved = try SimulatorProcess(["llamacpp:\(second),model=m1"])
    defer { moved.stop() }
    try waitUntil(gateway, "http://127.0.0.1:\(second)", isUp("llamacpp"))
    try waitUntil(gateway, "http://127.0.0.1:\(first)", seconds: 20) { $0 == nil }
    // The log is written a little later than the control socket answers.
    #expect(ProcessFigures.wait { gateway.log.contains("server removed after its grace period") })
  }

  @Test func anotherKindOfServerOnTheSamePortIsNoticed() throws {
    let port = try Sockets.portForListening()
    let url = "http://127.0.0.1:\(port)"
    let (gateway, file) = try gateway(ports: [port])
    defer {
      gateway.kill()
      try? FileManager.default.removeItem(atPath: file)
    }
    let before = try SimulatorProcess(["ollama:\(port),model=m1"])
    try waitUntil(gateway, url, isUp("ollama"))
    before.stop()
    let after = try SimulatorProcess(["vllm:\(port),model=m1"])
    defer { after.stop() }
    try waitUntil(gateway, url, seconds: 20, isUp("vllm"))
  }

  @Test func whatSomebodyNamedKeepsItsAttributes() throws {
    let simulator = try SimulatorProcess(["ollama:0,model=m1", "vllm:0,model=m2"])
    defer { simulator.stop() }
    let ports = simulator.backends.map { port(of: $0.url) }
    let (gateway, file) = try gateway(
      ports: ports, "",
      "[[backends]]\nname = \"mine\"\nurl = \"http://localhost:\(ports[0])\"\npriority = 7\n")
    defer {
      gateway.kill()
      try? FileManager.default.removeItem(atPath: file)
    }
    try waitUntil(gateway, simulator.backends[1].url, isUp("vllm"))
    let mine = try gateway.waitForBackend("mine") { $0["status"] as? String == "healthy" }
    #expect(mine["priority"] as? Int == 7)
    #expect(mine["discovery_source"] as? String == "static")
    #expect(try backend(gateway, at: simulator.backends[0].url) == nil)
  }

  /// 127.0.0.2 stands for another machine here: loopback addresses are private, and only 127.0.0.1 and
  /// ::1 are taken for the same place.
  @Test func listedAddressesAreLookedAtAndTrustIsByAddress() throws {
    let simulators = try ["127.0.0.2", "127.0.0.3"].map {
      try SimulatorProcess(["--host", $0, "vllm:0,model=m1"])
    }
    defer { for simulator in simulators { simulator.stop() } }
    let urls = simulators.map { $0.backends[0].url }
    let (gateway, file) = try gateway(
      ports: urls.map { port(of: $0) }, "scan = [\"127.0.0.2/31\"]",
      "[[discovery.trust]]\naddress = \"127.0.0.3\"\nzone = \"confidential\"\ntier = 4\n")
    defer {
      gateway.kill()
      try? FileManager.default.removeItem(atPath: file)
    }
    for url in urls { try waitUntil(gateway, url, isUp("vllm")) }
    let trusted = try backend(gateway, at: urls[1])
    #expect(trusted?["zone"] as? String == "confidential")
    #expect(trusted?["tier"] as? Int == 4)
    #expect(try backend(gateway, at: urls[0])?["tier"] as? Int == 1)
  }

  /// Discovery costs next to nothing: processor time over some rounds, with nothing to be found.
  @Test func lookingCostsNextToNothing() throws {
    let ports = try (0..<4).map { _ in try Sockets.portForListening() }
    let (gateway, file) = try gateway(ports: ports)
    defer {
      gateway.kill()
      try? FileManager.default.removeItem(atPath: file)
    }
    _ = try gateway.control("GET", "/backends")
    let before = try ticks(gateway)
    Thread.sleep(forTimeInterval: 4)
    // Two rounds; a tick is 10 ms, so that one is the least that can be seen.
    #expect(try ticks(gateway) - before <= 4)
  }

  private func ticks(_ gateway: GatewayProcess) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(gateway.identifier)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ").compactMap { Int($0) } ?? []
    guard fields.count > 11 else { throw CaseFailure("no figures in \(text)") }
    return fields[10] + fields[11]
  }
}

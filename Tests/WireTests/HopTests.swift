import Foundation
import Testing

/// Gateways behind gateways: chains serve, loops do not.
@Suite struct HopTests {
  /// A gateway whose backends are named once all ports are known.
  private struct Ring {
    let gateways: [GatewayProcess]

    init(_ count: Int, simulator: SimulatorProcess, local: Int) throws {
      gateways = try (0..<count).map { number throws(CaseFailure) in
        try GatewayProcess(
          arguments: number == local ? simulator.gatewayArguments : [], keptLog: .max)
      }
      // Each has the next as a backend, the last the first: in the order in which they come to know
      // the models.
      for (number, gateway) in gateways.enumerated().reversed() {
        let next = gateways[(number + 1) % count].port
        try HopTests.add("http://127.0.0.1:\(next)", name: "next", to: gateway)
      }
    }

    func end() throws {
      for gateway in gateways { gateway.terminate() }
      for gateway in gateways { try gateway.expectExit() }
    }
  }

  private static func add(_ url: String, name: String, to gateway: GatewayProcess) throws {
    let answer = try gateway.control(
      "POST", "/backends", #"{"name":"\#(name)","url":"\#(url)","type":"generic"}"#)
    #expect(answer.status < 300, "\(answer)")
  }

  private static func chat(_ gateway: GatewayProcess) throws -> LoadClient.Answer {
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    return try client.exchange(
      LoadClient.post("/v1/chat/completions", #"{"model":"m1","messages":[]}"#))
  }

  /// How many requests the gateway has taken for models.
  private static func chats(_ gateway: GatewayProcess) -> Int {
    gateway.log.components(separatedBy: "endpoint=chat").count - 1
  }

  private static func simulator() throws -> SimulatorProcess {
    try SimulatorProcess(["generic:0,name=sim,model=m1"])
  }

  @Test func aChainOfTwoServes() throws {
    let simulator = try Self.simulator()
    defer { simulator.stop() }
    let inner = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { inner.kill() }
    let outer = try GatewayProcess(
      arguments: ["--backend", "http://127.0.0.1:\(inner.port),name=inner"])
    defer { outer.kill() }
    try outer.waitForHealth("the inner gateway", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    #expect(try Self.chat(outer).status == 200)
    let head = try simulator.lastHead(of: "sim")
    let line = head.split(separator: "\n").first { $0.hasPrefix("x-nexus-hops: ") } ?? ""
    let ids = line.dropFirst(14).components(separatedBy: ", ")
    #expect(ids.count == 2 && Set(ids).count == 2 && ids.allSatisfy { $0.count == 16 }, "\(head)")
  }

  @Test(arguments: [2, 3]) func inARingNothingCircles(_ count: Int) throws {
    let simulator = try Self.simulator()
    let ring = try Ring(count, simulator: simulator, local: 0)
    defer { for gateway in ring.gateways { gateway.kill() } }
    // All list the model, each because the next does.
    for gateway in ring.gateways {
      let listed = try ProcessFigures.wait {
        try gateway.get("/v1/models").contains("\"m1\"")
      }
      #expect(listed)
      #expect(try Self.chat(gateway).status == 200)
    }

    // The model's server is gone, but each gateway goes on listing it because the next does.
    simulator.stop()
    let before = ring.gateways.map(Self.chats)
    for gateway in ring.gateways {
      let answer = try Self.chat(gateway)
      #expect(answer.status >= 500, "\(answer.text)")
      #expect(answer.text.contains("has passed this gateway before"), "\(answer.text)")
    }
    try ring.end()
    // Each of the requests visits each gateway once and comes back to the first, and that is repeated
    // by the first alone, once.
    for (old, new) in zip(before, ring.gateways.map(Self.chats)) {
      #expect(new - old <= 4 * count, "\(before) requests, then \(ring.gateways.map(Self.chats))")
    }
  }

  @Test func itselfUnderAnotherAddressIsNoBackend() throws {
    let gateway = try GatewayProcess(arguments: ["--host", "0.0.0.0"])
    defer { gateway.kill() }
    guard let own = Self.ownAddress else {
      print("skipped: this machine has no address but loopback")
      return
    }
    try Self.add("http://\(own):\(gateway.port)", name: "self", to: gateway)
    let told = ProcessFigures.wait { gateway.log.contains("the server is this gateway itself") }
    #expect(told, "\(gateway.log)")
    let backend = try gateway.control("GET", "/backends").list("backends").first
    #expect(backend?["status"] as? String != "healthy", "\(String(describing: backend))")
  }

  /// An address of this machine in a network.
  private static var ownAddress: String? {
    let text = try? ProgramRun("/bin/sh", arguments: ["-c", "hostname -I"]).output
    return text?.split(whereSeparator: \.isWhitespace).map(String.init).first { !$0.contains(":") }
  }
}

import Foundation
import Testing

/// Where the strategy `smart` sends streams, with real servers of unequal speed.
@Suite struct PlacementTests {
  private static let body =
    #"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#

  private func servers(_ gateway: GatewayProcess, _ count: Int) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for _ in 0..<count {
      try LoadClient(port: gateway.port).using { client in
        let answer = try client.exchange(LoadClient.post("/v1/chat/completions", Self.body))
        #expect(answer.status == 200)
        counts[answer.field("x-nexus-backend"), default: 0] += 1
      }
    }
    return counts
  }

  /// Where a request would go now.
  private func first(_ gateway: GatewayProcess) throws -> String? {
    let plan = try gateway.control("POST", "/explain", #"{"model":"m"}"#).object
    let entries = plan["entries"] as? [[String: Any]] ?? []
    return entries.first { $0["rank"] as? Int == 0 }?["backend"] as? String
  }

  private func gateway(_ simulators: SimulatorProcess...) throws -> ConfiguredGateway {
    let tables = simulators.flatMap(\.backends).map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"\($0.type)\"\n"
    }
    return try ConfiguredGateway(tables.joined())
  }

  @Test func mostRequestsGoToTheFastOne() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=slow,model=m,ttft=400,tps=0", "vllm:0,name=fast,model=m,ttft=5,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try gateway(simulator)
    let counts = try servers(gateway.gateway, 20)
    #expect(counts["fast", default: 0] >= 17, "\(counts)")
    try gateway.finish()
  }

  @Test func aModelThatIsNotInMemoryIsAvoided() throws {
    let simulator = try SimulatorProcess([
      "ollama:0,name=cold,model=m,ttft=5,tps=0,load=300",
      "llamacpp:0,name=warm,model=m,ttft=60,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try gateway(simulator)
    #expect(try servers(gateway.gateway, 10) == ["warm": 10])
    try gateway.finish()
  }

  /// The fast one stops to answer in time: those who come then go elsewhere, the first of them while
  /// it still owes an answer.
  @Test func trafficLeavesAPlaceThatTurnsSlow() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=steady,model=m,ttft=400,tps=0", "vllm:0,name=fickle,model=m,ttft=5,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try gateway(simulator)
    _ = try servers(gateway.gateway, 12)
    #expect(try servers(gateway.gateway, 5) == ["fickle": 5])
    try simulator.fault(#"{"backend":"fickle","kind":"stall_before","ms":20000}"#)
    let port = gateway.gateway.port
    let waiting = try LoadClient(port: port)
    try waiting.send(LoadClient.post("/v1/chat/completions", Self.body))
    let isLeft = try ProcessFigures.wait(seconds: 10) { try first(gateway.gateway) == "steady" }
    #expect(isLeft)
    #expect(try servers(gateway.gateway, 3) == ["steady": 3])
    waiting.close()
    try gateway.finish()
  }
}

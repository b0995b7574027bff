import Foundation
import Testing

/// A backend that answers badly, as clients feel it.
@Suite struct QualityTests {
  private static let settings = """
    [health_check]
    failure_threshold = 1000
    [circuit]
    failure_threshold = 1000
    [routing]
    strategy = "priority_only"
    [quality]
    metrics_interval_seconds = 1

    """

  private func server(_ gateway: GatewayProcess, _ model: String = "m") throws -> String {
    try LoadClient(port: gateway.port).using { client in
      let answer = try client.exchange(
        LoadClient.post(
          "/v1/chat/completions",
          #"{"model":"\#(model)","messages":[{"role":"user","content":"x"}]}"#))
      #expect(answer.status == 200)
      return answer.field("x-nexus-backend")
    }
  }

  @Test func oneThatFailsOftenIsLeftOutAndComesBack() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=bad,model=m,ttft=1,tps=0", "vllm:0,name=good,model=m,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let tables = zip(simulator.backends, [1, 2]).map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"vllm\"\npriority = \($1)\n"
    }
    let gateway = try ConfiguredGateway(Self.settings + tables.joined())
    #expect(try server(gateway.gateway) == "bad")
    // Three of five fail; the client does not notice, for the other one steps in.
    for _ in 0..<8 {
      try simulator.fault(#"{"backend":"bad","kind":"status","status":500,"count":3}"#)
      for _ in 0..<5 { _ = try server(gateway.gateway) }
    }
    try gateway.waitForLog("backend fails too often")
    try simulator.fault(#"{"backend":"bad","kind":"status","status":500}"#)
    #expect(try (0..<20).map { _ in try server(gateway.gateway) }.allSatisfy { $0 == "good" })
    let plan = try gateway.gateway.control("POST", "/explain", #"{"model":"m"}"#)
    #expect("\(plan.object)".contains("error_rate_exceeded"))
    // Trials fail as long as it does.
    Thread.sleep(forTimeInterval: 2.5)
    #expect(try server(gateway.gateway) == "good")
    try simulator.clear()
    let isBack = try ProcessFigures.wait(seconds: 15) {
      try server(gateway.gateway) == "bad" && server(gateway.gateway) == "bad"
    }
    #expect(isBack)
    try gateway.waitForLog("backend answers again")
    try gateway.finish()
  }

  @Test func oneModelThatFailsLeavesTheOthersAlone() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=half,model=m,model=n,ttft=1,tps=0", "vllm:0,name=other,model=m,model=n,ttft=1",
    ])
    defer { simulator.stop() }
    let tables = zip(simulator.backends, [1, 2]).map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"vllm\"\npriority = \($1)\n"
    }
    let gateway = try ConfiguredGateway(Self.settings + tables.joined())
    try simulator.fault(
      #"{"backend":"half","kind":"status","status":500,"model":"n"}"#)
    for _ in 0..<20 {
      for _ in 0..<3 { #expect(try server(gateway.gateway, "m") == "half") }
      #expect(try server(gateway.gateway, "n") == "other")
    }
    try gateway.waitForLog("model fails too often")
    // Nearly half of what it was asked has failed, but nothing of this model.
    #expect(try (0..<10).allSatisfy { _ in try server(gateway.gateway, "m") == "half" })
    let plan = try gateway.gateway.control("POST", "/explain", #"{"model":"n"}"#)
    #expect("\(plan.object)".contains("error_rate_exceeded"))
    try gateway.finish()
  }

  /// Slow counts as down: its streams go on, and new ones go elsewhere.
  @Test func oneWhoseStreamsAreSlowIsLeftOut() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=slow,model=m,ttft=1,tps=2,words=26,slots=20",
      "vllm:0,name=quick,model=m,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let tables = zip(simulator.backends, [1, 2]).map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"vllm\"\npriority = \($1)\n"
    }
    let gateway = try ConfiguredGateway(
      Self.settings + "min_tokens_per_second = 5\n" + tables.joined())
    let clients = try (0..<12).map { _ in try LoadClient(port: gateway.gateway.port) }
    defer { for client in clients { client.close() } }
    for client in clients {
      try client.send(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","stream":true,"messages":[{"content":"x"}]}"#))
    }
    let isLeftOut = ProcessFigures.wait(seconds: 40) {
      gateway.gateway.log.contains("fails too often")
    }
    #expect(isLeftOut)
    #expect(try server(gateway.gateway) == "quick")
    for client in clients {
      let answer = try client.receive()
      #expect(answer.status == 200 && answer.text.contains("[DONE]"))
      #expect(!answer.text.contains("error"))
    }
    try gateway.finish()
  }
}

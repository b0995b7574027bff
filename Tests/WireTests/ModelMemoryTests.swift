import Foundation
import Testing

/// Where requests go by what is in memory, what comes there and what must not.
@Suite struct ModelMemoryTests {
  private static func chat(_ model: String, stream: Bool = false, text: String = "x") -> String {
    #"{"model":"\#(model)","stream":\#(stream),"messages":[{"role":"user","content":"\#(text)"}]}"#
  }

  private func gateway(
    _ simulator: SimulatorProcess, _ more: [String: String] = [:], rules: String = ""
  ) throws -> GatewayProcess {
    let tables = simulator.backends.map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"\($0.type)\"\n"
        + (more[$0.name] ?? "") + "\n"
    }
    let household = try Household()
    let file = try household.write("nexus.toml", rules + "\n" + tables.joined(), mode: 0o644)
    let gateway = try GatewayProcess(arguments: ["--config", file])
    try gateway.waitForHealth("all healthy", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == tables.count
    }
    return gateway
  }

  /// Brings a model into memory behind the gateway's back.
  private func warm(_ model: String, _ simulator: SimulatorProcess, _ backend: String) throws {
    let server = try #require(simulator.backends.first { $0.name == backend })
    let port = try #require(server.url.split(separator: ":").last.flatMap { UInt16($0) })
    try LoadClient(port: port).using { client in
      let body = Self.chat(model)
      // Ollama answers to its own names alone.
      let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
      let answer = try client.exchange(
        Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
      #expect(answer.status == 200)
    }
  }

  private func ask(_ gateway: GatewayProcess, _ model: String) throws -> LoadClient.Answer {
    try LoadClient(port: gateway.port).using {
      try $0.exchange(LoadClient.post("/v1/chat/completions", Self.chat(model)))
    }
  }

  private func first(_ gateway: GatewayProcess, _ model: String) throws -> String? {
    let plan = try gateway.control("POST", "/explain", #"{"model":"\#(model)"}"#).object
    let entries = plan["entries"] as? [[String: Any]] ?? []
    return entries.first { $0["rank"] as? Int == 0 }?["backend"] as? String
  }

  @Test func whatIsNeverLoadedIsUsedWhereItIsInMemory() throws {
    let simulator = try SimulatorProcess([
      "ollama:0,name=a,model=m,ttft=1,tps=0,load=1",
      "ollama:0,name=b,model=m,model=small,ttft=1,tps=0,load=1",
    ])
    defer { simulator.stop() }
    try warm("m", simulator, "a")
    let never = "never_load = [\"m*\"]"
    let rules = "[routing.fallbacks]\nm = [\"small\"]"
    for fallback in [false, true] {
      let gateway = try gateway(
        simulator, ["a": never, "b": never], rules: fallback ? rules : "")
      defer { gateway.kill() }
      for _ in 0..<3 { #expect(try ask(gateway, "m").field("x-nexus-backend") == "a") }
      _ = try gateway.control("POST", "/backends/a/drain")
      #expect(try ProcessFigures.wait { try first(gateway, "m") != "a" })
      let answer = try ask(gateway, "m")
      guard !fallback else {
        #expect(answer.status == 200 && answer.field("x-nexus-fallback-model") == "small")
        continue
      }
      #expect(answer.status == 503)
      #expect(
        answer.field("x-nexus-rejection-reasons") == "backend_draining, never_load")
      #expect(answer.text.contains(#""reconciler":"LifecycleReconciler""#))
      #expect(answer.text.contains("out of never_load"))
      let why = try gateway.control("POST", "/explain", #"{"model":"m"}"#).object
      let entries = why["entries"] as? [[String: Any]] ?? []
      #expect(entries.map { $0["dropped_by"] as? String } == ["health", "lifecycle"])
    }
    // Nobody has asked the other one for it.
    #expect(try simulator.count("loads", of: "b") == 1)
  }

  /// A model that is not in memory is brought there on an idle machine once the queue where it is in
  /// memory takes longer, and not before.
  @Test func aLongQueueIsWorthALoad() throws {
    let simulator = try SimulatorProcess([
      "llamacpp:0,name=hot,model=m,ttft=5,tps=2,slots=1",
      "ollama:0,name=cold,model=m,ttft=5,tps=0,load=100",
    ])
    defer { simulator.stop() }
    let gateway = try gateway(simulator)
    defer { gateway.kill() }
    var waiting: [LoadClient] = []
    defer { for client in waiting { client.close() } }
    var choices: [String] = []
    // Each request counts two seconds, a load three to ten, by the size of the model.
    while waiting.count < 9 {
      let choice = try first(gateway, "m") ?? "none"
      choices.append(choice)
      guard choice == "hot" else { break }
      let client = try LoadClient(port: gateway.port)
      let body = Self.chat("m", stream: true, text: "Write 500 words")
      try client.send(LoadClient.post("/v1/chat/completions", body))
      waiting.append(client)
      #expect(
        try ProcessFigures.wait {
          try gateway.control("GET", "/status").object["requests_in_flight"] as? Int
            == waiting.count
        })
    }
    #expect(choices.count >= 3 && choices.last == "cold", "\(choices)")
    #expect(try simulator.count("loads", of: "cold") == 0)
    let answer = try ask(gateway, "m")
    #expect(answer.status == 200 && answer.field("x-nexus-backend") == "cold")
    #expect(try simulator.count("loads", of: "cold") == 1)
  }

  /// While a model comes into memory, requests for others go elsewhere; but there rather than nowhere.
  @Test func othersKeepAwayFromAPlaceThatLoads() throws {
    let simulator = try SimulatorProcess([
      "ollama:0,name=near,model=m,model=big,ttft=1,tps=0,load=1500",
      "ollama:0,name=far,model=m,ttft=1,tps=0,load=1",
    ])
    defer { simulator.stop() }
    for backend in ["near", "far"] { try warm("m", simulator, backend) }
    let gateway = try gateway(simulator, ["near": "priority = 1"])
    defer { gateway.kill() }
    #expect(try ask(gateway, "m").field("x-nexus-backend") == "near")
    let loading = try LoadClient(port: gateway.port)
    defer { loading.close() }
    try loading.send(LoadClient.post("/v1/chat/completions", Self.chat("big", stream: true)))
    #expect(try ProcessFigures.wait { try simulator.count("loads", of: "near") == 2 })
    for _ in 0..<3 { #expect(try ask(gateway, "m").field("x-nexus-backend") == "far") }
    _ = try gateway.control("POST", "/backends/far/drain")
    #expect(try ProcessFigures.wait { try first(gateway, "m") == "near" })
    let answer = try ask(gateway, "m")
    #expect(answer.status == 200 && answer.field("x-nexus-backend") == "near")
  }

  // MARK: What has to be loaded first

  /// The imitated machine has room for both models.
  private static let roomy = "[lifecycle]\nvram_headroom_percent = 0\nvram_buffer_percent = 0\n"

  /// exo refuses a model that was not placed: it is placed once, for all who come, and then answers.
  @Test func aModelIsLoadedForWhoeverAsks() throws {
    let simulator = try SimulatorProcess(["exo:0,name=e,model=one,model=two,ttft=1,tps=0,load=700"])
    defer { simulator.stop() }
    let gateway = try gateway(simulator, rules: Self.roomy)
    defer { gateway.kill() }
    let clients = try (0..<4).map { _ in try LoadClient(port: gateway.port) }
    defer { for client in clients { client.close() } }
    for client in clients {
      try client.send(LoadClient.post("/v1/chat/completions", Self.chat("two", stream: false)))
    }
    // One of them does not wait for it.
    clients[3].close()
    for client in clients.prefix(3) { #expect(try client.receive().status == 200) }
    #expect(try simulator.count("loads", of: "e") == 1)
    #expect(try ask(gateway, "two").status == 200)
    #expect(try simulator.count("loads", of: "e") == 1)
  }

  /// A load that fails costs its client nothing where another place has the model; one that takes too
  /// long is told as such.
  @Test func aLoadThatFailsLeavesTheRequestToAnother() throws {
    let simulator = try SimulatorProcess([
      "exo:0,name=e,model=one,model=two,ttft=1,tps=0,load=50",
      "vllm:0,name=v,model=two,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try gateway(
      simulator, ["e": "priority = 1"],
      rules: Self.roomy + "[routing]\nstrategy = \"priority_only\"")
    defer { gateway.kill() }
    try simulator.fault(#"{"backend":"e","kind":"load_fails","ms":50}"#)
    #expect(try first(gateway, "two") == "e")
    let answer = try ask(gateway, "two")
    #expect(answer.status == 200 && answer.field("x-nexus-backend") == "v")
    #expect(answer.field("x-nexus-route-reason") == "failover")
    #expect(gateway.log.contains("load failed") && !gateway.log.contains("no room"))
    // Who comes next does not wait for it again.
    #expect(try first(gateway, "two") == "v")
    #expect(try first(gateway, "one") == "e")
  }

  @Test func whoCannotWaitForALoadHearsOfIt() throws {
    let simulator = try SimulatorProcess(["exo:0,name=e,model=one,model=two,ttft=1,tps=0,load=9000"]
    )
    defer { simulator.stop() }
    let gateway = try gateway(simulator, rules: Self.roomy)
    defer { gateway.kill() }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    let answer = try client.exchange(
      LoadClient.post(
        "/v1/chat/completions", Self.chat("two", stream: true),
        headers: "x-request-timeout-ms: 400\r\n"))
    #expect(answer.status == 503 && answer.text.contains(#""code":"model_loading""#))
    #expect(UInt(answer.field("retry-after")) ?? 0 > 0)
    #expect(!answer.text.contains(#""eta_seconds":null"#))
  }
}

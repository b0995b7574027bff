import Foundation
import Testing

/// Questions about requests of the past, through the front door and over the control socket.
@Suite struct ExplainTests {
  private static let chat = #"{"model":"m1","messages":[{"role":"user","content":"Hello"}]}"#

  private func object(_ answer: LoadClient.Answer) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
  }

  private func entries(_ object: [String: Any]) -> [[String: Any]] {
    object["entries"] as? [[String: Any]] ?? []
  }

  /// Three backends: one that serves, one that is down, one outside the zone.
  private func withGateway(
    _ body: (GatewayProcess, Household, SimulatorProcess) throws -> Void
  ) throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=near,model=m1,ttft=0,tps=0,words=1",
      "vllm:0,name=far,model=m1,ttft=0,tps=0,words=1",
    ])
    defer { simulator.stop() }
    let household = try Household()
    let file = try household.write(
      "nexus.toml",
      """
      [[routing.policies]]
      model_pattern = "m*"
      privacy = "restricted"
      [[backends]]
      name = "near"
      url = "\(simulator.backends[0].url)"
      type = "vllm"
      [[backends]]
      name = "far"
      url = "\(simulator.backends[1].url)"
      type = "vllm"
      zone = "open"
      [[backends]]
      name = "dead"
      url = "http://127.0.0.1:1"
      type = "vllm"
      """)
    let gateway = try GatewayProcess(arguments: ["--config", file])
    defer { gateway.kill() }
    try gateway.waitForHealth("two healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    try body(gateway, household, simulator)
  }

  private func post(_ client: LoadClient, id: String) throws -> LoadClient.Answer {
    try client.exchange(
      LoadClient.post("/v1/chat/completions", Self.chat, headers: "X-Request-ID: \(id)\r\n"))
  }

  @Test func theLastThousandAreRemembered() throws {
    try withGateway { gateway, _, _ in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      func status(_ id: String) throws -> Int {
        try client.exchange(LoadClient.get("/v1/explain/\(id)")).status
      }
      for number in 0..<1_000 { #expect(try post(client, id: "n\(number)").status == 200) }
      #expect(try status("n0") == 200)
      #expect(try status("n999") == 200)
      // Questions push out nothing, nor does what was never routed.
      let broken = LoadClient.post("/v1/chat/completions", "{}", headers: "X-Request-ID: x\r\n")
      #expect(try client.exchange(broken).status == 400)
      #expect(try status("x") == 404)
      #expect(try status("n0") == 200)
      #expect(try post(client, id: "n1000").status == 200)
      #expect(try status("n0") == 404)
      #expect(try status("n1") == 200)
      // Of two requests with one id the newer is meant.
      let refused = LoadClient.post(
        "/v1/chat/completions", #"{"model":"none","messages":[]}"#,
        headers: "X-Request-ID: n1000\r\n")
      #expect(try client.exchange(refused).status == 404)
      let newer = try object(client.exchange(LoadClient.get("/v1/explain/n1000")))
      #expect(newer["plan"] as? String == "reject")
      #expect(newer["status"] as? Int == 404)
    }
  }

  /// The fleet is told as it was, not as it is.
  @Test func explainsTheFleetOfThatTime() throws {
    try withGateway { gateway, household, _ in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      #expect(try post(client, id: "before").status == 200)
      _ = try gateway.control("POST", "/backends/near/drain")
      #expect(
        try ProcessFigures.wait { try post(client, id: "after").status == 503 })
      func reasons(_ object: [String: Any]) -> [String] {
        entries(object).map { "\($0["backend"] ?? "") \($0["reason"] ?? $0["rank"] ?? "")" }
      }
      let before = try gateway.control("GET", "/explain/before")
      #expect(before.status == 200)
      #expect(
        reasons(before.object) == ["near 0", "far privacy_zone_mismatch", "dead model_absent"])
      let after = try gateway.control("GET", "/explain/after")
      #expect(
        reasons(after.object) == [
          "near backend_draining", "far privacy_zone_mismatch", "dead model_absent",
        ])
      let unknown = try gateway.control("GET", "/explain/n%2Fo")
      #expect(unknown.status == 404 && unknown.code == "request_not_found")
      #expect(unknown.message.contains("'n/o'"))

      let text = try household.nexus("explain", "before", gateway: gateway)
      #expect(text.status == 0)
      for words in [
        "chat for 'm1' was answered by near with 200 after",
        "1  near   m1     restricted  answered",
        "Policy m*: zone restricted or better",
        "-  far      m1            privacy_zone_mismatch: add a backend of zone restricted",
        "-  dead     -             model_absent (unhealthy: what it has is not known)",
      ] { #expect(text.output.contains(words), "\(text.output)") }
      let refused = try household.nexus("explain", "after", gateway: gateway)
      #expect(refused.output.contains("ended with 503 after"), "\(refused.output)")
      let json = try household.nexus("explain", "after", "--json", gateway: gateway)
      #expect(json.json["request_id"] as? String == "after")
      let nobody = try household.nexus("explain", "nobody", gateway: gateway)
      #expect(nobody.status == 1 && nobody.errors.contains("'nobody'"))
      #expect(try household.nexus("explain", "a", "b", gateway: gateway).status == 2)
      #expect(try household.nexus("explain", "a", "-m", "b", gateway: gateway).status == 2)
      #expect(try household.nexus("explain", "a").status == 3)
    }
  }

  /// What real clients send can be asked about as it is.
  @Test func recordedRequestsAreUnderstood() throws {
    try withGateway { gateway, _, simulator in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      for recorded in RecordedClientTests.relayed {
        let text = String(decoding: recorded.request, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { continue }
        let body = String(text[end.upperBound...])
        let answer = try client.exchange(LoadClient.post("/v1/explain", body))
        let relayed = try client.exchange(
          LoadClient.post(
            text.contains("/embeddings") ? "/v1/embeddings" : "/v1/chat/completions", body))
        let object = try object(answer)
        guard relayed.status != 400 else {
          #expect(answer.status == 400, "\(recorded.name): \(answer.text)")
          continue
        }
        #expect(answer.status == 200, "\(recorded.name): \(answer.text)")
        #expect(entries(object).count == 3, "\(recorded.name)")
      }
      #expect(try simulator.count("accepted", of: "near") > 0)
    }
  }
}

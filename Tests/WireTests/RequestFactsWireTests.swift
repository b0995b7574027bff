import Foundation
import Testing

/// What a request needs decides where it goes: seen from outside, with imitated servers behind.
@Suite(.serialized) struct RequestFactsWireTests {
  /// One model on two servers. The driver for OpenAI's own servers knows that it can do nothing but
  /// talk, with a window of 128,000 tokens; the other server tells only its window, of 4,096.
  private static let model = "o1-mini-vl"
  private static let fleet = [
    "openai:0,name=plain,model=\(model),ttft=1,tps=0",
    "vllm:0,name=able,model=\(model),ctx=4096,ttft=1,tps=0",
  ]

  private func withFleet(
    _ body: (GatewayProcess, SimulatorProcess, LoadClient) throws -> Void
  ) throws {
    let simulator = try SimulatorProcess(Self.fleet)
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("healthy backends", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    do {
      try body(gateway, simulator, client)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    gateway.terminate()
    try gateway.expectExit()
  }

  private func chat(_ content: String, _ members: String = "") -> [UInt8] {
    LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"\#(Self.model)","max_tokens":4,"#
        + #""messages":[{"role":"user","content":\#(content)}]\#(members)}"#)
  }

  /// Some equal requests are served by these backends, each by one of them and all by one of each.
  private func expect(
    _ request: [UInt8], goesTo places: Set<String>, _ client: LoadClient,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    var names: Set<String> = []
    for _ in 0..<4 {
      let answer = try client.exchange(request)
      #expect(answer.status == 200, "\(answer.text)", sourceLocation: location)
      names.insert(answer.field("x-nexus-backend"))
    }
    #expect(names == places, sourceLocation: location)
  }

  @Test func requestsGoWhereTheirNeedsAreMet() throws {
    try withFleet { _, _, client in
      try expect(chat(#""hi""#), goesTo: ["plain", "able"], client)
      let image = #"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]"#
      try expect(chat(image), goesTo: ["able"], client)
      let tool = #"{"type":"function","function":{"name":"f","parameters":{}}}"#
      try expect(chat(#""hi""#, #","tools":[\#(tool)]"#), goesTo: ["able"], client)
      try expect(chat(#""hi""#, #","tools":[]"#), goesTo: ["plain", "able"], client)
      let schema = #"{"type":"json_schema","json_schema":{"name":"s","schema":{}}}"#
      try expect(chat(#""hi""#, #","response_format":\#(schema)"#), goesTo: ["able"], client)
    }
  }

  @Test func promptsGoWhereTheyFit() throws {
    try withFleet { _, _, client in
      func prompt(_ bytes: Int) -> [UInt8] {
        chat(#""\#(String(repeating: "four", count: bytes / 4))""#)
      }
      // 10,000 tokens fit only one; 300,000 none.
      try expect(prompt(40_000), goesTo: ["plain"], client)
      let answer = try client.exchange(prompt(1_200_000))
      #expect(answer.status == 400)
      #expect(answer.text.contains("context_length_exceeded"))
      #expect(answer.text.contains("128000 tokens"), "\(answer.text)")
      #expect(answer.field("x-nexus-backend") == "none")
    }
  }

  /// After some answers the estimate of a prompt is near to what the server counts.
  @Test func theEstimateConverges() throws {
    try withFleet { gateway, _, client in
      for number in 1...30 {
        let words = String(repeating: "some words ", count: number * 5)
        let answer = try client.exchange(chat(#""\#(words)ü""#))
        #expect(answer.status == 200)
      }
      for model in try gateway.control("GET", "/models").list("models") {
        let scale = try #require(model["bytes_per_token"] as? Double, "\(model)")
        let error = try #require(model["token_error"] as? Double, "\(model)")
        #expect(abs(scale / 4 - 1) < 0.25, "\(model)")
        #expect(error < 0.25, "\(model)")
      }
    }
  }
}

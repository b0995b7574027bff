import Foundation
import Testing

/// Every fault does what it says, once, and the log tells of it.
@Suite struct FaultTests {
  private static let model = "m"

  private static func fleet() throws -> RunningSimulator {
    try RunningSimulator("generic:0,model=m,words=20", "vllm:0,model=m,words=20")
  }

  private func state(_ fleet: RunningSimulator, _ name: String = "generic") throws -> String? {
    try fleet.requests(name).last?["state"] as? String
  }

  @Test func resetsAtOnceOrAfterEvents() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "reset", ",\"count\":1")
    let none = try fleet.chat("generic")
    #expect(none.end == .reset && none.raw.isEmpty)
    try fleet.fault("generic", "reset", ",\"count\":1,\"after_events\":3")
    let some = try fleet.chat("generic", stream: true)
    #expect(some.end == .reset)
    #expect(try state(fleet) == "aborted")
    #expect(try fleet.requests("generic").last?["events"] as? Int == 3)
    #expect(try fleet.chat("generic").status == 200)
  }

  @Test func stallsBeforeTheFirstByte() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "stall_before", ",\"count\":1")
    let client = try WireClient(fleet.port("generic"))
    let body = RunningSimulator.chatBody("hi", "m")
    client.send(WireClient.request("POST", "/v1/chat/completions", body: body))
    #expect(client.receive(patience: 0.2).end == .silent)
    #expect(try state(fleet) == "in_flight")
  }

  @Test func stallsInside() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "stall_inside", ",\"count\":1,\"after_events\":4")
    let client = try WireClient(fleet.port("generic"))
    let body = RunningSimulator.chatBody("hi", "m", stream: true)
    client.send(WireClient.request("POST", "/v1/chat/completions", body: body))
    let reply = client.receive(patience: 0.3)
    #expect(reply.end == .silent)
    #expect(reply.body.components(separatedBy: "data: ").count == 5)
  }

  @Test func stallsInsideForAWhile() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "stall_inside", ",\"count\":1,\"ms\":50")
    let reply = try fleet.chat("generic", stream: true)
    #expect(reply.hasFinalChunk && reply.events.last == "[DONE]")
  }

  @Test(arguments: [429, 500, 503])
  func answersAnErrorInTheServersShape(_ status: Int) throws {
    let fleet = try Self.fleet()
    try fleet.fault("vllm", "status", ",\"count\":1,\"status\":\(status),\"ms\":2500")
    let reply = try fleet.chat("vllm")
    #expect(reply.status == status)
    #expect(reply.header("retry-after") == (status == 500 ? nil : "3"))
    #expect((reply.json["error"] as? [String: Any])?["code"] as? Int == status)
  }

  @Test func speaksGarbage() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "garbage", ",\"count\":1")
    #expect(try fleet.chat("generic").status == 0)
    try fleet.fault("generic", "garbage_body", ",\"count\":1")
    let reply = try fleet.chat("generic")
    #expect(reply.status == 200 && reply.json.isEmpty)
  }

  @Test func breaksOffInTheMiddle() throws {
    let fleet = try Self.fleet()
    for kind in ["cut", "half_close"] {
      try fleet.fault("generic", kind, ",\"count\":1,\"after_events\":2")
      let stream = try fleet.chat("generic", stream: true)
      #expect(stream.end == .closed && !stream.hasFinalChunk, "\(kind)")
      #expect(stream.events.count == 2, "\(kind)")
      try fleet.fault("generic", kind, ",\"count\":1")
      let whole = try fleet.chat("generic")
      #expect(whole.end == .closed, "\(kind)")
      #expect(whole.header("content-length").flatMap(Int.init) ?? 0 > whole.rawBody.utf8.count)
      #expect(try state(fleet) == "aborted", "\(kind)")
    }
  }

  @Test func reportsErrorsInsideTheStream() throws {
    let fleet = try RunningSimulator(
      "vllm:0,model=m", "llamacpp:0,model=m", "lmstudio:0,model=m", "ollama:0,model=m")
    let hasDone = ["vllm": true, "llamacpp": false, "lmstudio": false, "ollama": false]
    for (name, isDone) in hasDone {
      try fleet.fault(name, "error_in_stream", ",\"count\":1,\"after_events\":2")
      let reply = try fleet.chat(name, stream: true)
      #expect((reply.events.last == "[DONE]") == isDone, "\(name)")
      #expect(reply.body.contains("\"error\":") == (name != "ollama"), "\(name)")
      #expect(reply.body.contains("event: error") == (name == "lmstudio"), "\(name)")
      #expect(reply.hasFinalChunk, "\(name)")
    }
    try fleet.fault("vllm", "error_in_stream", ",\"count\":1")
    #expect(try fleet.chat("vllm").status == 500)
  }

  @Test func refusesAndComesBackOnTheSamePort() throws {
    let fleet = try Self.fleet()
    for kind in ["refuse", "die"] {
      try fleet.fault("generic", kind)
      #expect(throws: POSIXError.self) { try WireClient(fleet.port("generic")) }
      _ = try fleet.post("control", "/clear", "{\"backend\":\"generic\"}")
      #expect(try fleet.chat("generic").status == 200, "\(kind)")
    }
  }

  @Test func dyingBreaksStreamsOff() throws {
    let fleet = try Self.fleet()
    let client = try WireClient(fleet.port("generic"))
    let body = RunningSimulator.chatBody("Write 5000 words", "m", stream: true)
    client.send(WireClient.request("POST", "/v1/chat/completions", body: body))
    _ = client.receive { $0.events.count > 2 }
    try fleet.fault("generic", "die")
    #expect(client.receive().end == .reset)
  }

  @Test func countsAndSparesOtherRequests() throws {
    let fleet = try Self.fleet()
    try fleet.fault("generic", "status", ",\"count\":2")
    #expect(try fleet.get("generic", "/v1/models").status == 200)
    #expect(try fleet.chat("generic").status == 500)
    #expect(try fleet.chat("generic").status == 500)
    #expect(try fleet.chat("generic").status == 200)
    try fleet.fault("generic", "status", ",\"all\":true")
    #expect(try fleet.get("generic", "/v1/models").status == 500)
    _ = try fleet.post("control", "/reset", "")
    #expect(try fleet.requests("generic").isEmpty)
    #expect(try fleet.get("generic", "/v1/models").status == 200)
  }

  @Test func ordersThatMakeNoSenseAreRefused() throws {
    let fleet = try Self.fleet()
    #expect(try fleet.post("control", "/fault", "{").status == 400)
    #expect(try fleet.post("control", "/fault", "{\"backend\":\"generic\"}").status == 400)
    #expect(
      try fleet.post("control", "/fault", "{\"backend\":\"x\",\"kind\":\"cut\"}").status == 400)
    #expect(try fleet.get("control", "/requests?backend=x").status == 400)
  }
}

import Foundation
import Testing

/// The gateway in front of imitated servers, over real sockets.
@Suite(.serialized) struct ImitatedFleetTests {
  private static let chat = #""messages":[{"role":"user","content":"hello \#(Planted.prompt)"}]"#

  /// Starts both, waits until every backend is healthy, and stops both.
  private func withFleet(
    _ backends: [String], flags: [String] = [],
    _ body: (GatewayProcess, SimulatorProcess) throws -> Void
  ) throws {
    let simulator = try SimulatorProcess(backends)
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: flags + simulator.gatewayArguments)
    defer { gateway.kill() }
    let count = simulator.backends.count
    try gateway.waitForHealth("\(count) healthy backends", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == count
    }
    do {
      try body(gateway, simulator)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    #expect(gateway.isRunning)
    gateway.terminate()
    try gateway.expectExit()
  }

  /// Each of the six kinds is told apart without a word about its type, and each can chat.
  @Test func sixKindsChat() throws {
    let kinds = ["ollama", "vllm", "llamacpp", "lmstudio", "exo", "openai"]
    try withFleet(kinds.map { "\($0):0,name=\($0),model=only-\($0),ttft=1,tps=0" }) { gateway, _ in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      for kind in kinds {
        let request = #"{"model":"only-\#(kind)",\#(Self.chat)}"#
        let plain = try client.exchange(LoadClient.post("/v1/chat/completions", request))
        #expect(plain.status == 200, "\(kind): \(plain.text)")
        #expect(plain.head.lowercased().contains("x-nexus-backend: \(kind)"), "\(plain.head)")
        #expect(plain.text.contains(#""choices""#), "\(kind): \(plain.text)")
        let streamed = try client.exchange(
          LoadClient.post(
            "/v1/chat/completions", #"{"stream":true,"model":"only-\#(kind)",\#(Self.chat)}"#))
        #expect(streamed.status == 200, "\(kind): \(streamed.text)")
        #expect(streamed.text.contains("data: [DONE]"), "\(kind): \(streamed.text)")
      }
    }
  }

  /// A backend that dies under load costs no request an error.
  @Test func deathUnderLoad() throws {
    let fleet = ["vllm:0,name=a,model=m,ttft=3,tps=0", "llamacpp:0,name=b,model=m,ttft=3,tps=0"]
    try withFleet(fleet) { gateway, simulator in
      let request = LoadClient.post("/v1/chat/completions", #"{"model":"m",\#(Self.chat)}"#)
      let failures = Counter()
      let done = Counter()
      let threads = (0..<4).map { _ in
        Worker {
          for _ in 0..<60 {
            let status = try? LoadClient(port: gateway.port).using {
              try $0.exchange(request).status
            }
            if status != 200 { failures.add(1) }
            done.add(1)
          }
        }
      }
      #expect(ProcessFigures.wait(seconds: 30) { done.value >= 60 })
      try simulator.fault(#"{"backend":"a","kind":"die"}"#)
      for thread in threads { thread.join() }
      #expect(failures.value == 0)
      #expect(done.value == 240)
    }
  }

  /// Requests fail over from each fault that strikes before the first byte.
  @Test(arguments: ["reset", "garbage", "status", "refuse", "stall_before"])
  func faultBeforeFirstByte(_ kind: String) throws {
    let fleet = ["vllm:0,name=a,model=m,ttft=1,tps=0", "vllm:0,name=b,model=m,ttft=1,tps=0"]
    try withFleet(fleet, flags: ["--first-byte-timeout", "500"]) { gateway, simulator in
      try simulator.fault(#"{"backend":"a","kind":"\#(kind)","status":500}"#)
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      for _ in 0..<6 {
        let answer = try client.exchange(
          LoadClient.post("/v1/chat/completions", #"{"model":"m",\#(Self.chat)}"#))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.head.lowercased().contains("x-nexus-backend: b"), "\(answer.head)")
      }
    }
  }

  /// A stream that breaks inside ends, for each way of breaking, with an error event.
  @Test(arguments: ["cut", "reset", "half_close", "stall_inside", "error_in_stream"])
  func faultInsideStream(_ kind: String) throws {
    let fleet = ["vllm:0,name=a,model=m,ttft=1,tps=0"]
    try withFleet(fleet, flags: ["--stream-idle-timeout", "500"]) { gateway, simulator in
      try simulator.fault(#"{"backend":"a","kind":"\#(kind)","after_events":5}"#)
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      let answer = try client.exchange(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","stream":true,\#(Self.chat)}"#))
      #expect(answer.status == 200)
      #expect(answer.text.contains(#""error""#), "\(answer.text)")
    }
  }

  /// A client that goes away ends the work of every kind of server at once.
  @Test(arguments: ["ollama", "vllm", "llamacpp", "lmstudio", "exo", "openai"])
  func hangUp(_ kind: String) throws {
    let backend = "\(kind):0,name=a,model=m,ttft=1,tps=20,words=5000"
    try withFleet([backend]) { gateway, simulator in
      let client = try LoadClient(port: gateway.port)
      try client.send(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","stream":true,\#(Self.chat)}"#))
      #expect(try client.readSome() > 0)
      #expect(try simulator.count("in_flight", of: "a") == 1)
      client.close()
      #expect(try ProcessFigures.wait { try simulator.count("in_flight", of: "a") == 0 })
      #expect(try simulator.count("client_gone", of: "a") == 1)
    }
  }

  /// A slow server's stream arrives whole.
  @Test func slowServer() throws {
    try withFleet(["llamacpp:0,name=a,model=m,ttft=1,tps=0,words=40"]) { gateway, simulator in
      try simulator.fault(#"{"backend":"a","kind":"slow","ms":5}"#)
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      let answer = try client.exchange(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","stream":true,\#(Self.chat)}"#))
      #expect(answer.status == 200)
      #expect(answer.text.contains("data: [DONE]"))
    }
  }
}

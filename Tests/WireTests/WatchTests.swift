import Foundation
import Testing

/// What programs hear that watch over the WebSocket, through the front door.
@Suite struct WatchTests {
  private typealias Object = [String: Any]

  private struct Message {
    let type: String
    let data: Any

    var object: Object { data as? Object ?? [:] }
  }

  private func next(_ socket: WebSocketClient) throws -> Message {
    while let frame = try socket.next() {
      guard frame.opcode == 1 else { continue }
      let object =
        try JSONSerialization.jsonObject(with: Data(frame.payload)) as? Object ?? [:]
      return Message(
        type: try #require(object["update_type"] as? String), data: try #require(object["data"]))
    }
    throw CaseFailure("the WebSocket ended")
  }

  /// Messages up to the first that fits.
  private func messages(
    _ socket: WebSocketClient, until fits: (Message) -> Bool
  ) throws -> [Message] {
    let end = Date() + 15
    var all: [Message] = []
    while Date() < end {
      let message = try next(socket)
      all.append(message)
      if fits(message) { return all }
    }
    throw CaseFailure("nothing fits among \(all.map(\.type))")
  }

  private func post(_ id: String, _ words: Int) -> [UInt8] {
    let text = "write \(words) words and \(Planted.prompt)"
    let body = """
      {"model":"m","stream":true,"messages":[{"role":"user","content":"\(text)"}]}
      """
    return LoadClient.post(
      "/v1/chat/completions", body, headers: "X-Request-Id: \(id)\r\n")
  }

  @Test func whatHappensIsTold() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=0,tps=40,slots=64"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { gateway.kill() }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    #expect(try client.exchange(post("before", 3)).status == 200)
    let history = try LoadClient(port: gateway.port)
    defer { history.close() }
    _ = try ProcessFigures.wait {
      try history.exchange(LoadClient.get("/v1/history")).text.contains("before")
    }
    let socket = try WebSocketClient(port: gateway.port)
    let first = try messages(socket) { $0.type == "RequestComplete" }
    #expect(
      first.map(\.type) == [
        "BackendStatus", "ModelChange", "LiveRequests", "Summary", "RequestComplete",
      ])
    let backend = (first[0].data as? [Object])?.first
    #expect(backend?["name"] as? String == "a" && backend?["status"] as? String == "Healthy")
    #expect((backend?["models"] as? [Object])?.first?["id"] as? String == "m")
    #expect((first[1].object["models"] as? [Object])?.first?["id"] as? String == "m")
    #expect(first[4].object["request_id"] as? String == "before")
    // One under way is seen with its rate, and told when it has ended.
    try client.send(post("during", 200))
    let seen = try messages(socket) { message in
      let requests = message.object["requests"] as? [Object] ?? []
      return message.type == "LiveRequests"
        && requests.contains {
          $0["request_id"] as? String == "during" && $0["phase"] as? String == "streaming"
            && $0["tokens_per_second"] as? Double ?? 0 > 5
        }
    }
    // What has not changed is not told again.
    #expect(!seen.contains { $0.type == "ModelChange" || $0.type == "RequestComplete" })
    #expect(try client.receive().status == 200)
    let end = try messages(socket) {
      $0.type == "RequestComplete" && $0.object["request_id"] as? String == "during"
    }
    #expect(end.count { $0.type == "RequestComplete" } == 1)
    #expect(end.last?.object["status"] as? String == "Success")
    let rest = try messages(socket) { $0.type == "LiveRequests" || $0.type == "Summary" }
    #expect(rest.last?.object["under_way"] as? Int ?? 0 == 0)
    // Another one that joins now is told all of it.
    let other = try WebSocketClient(port: gateway.port)
    let again = try messages(other) { $0.object["request_id"] as? String == "during" }
    #expect(again.filter { $0.type == "RequestComplete" }.count == 2)
    let all = (first + seen + end + rest + again).map { "\($0.data)" }.joined()
    #expect(!all.contains(Planted.word) && !all.contains("You said"))
  }

  @Test func backendsThatFallAreTold() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=0,tps=0"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(
      arguments: simulator.gatewayArguments + ["--survey-interval", "1"])
    defer { gateway.kill() }
    let socket = try WebSocketClient(port: gateway.port)
    _ = try messages(socket) { $0.type == "Summary" }
    try simulator.fault(#"{"backend":"a","kind":"refuse","all":true}"#)
    let fallen = try messages(socket) {
      ($0.data as? [Object])?.first?["status"] as? String == "Unhealthy"
    }
    #expect((fallen.last?.data as? [Object])?.first?["last_error"] is String)
    #expect(!fallen.contains { $0.type == "ModelChange" }, "its models are kept")
    try simulator.clear()
    _ = try messages(socket) {
      ($0.data as? [Object])?.first?["status"] as? String == "Healthy"
    }
  }

  @Test func manyWatchersHearTheSame() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=0,tps=0"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(
      arguments: simulator.gatewayArguments + ["--threads", "2"])
    defer { gateway.kill() }
    let sockets = try (0..<40).map { _ in try WebSocketClient(port: gateway.port) }
    for socket in sockets { _ = try messages(socket) { $0.type == "Summary" } }
    // Half of them go; the others hear what happens.
    for socket in sockets[..<20] { socket.close() }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    #expect(try client.exchange(post("heard", 3)).status == 200)
    for socket in sockets[20...] {
      let heard = try messages(socket) { $0.type == "RequestComplete" }
      #expect(heard.last?.object["request_id"] as? String == "heard")
    }
  }
}

import Foundation
import Testing

/// HTTP as such: framing, pipelining, idle connections, the log; and the cheap mode.
@Suite struct ConnectionTests {
  @Test func readsRequestsHoweverTheyAreCut() throws {
    let fleet = try RunningSimulator("generic:0,model=m")
    let client = try WireClient(fleet.port("generic"))
    let body = RunningSimulator.chatBody("hello there", "m")
    let request = WireClient.request("POST", "/v1/chat/completions", body: body)
    for byte in request.utf8 { client.send(String(decoding: [byte], as: UTF8.self)) }
    #expect(client.receive().status == 200)
    let pieces = body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(client.exchange(head + pieces).status == 200)
    let bodies = try fleet.requests("generic").compactMap { $0["body"] as? String }
    #expect(bodies == [body, body])
  }

  @Test func answersPipelinedRequestsInOrder() throws {
    let fleet = try RunningSimulator("generic:0,model=m")
    let client = try WireClient(fleet.port("generic"))
    let chat = WireClient.request(
      "POST", "/v1/chat/completions", body: RunningSimulator.chatBody("first", "m"))
    client.send(chat + WireClient.request("GET", "/v1/models"))
    let both = client.receive(beyondOne: true) { $0.body.contains("\"list\"") }
    #expect(both.body.hasPrefix("{\"id\":\"chatcmpl-"))
    #expect(both.body.contains("\"list\""))
    let paths = try fleet.requests("generic").compactMap { $0["path"] as? String }
    #expect(paths == ["/v1/chat/completions", "/v1/models"])
  }

  @Test func sendsContinueWhenAsked() throws {
    let fleet = try RunningSimulator("generic:0,model=m")
    let client = try WireClient(fleet.port("generic"))
    let body = RunningSimulator.chatBody("hi", "m")
    client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n")
    let wait = client.receive { $0.status == 100 }
    #expect(wait.status == 100)
    #expect(client.exchange(body).status == 200)
  }

  @Test func logsRequestsThatNeverBecameWhole() throws {
    let fleet = try RunningSimulator("generic:0,model=m")
    var client: WireClient? = try WireClient(fleet.port("generic"))
    client?.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"mo")
    client = nil
    #expect(
      try fleet.eventually {
        try fleet.requests("generic").first?["state"] as? String == "incomplete"
      })
  }

  @Test func closesIdleConnections() throws {
    let fleet = try RunningSimulator("vllm:0,idle=300")
    let client = try WireClient(fleet.port("vllm"))
    #expect(client.exchange(WireClient.request("GET", "/health")).status == 200)
    #expect(client.receive().end == .closed)
  }

  @Test func cheapModeAnswersEveryKindOfRequest() throws {
    let fleet = try RunningSimulator("generic:0,cheap,name=cheap")
    #expect(try fleet.get("cheap", "/v1/models").body.contains("burst-64"))
    #expect(try fleet.get("cheap", "/health").status == 200)
    #expect(try fleet.get("cheap", "/nothing").status == 404)
    let long = String(repeating: "x", count: 1 << 20)
    #expect(
      try fleet.chat("cheap", long, model: "sim-model").json["object"] as? String
        == "chat.completion")
    let burst = try fleet.chat("cheap", model: "burst-64", stream: true)
    #expect(burst.events.count == 65 && burst.hasFinalChunk)
    let client = try WireClient(fleet.port("cheap"))
    let body = RunningSimulator.chatBody("go", "stream-10ms", stream: true)
    client.send(WireClient.request("POST", "/v1/chat/completions", body: body))
    #expect(client.receive { $0.events.count >= 5 }.events.count >= 5)
  }

  @Test func cheapModeReadsRequestsHoweverTheyAreCut() throws {
    let fleet = try RunningSimulator("generic:0,cheap,name=cheap")
    let client = try WireClient(fleet.port("cheap"))
    let body = RunningSimulator.chatBody("hello", "sim-model")
    let request = WireClient.request("POST", "/v1/chat/completions", body: body)
    for byte in request.utf8 { client.send(String(decoding: [byte], as: UTF8.self)) }
    #expect(client.receive().status == 200)
    client.send(request + request)
    let both = client.receive(beyondOne: true) {
      $0.body.components(separatedBy: "\"chatcmpl").count == 3
    }
    #expect(both.status == 200)
  }
}

import Foundation
import Testing

/// How everything stands at one moment, through the front door.
@Suite struct LiveTests {
  private typealias Object = [String: Any]
  private static let chat = "/v1/chat/completions"
  private static let hostile = #"<script>alert("x")</script> & \"#

  private func post(_ id: String, _ model: String, words: Int) -> [UInt8] {
    let text = "write \(words) words and \(Planted.prompt)"
    let body = """
      {"model":"\(model)","stream":true,"stream_options":{"include_usage":true},
      "messages":[{"role":"user","content":"\(text)"}]}
      """
    return LoadClient.post(Self.chat, body, headers: "X-Request-Id: \(id)\r\n")
  }

  /// A backend that is slow to begin and takes one request at a time, and one that streams.
  private func configuration(_ simulator: SimulatorProcess) -> String {
    """
    [server]
    threads = 2
    [[backends]]
    name = '\(Self.hostile)'
    url = "\(simulator.backends[0].url)"
    type = "vllm"
    max_concurrent = 1
    [[backends]]
    name = "streamer"
    url = "\(simulator.backends[1].url)"
    type = "vllm"
    """
  }

  private func start() throws -> SimulatorProcess {
    try SimulatorProcess([
      "vllm:0,name=a,model=slow:1,ttft=60000", "vllm:0,name=b,model=m,ttft=0,tps=40,slots=64",
    ])
  }

  private func answer(
    _ gateway: ConfiguredGateway, headers: String = ""
  ) throws -> LoadClient.Answer {
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    let head = "GET /v1/live HTTP/1.1\r\nHost: gateway\r\n\(headers)\r\n"
    return try client.exchange(Array(head.utf8))
  }

  private func live(_ gateway: ConfiguredGateway) throws -> Object {
    let answer = try answer(gateway)
    let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? Object
    guard answer.status == 200, let object else { throw CaseFailure("live: \(answer.text)") }
    return object
  }

  private func requests(_ live: Object) -> [String: Object] {
    let list = live["requests"] as? [Object] ?? []
    return Dictionary(list.map { ($0["request_id"] as? String ?? "", $0) }) { $1 }
  }

  private func summary(_ live: Object, _ name: String) -> Double? {
    (live["summary"] as? Object)?[name] as? Double
  }

  @Test func everyPhaseIsSeen() throws {
    let simulator = try start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(configuration(simulator))
    var clients: [LoadClient] = []
    defer { for client in clients { client.close() } }
    func send(_ id: String, _ model: String) throws {
      let client = try LoadClient(port: gateway.gateway.port)
      clients.append(client)
      try client.send(post(id, model, words: 2_000))
    }
    #expect(requests(try live(gateway)).isEmpty)
    try send("waits", "slow:1")
    #expect(try ProcessFigures.wait { requests(try live(gateway))["waits"]?["backend"] != nil })
    try send("queues", "slow:1")
    // Two connections may be of two workers, one of which may be quicker.
    #expect(try ProcessFigures.wait { requests(try live(gateway))["queues"] != nil })
    try send("streams", "m")
    var last: Object = [:]
    let came = try ProcessFigures.wait(seconds: 20) {
      last = try live(gateway)
      let all = requests(last)
      return all["queues"]?["phase"] as? String == "queued"
        && all["streams"]?["tokens_per_second"] as? Double ?? 0 > 0
        && summary(last, "tokens_per_second") ?? 0 > 20
    }
    #expect(came, "\(last)")
    let all = requests(last)
    #expect(all.count == 3 && summary(last, "requests_under_way") == 3)
    #expect(all["waits"]?["phase"] as? String == "waiting")
    #expect(all["waits"]?["backend"] as? String == Self.hostile)
    #expect(all["queues"]?["backend"] is NSNull)
    #expect(all["streams"]?["phase"] as? String == "streaming")
    #expect(all["streams"]?["backend"] as? String == "streamer")
    #expect(all["streams"]?["model"] as? String == "m")
    #expect((last["summary"] as? Object)?["queue"] as? Object != nil)
    let queue = (last["summary"] as? Object)?["queue"] as? Object
    #expect(queue?["depth"] as? Int == 1)
    // The server sends forty a second, give or take a tenth and a busy machine.
    let rate = all["streams"]?["tokens_per_second"] as? Double ?? 0
    #expect((10...80).contains(rate), "\(rate)")
    let order = (last["requests"] as? [Object] ?? []).compactMap { $0["request_id"] as? String }
    #expect(order == ["waits", "queues", "streams"])
    let backends = last["backends"] as? [Object] ?? []
    #expect(backends.first?["name"] as? String == Self.hostile)
    #expect(backends.last?["tokens_per_second"] as? Double ?? 0 > 5)
    #expect(backends.first?["last_health_check"] is String)
    // Nothing of what was asked or answered, and no key.
    let text = try answer(gateway).text
    #expect(!text.contains(Planted.word) && !text.contains("You said"))
    for client in clients { client.close() }
    #expect(try ProcessFigures.wait { requests(try live(gateway)).isEmpty })
    let after = try live(gateway)
    #expect(summary(after, "requests_under_way") == 0 && summary(after, "requests") == 3)
    #expect(summary(after, "errors") == 3, "they were left")
    try gateway.finish()
  }

  @Test func manyAreCountedAndAHundredShown() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=60000,slots=200"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(
      arguments: simulator.gatewayArguments + ["--threads", "2"])
    defer { gateway.kill() }
    var clients: [LoadClient] = []
    defer { for client in clients { client.close() } }
    for number in 0..<130 {
      let client = try LoadClient(port: gateway.port)
      clients.append(client)
      try client.send(post("r\(number)", "m", words: 5))
    }
    let control = try LoadClient(path: gateway.controlSocket)
    defer { control.close() }
    var last: Object = [:]
    let came = try ProcessFigures.wait(seconds: 20) {
      let answer = try control.exchange(LoadClient.get("/live"))
      last = try JSONSerialization.jsonObject(with: Data(answer.body)) as? Object ?? [:]
      return summary(last, "requests_under_way") == 130
    }
    #expect(came, "\(String(describing: summary(last, "requests_under_way")))")
    #expect(requests(last).count == 100)
    let ages = (last["requests"] as? [Object] ?? []).compactMap { $0["age_ms"] as? Int }
    #expect(ages == ages.sorted(by: >))
  }

  @Test func theHourFillsAndWhatIsKnownIsNotSentAgain() throws {
    let simulator = try start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(configuration(simulator))
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    for number in 0..<3 {
      #expect(try client.exchange(post("r\(number)", "m", words: 5)).status == 200)
    }
    var series: Object = [:]
    // The first point comes ten seconds after the start.
    let came = try ProcessFigures.wait(seconds: 25) {
      series = try live(gateway)["series"] as? Object ?? [:]
      return !(series["time"] as? [Int] ?? []).isEmpty
    }
    #expect(came)
    #expect((series["requests"] as? [Int] ?? []).reduce(0, +) == 3)
    #expect((series["errors"] as? [Int] ?? []).reduce(0, +) == 0)
    #expect((series["first_token_ms"] as? [Any] ?? []).first is Int)
    #expect((series["tokens_per_second"] as? [Double] ?? []).reduce(0, +) > 0)
    let known = try ProcessFigures.wait {
      let tag = try answer(gateway).head.split(separator: "\r\n").first {
        $0.lowercased().hasPrefix("etag: ")
      }
      let again = try answer(gateway, headers: "If-None-Match: \(tag?.dropFirst(6) ?? "")\r\n")
      return again.status == 304 && again.body.isEmpty
    }
    #expect(known)
    try gateway.finish()
  }
}

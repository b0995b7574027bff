import Foundation
import Testing

/// What a collector is told of requests.
@Suite struct TraceTests {
  private static let trace = "0af7651916cd43dd8448eb211c80319c"
  private static let span = "b7ad6b7169203331"
  private static let parent = "traceparent: 00-\(trace)-\(span)-01\r\n"

  private func body(_ model: String, stream: Bool = false) -> String {
    let more = stream ? #","stream":true,"stream_options":{"include_usage":true}"# : ""
    return
      #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(Planted.prompt)"}]\#(more)}"#
  }

  private func send(
    _ text: String, to gateway: ConfiguredGateway, headers: String = "",
    path: String = "/v1/chat/completions"
  ) throws -> LoadClient.Answer {
    try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(LoadClient.post(path, text, headers: headers))
    }
  }

  private static func traces(_ collector: TraceCollector, _ more: String = "") -> String {
    "[traces]\nendpoint = \"\(collector.url)\"\n\(more)\n"
  }

  /// Three servers, a gateway in front of them, and a collector that it tells.
  private struct TracedBoxes {
    let parts: (collector: TraceCollector, simulator: SimulatorProcess, gateway: ConfiguredGateway)

    /// `more`: what else `[traces]` says.
    init(_ more: String = "", keptLog: Int? = nil) throws {
      let collector = try TraceCollector()
      let simulator = try ThreeBoxes.start()
      let text = ThreeBoxes.configuration(simulator, TraceTests.traces(collector, more))
      let gateway =
        try keptLog.map { try ConfiguredGateway(text, keptLog: $0) } ?? ConfiguredGateway(text)
      parts = (collector, simulator, gateway)
    }

    func stop() {
      parts.simulator.stop()
      parts.collector.stop()
    }
  }

  /// The value of a header line that a backend saw.
  private func seen(_ name: String, _ simulator: SimulatorProcess, _ backend: String) throws
    -> String?
  {
    try simulator.lastHead(of: backend).split(separator: "\n").first {
      $0.hasPrefix("\(name): ")
    }.map { String($0.dropFirst(name.count + 2)) }
  }

  @Test func oneRequestIsOneTree() throws {
    let boxes = try TracedBoxes("service_name = \"the gate\"")
    defer { boxes.stop() }
    let (collector, simulator, gateway) = boxes.parts
    let before = UInt64(Date().timeIntervalSince1970 * 1e9)
    let state = "tracestate: vendor=a,other=b\r\n"
    let answer = try send(
      body("m", stream: true), to: gateway,
      headers: "\(Self.parent)\(state)X-Request-Id: traced-1\r\n")
    #expect(answer.status == 200)
    let upstream = try #require(try seen("traceparent", simulator, "a"))
    #expect(try seen("tracestate", simulator, "a") == "vendor=a,other=b")
    let history = try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(LoadClient.get("/v1/history")).text
    }
    try gateway.finish()
    let after = UInt64(Date().timeIntervalSince1970 * 1e9)
    let spans = try collector.wait(spans: 2)
    #expect(try collector.accepted()[0].resource["service.name"] == "the gate")
    #expect(try collector.accepted()[0].resource["service.version"] != nil)
    let server = try #require(spans.first { $0.kind == 2 })
    let client = try #require(spans.first { $0.kind == 3 })
    #expect(server.trace == Self.trace && client.trace == Self.trace)
    #expect(server.parent == Self.span && server.flags == 0x301)
    #expect(client.parent == server.id && client.flags == 0x101)
    #expect(upstream == "00-\(Self.trace)-\(client.id)-01")
    #expect(server.name == "POST /v1/chat/completions" && client.name == "chat m")
    for span in spans {
      #expect(!span.isError && span["error.type"] == nil)
      #expect(span.start + 60_000_000_000 > before && span.end < after + 60_000_000_000)
      #expect(span["gen_ai.operation.name"] == "chat")
      #expect(span["gen_ai.provider.name"] == "vllm")
      #expect(span["gen_ai.request.model"] == "m" && span["gen_ai.response.model"] == "m")
      #expect(span["gen_ai.request.stream"] == "true")
      #expect(Int(span["gen_ai.usage.input_tokens"] ?? "") ?? 0 > 0)
      #expect(Int(span["gen_ai.usage.output_tokens"] ?? "") ?? 0 > 0)
      #expect(span["nexus.backend"] == "Box 0" && span["nexus.zone"] == "restricted")
      #expect(span["nexus.fallback"] == "false")
    }
    #expect(client.start >= server.start && client.end <= server.end)
    #expect(server["http.request.method"] == "POST")
    #expect(server["http.route"] == "/v1/chat/completions")
    #expect(server["http.response.status_code"] == "200")
    #expect(server["nexus.request_id"] == "traced-1" && server["nexus.retries"] == "0")
    #expect(server["nexus.route_reason"] == "capability-match")
    #expect(server["nexus.outcome"] == "success" && client["nexus.result"] == "answered")
    #expect(client["server.address"] == "127.0.0.1")
    #expect(simulator.backends[0].url.hasSuffix(":\(client["server.port"] ?? "")"))
    let first = Double(server["nexus.time_to_first_token"] ?? "") ?? -1
    let chunk = Double(client["gen_ai.response.time_to_first_chunk"] ?? "") ?? -1
    #expect(chunk > 0 && first >= chunk)
    #expect(UInt64(first * 1e9) <= server.end - server.start + 1_000)
    #expect(gateway.gateway.log.contains("trace_id=\(Self.trace)"))
    #expect(history.contains(#""trace_id":"\#(Self.trace)""#))
  }

  @Test func failuresAreTold() throws {
    let boxes = try TracedBoxes()
    defer { boxes.stop() }
    let (collector, simulator, gateway) = boxes.parts
    // A bad head of the client's: another trace, to which its state does not belong.
    let bad = "traceparent: 00-\(Self.trace.uppercased())-\(Self.span)-01\r\ntracestate: a=b\r\n"
    #expect(try send(body("m"), to: gateway, headers: bad).status == 200)
    #expect(try seen("tracestate", simulator, "a") == nil)
    let twice = Self.parent + Self.parent
    #expect(try send(body("m"), to: gateway, headers: twice).status == 200)
    let model = "evil \(Planted.key) \\u0000"
    #expect(try send(body(model), to: gateway).status == 404)
    #expect(try send(body("gone"), to: gateway).status == 200)
    try simulator.fault(#"{"backend":"a","kind":"garbage","count":1}"#)
    #expect(try send(body("m"), to: gateway).status == 200)
    let heads = try ["a", "b"].map { try seen("traceparent", simulator, $0) }
    for name in ["a", "b"] {
      try simulator.fault(#"{"backend":"\#(name)","kind":"status","status":500,"count":1}"#)
    }
    #expect(try send(body("m"), to: gateway).status >= 500)
    try gateway.finish()
    let spans = try collector.wait(spans: 13)
    let servers = spans.filter { $0.kind == 2 }
    #expect(servers.count == 6 && Set(servers.map(\.trace)).count == 6)
    #expect(servers.allSatisfy { $0.parent == nil && $0.trace != Self.trace })
    for span in spans where span.kind != 2 {
      let parent = servers.first { $0.id == span.parent }
      #expect(parent?.trace == span.trace)
    }
    let unknown = try #require(servers.first { $0["http.response.status_code"] == "404" })
    #expect(!unknown.isError && unknown["error.type"] == "model_unknown")
    #expect(unknown["gen_ai.request.model"]?.contains("***") == true)
    let fallback = try #require(servers.first { $0["gen_ai.request.model"] == "gone" })
    #expect(fallback["gen_ai.response.model"] == "m" && fallback["nexus.fallback"] == "true")
    let retried = servers.filter { $0["nexus.retries"] == "1" }
    #expect(retried.count == 2)
    let failover = try #require(retried.first { !$0.isError })
    #expect(failover["nexus.route_reason"] == "failover")
    let tries = spans.filter { $0.parent == failover.id }
    #expect(tries.map { $0["nexus.backend"] } == ["Box 0", "Box 1"])
    #expect(tries.map(\.isError) == [true, false])
    #expect(tries.map { $0["error.type"] } == ["upstream_broken", nil])
    #expect(tries.map { $0["nexus.result"] } == ["failed", "answered"])
    #expect(tries[0].end <= tries[1].start)
    #expect(heads == tries.map { "00-\(failover.trace)-\($0.id)-01" })
    let failed = try #require(retried.first { $0.isError })
    #expect(Int(failed["http.response.status_code"] ?? "") ?? 0 >= 500)
    #expect(failed["error.type"] != nil && !failed.message.isEmpty)
    for delivery in try collector.accepted() {
      #expect(!delivery.body.contains(Planted.word) && !delivery.body.contains("uthorization"))
    }
  }

  @Test func waitsAreSpans() throws {
    let boxes = try TracedBoxes()
    defer { boxes.stop() }
    let (collector, simulator, gateway) = boxes.parts
    try simulator.fault(#"{"backend":"c","kind":"stall_before","count":1}"#)
    let first = try LoadClient(port: gateway.gateway.port)
    try first.send(LoadClient.post("/v1/chat/completions", body("slow:1")))
    _ = try gateway.gateway.waitForBackend("Box 2") { $0["pending_requests"] as? Int == 1 }
    #expect(try send(body("slow:1"), to: gateway).status == 503)
    first.close()
    try gateway.gateway.waitForHealth("nothing under way", until: Date() + 10) { _ in
      gateway.gateway.log.contains("status_code=499")
    }
    try gateway.finish()
    let spans = try collector.wait(spans: 4)
    let late = try #require(spans.first { $0["http.response.status_code"] == "503" })
    #expect(late.isError && late["error.type"] == "queue_timeout")
    let wait = try #require(spans.first { $0.parent == late.id })
    #expect(wait.kind == 1 && wait.name == "queue" && !wait.isError)
    #expect(wait.end - wait.start >= 900_000_000)
    #expect(wait.start >= late.start && wait.end <= late.end)
    let left = try #require(spans.first { $0["http.response.status_code"] == "499" })
    #expect(!left.isError && left["error.type"] == "cancelled")
    #expect(left["nexus.outcome"] == "cancelled")
    #expect(spans.first { $0.parent == left.id }?["nexus.result"] == "unfinished")
  }

  @Test func loadsAreSpans() throws {
    let collector = try TraceCollector()
    defer { collector.stop() }
    let bench = try LifecycleBench(
      [LifecycleBench.server("exo", ",load=60")], Self.traces(collector))
    let answer = try bench.post("/v1/chat/completions", body("cold"))
    #expect(answer.status == 200, "\(answer.object)")
    try bench.finish()
    let spans = try collector.wait(spans: 3)
    let server = try #require(spans.first { $0.kind == 2 })
    let load = try #require(spans.first { $0.kind == 1 })
    let client = try #require(spans.first { $0.kind == 3 })
    #expect(load.name == "load model" && load.parent == server.id && !load.isError)
    #expect(load["gen_ai.request.model"] == "cold" && load["nexus.backend"] == "one")
    #expect(load.end > load.start && client.start >= load.end)
  }

  @Test(arguments: [("00", 1.0, 0), ("01", 0.0, 2)])
  func theClientDecides(_ flags: String, _ sample: Double, _ count: Int) throws {
    let boxes = try TracedBoxes("sample = \(sample)")
    defer { boxes.stop() }
    let (collector, simulator, gateway) = boxes.parts
    let field = "traceparent: 00-\(Self.trace)-\(Self.span)-\(flags)\r\n"
    #expect(try send(body("m"), to: gateway, headers: field).status == 200)
    let upstream = try seen("traceparent", simulator, "a") ?? ""
    #expect(upstream.hasPrefix("00-\(Self.trace)-") && upstream.hasSuffix("-\(flags)"))
    #expect(!upstream.contains(Self.span))
    #expect(try send(body("m"), to: gateway, headers: Self.parent).status == 200)
    try gateway.finish()
    let spans = try collector.wait(spans: count + 2)
    #expect(spans.allSatisfy { $0.trace == Self.trace })
  }

  @Test func aShareIsTraced() throws {
    let boxes = try TracedBoxes("sample = 0.5", keptLog: .max)
    defer { boxes.stop() }
    let (collector, simulator, gateway) = boxes.parts
    var upstream = Set<String>()
    try LoadClient(port: gateway.gateway.port).using { client in
      for number in 0..<200 {
        #expect(
          try client.exchange(LoadClient.post("/v1/chat/completions", body("m"))).status == 200)
        if number < 20 {
          let head = try seen("traceparent", simulator, "a") ?? ""
          if head.hasSuffix("-01") { upstream.insert(String(head.dropFirst(3).prefix(32))) }
        }
      }
    }
    try gateway.finish()
    let traces = Set(try collector.spans().map(\.trace))
    // More than six standard deviations off would be one in a thousand million runs.
    #expect((57...143).contains(traces.count), "\(traces.count) of 200")
    #expect(upstream.isSubset(of: traces) && upstream.count < 20)
    let told = gateway.gateway.log.components(separatedBy: "trace_id=").count - 1
    #expect(told == 200, "the log names every trace")
  }

  @Test func withoutACollectorNothingChanges() throws {
    let collector = try TraceCollector()
    defer { collector.stop() }
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let off = ThreeBoxes.configuration(simulator)
    let gateway = try ConfiguredGateway(off)
    let odd = "traceparent: anything at all\r\ntracestate: x=y\r\n"
    func check(_ isOn: Bool) throws {
      #expect(try send(body("m"), to: gateway, headers: odd).status == 200)
      let head = try seen("traceparent", simulator, "a")
      #expect((head == "anything at all") == !isOn)
      #expect(try seen("tracestate", simulator, "a") == (isOn ? nil : "x=y"))
    }
    try check(false)
    try gateway.reload(ThreeBoxes.configuration(simulator, Self.traces(collector)))
    try check(true)
    _ = try collector.wait(spans: 2)
    try gateway.reload(off)
    try check(false)
    let other = try TraceCollector()
    defer { other.stop() }
    try gateway.reload(ThreeBoxes.configuration(simulator, Self.traces(other)))
    try check(true)
    try gateway.finish()
    _ = try other.wait(spans: 2)
    _ = try collector.wait(spans: 2)
  }

  @Test func keysReachTheCollectorAndNobodyElse() throws {
    let collector = try TraceCollector()
    defer { collector.stop() }
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let household = try Household()
    let more = """
      headers = { "x-team" = "lab" }
      header_env = { authorization = "NEXUS_TEST_COLLECTOR", "x-none" = "NEXUS_TEST_UNSET" }
      """
    let file = try household.write(
      "nexus.toml", ThreeBoxes.configuration(simulator, TraceTests.traces(collector, more)),
      mode: 0o644)
    let gateway = try GatewayProcess(
      arguments: ["--config", file],
      environment: ["NEXUS_TEST_COLLECTOR": "Bearer \(Planted.key)"])
    let status = try LoadClient(port: gateway.port).using {
      try $0.exchange(LoadClient.post("/v1/chat/completions", body("m"))).status
    }
    #expect(status == 200)
    let settings = try LoadClient(path: gateway.controlSocket).using {
      try $0.exchange(LoadClient.get("/config")).text
    }
    #expect(!settings.contains(Planted.word) && settings.contains("NEXUS_TEST_COLLECTOR"))
    _ = try collector.wait(spans: 2)
    let delivery = try collector.accepted()[0]
    #expect(delivery.head.values("authorization") == ["Bearer \(Planted.key)"])
    #expect(delivery.head.values("x-team") == ["lab"] && delivery.head.values("x-none").isEmpty)
    #expect(!delivery.body.contains(Planted.word))
    #expect(gateway.log.contains("variable=NEXUS_TEST_UNSET"))
    gateway.terminate()
    try gateway.expectExit()
    #expect(!gateway.log.contains(Planted.word))
  }
}

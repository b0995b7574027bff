import Foundation
import Testing

/// `GET /metrics` through the front door.
@Suite struct MetricTests {
  private static let chat = "/v1/chat/completions"

  private func body(_ model: String, stream: Bool = false) -> String {
    let more = stream ? #","stream":true,"stream_options":{"include_usage":true}"# : ""
    return #"{"model":"\#(model)","messages":[{"role":"user","content":"Hello"}]\#(more)}"#
  }

  private func send(
    _ text: String, to gateway: ConfiguredGateway, headers: String = "", path: String = chat
  ) throws -> Int {
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    return try client.exchange(LoadClient.post(path, text, headers: headers)).status
  }

  @Test func aMixedRunIsCountedExactly() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    for _ in 0..<5 { #expect(try send(body("m"), to: gateway) == 200) }
    for _ in 0..<3 { #expect(try send(body("m", stream: true), to: gateway) == 200) }
    for _ in 0..<2 { #expect(try send(body("\"}x{"), to: gateway) == 400) }
    for name in ["evil\\\" 1", "nobody"] { #expect(try send(body(name), to: gateway) == 404) }
    #expect(try send(body("gone"), to: gateway) == 200)
    // The first fails before its answer, and the other serves the request.
    try simulator.fault(#"{"backend":"a","kind":"garbage","count":1}"#)
    #expect(try send(body("m"), to: gateway) == 200)
    try hangUp(gateway, simulator)
    try waitInVain(gateway, simulator)
    try check(MetricPage(port: gateway.gateway.port))
    try gateway.finish()
  }

  /// A client that leaves in the middle of its stream.
  private func hangUp(_ gateway: ConfiguredGateway, _ simulator: SimulatorProcess) throws {
    try simulator.fault(#"{"backend":"a","kind":"stall_inside","count":1}"#)
    let client = try LoadClient(port: gateway.gateway.port)
    try client.send(LoadClient.post(Self.chat, body("m", stream: true)))
    #expect(try client.readSome() > 0)
    #expect(try MetricPage(port: gateway.gateway.port).sum("nexus_open_streams") == 1)
    client.close()
    try waitFor(gateway, "nexus_open_streams", [:], 0)
  }

  /// One that has the only place, and one that waits for it until its time is over.
  private func waitInVain(_ gateway: ConfiguredGateway, _ simulator: SimulatorProcess) throws {
    try simulator.fault(#"{"backend":"c","kind":"stall_before","count":1}"#)
    let first = try LoadClient(port: gateway.gateway.port)
    try first.send(LoadClient.post(Self.chat, body("slow:1")))
    try waitFor(gateway, "nexus_pending_requests", ["backend": "Box_2"], 1)
    #expect(try send(body("slow:1"), to: gateway) == 503)
    first.close()
    try waitFor(gateway, "nexus_requests_total", ["backend": "Box_2", "status": "499"], 1)
  }

  private func waitFor(
    _ gateway: ConfiguredGateway, _ name: String, _ labels: [String: String], _ value: Double
  ) throws {
    let came = try ProcessFigures.wait {
      try MetricPage(port: gateway.gateway.port).sum(name, labels) == value
    }
    #expect(came, "\(name) \(labels) never became \(value)")
  }

  private func check(_ page: MetricPage) {
    func requests(_ labels: [String: String]) -> Double { page.sum("nexus_requests_total", labels) }
    #expect(requests(["model": "m", "backend": "Box_0", "status": "200"]) == 9)
    #expect(requests(["model": "m", "backend": "Box_1", "status": "200"]) == 1)
    #expect(requests(["model": "m", "backend": "Box_0", "status": "499"]) == 1)
    #expect(requests(["model": "unknown", "backend": "none", "status": "404"]) == 2)
    #expect(requests(["model": "unknown", "backend": "none", "status": "400"]) == 2)
    #expect(requests(["model": "slow_1", "backend": "none", "status": "503"]) == 1)
    #expect(requests(["model": "slow_1", "backend": "Box_2", "status": "499"]) == 1)
    #expect(requests([:]) == 17)
    #expect(page.sum("nexus_request_duration_seconds_count") == 17)
    #expect(page.sum("nexus_request_duration_seconds_bucket", ["le": "+Inf"]) == 17)
    func errors(_ kind: String, _ model: String) -> Double {
      page.sum("nexus_errors_total", ["error_type": kind, "model": model])
    }
    #expect(errors("model_not_found", "unknown") == 2)
    #expect(errors("parse_error", "unknown") == 2)
    #expect(errors("backend_error", "m") == 1)
    #expect(errors("client_cancelled", "m") == 1)
    #expect(errors("client_cancelled", "slow_1") == 1)
    #expect(errors("queue_timeout", "slow_1") == 1)
    #expect(page.sum("nexus_errors_total") == 8)
    #expect(page.sum("nexus_fallbacks_total", ["from_model": "gone", "to_model": "m"]) == 1)
    #expect(page.sum("nexus_retries_total", ["class": "upstream_broken"]) == 1)
    #expect(page.sum("nexus_failovers_total", ["stage": "before_reply"]) == 1)
    #expect(page.sum("nexus_attempt_failures_total", ["backend": "Box_0"]) == 1)
    #expect(page.sum("nexus_queue_enqueued_total") == 1)
    #expect(page.sum("nexus_queue_timeout_total") == 1)
    #expect(page.sum("nexus_queue_wait_seconds_count") == 1)
    #expect(page.sum("nexus_queue_wait_seconds_sum") >= 0.9)
    #expect(page.sum("nexus_streams_total") == 4)
    #expect(page.sum("nexus_tokens_total_count", ["model": "m", "type": "completion"]) == 10)
    #expect(page.sum("nexus_agent_ttft_seconds_count", ["agent_id": "Box_0"]) == 10)
    #expect(page.sum("nexus_pending_requests") == 0)
    #expect(page.sum("nexus_requests_in_flight") == 1)
    #expect(page.sum("nexus_backends_total") == 3 && page.sum("nexus_backends_healthy") == 3)
    #expect(page.sum("nexus_models_available") == 2)
    #expect(page.sum("nexus_backend_latency_seconds_count") >= 3)
    #expect(page.sum("process_resident_memory_bytes") > 1e6)
  }

  @Test func allFamiliesAreThereFromTheStart() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    let page = try MetricPage(port: gateway.gateway.port)
    #expect(page.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
    #expect(Set(page.families).count == page.families.count)
    let documented = try DocumentedMetrics().families.map(\.name)
    #expect(documented.count > 50)
    #expect(Set(page.families) == Set(documented))
    for name in ["nexus_queue_depth", "nexus_budget_limit_usd", "nexus_streams_total"] {
      #expect(page.text.contains("\n\(name) 0\n"))
    }
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    try client.send(Array("HEAD /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8))
    var head = ""
    while !head.hasSuffix("\r\n\r\n") {
      head += String(decoding: try client.readBytes(), as: UTF8.self)
    }
    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.contains("\r\ncontent-length: "))
    let control = try LoadClient(path: gateway.gateway.controlSocket)
    defer { control.close() }
    let other = try control.exchange(LoadClient.get("/metrics"))
    #expect(other.text.hasPrefix("# HELP nexus_requests_total "))
    #expect(other.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
  }

  @Test func hostileNamesMakeNoSeries() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    #expect(try send(body("first"), to: gateway) == 404)
    let before = try MetricPage(port: gateway.gateway.port).count
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    for number in 0..<600 {
      let answer = try client.exchange(LoadClient.post(Self.chat, body("evil-\(number)")))
      #expect(answer.status == 404)
    }
    let page = try MetricPage(port: gateway.gateway.port)
    #expect(page.sum("nexus_requests_total", ["model": "unknown"]) == 601)
    #expect(page.count <= before + 20, "series of the other worker and of new families")
    #expect(!page.text.contains("evil"))
  }

  @Test func openMetricsNamesARequest() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator, threads: 1))
    #expect(try send(body("m"), to: gateway, headers: "X-Request-Id: find-me\r\n") == 200)
    let page = try MetricPage(
      port: gateway.gateway.port,
      accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    #expect(page.head.contains("content-type: application/openmetrics-text; version=1.0.0"))
    #expect(page.text.hasSuffix("\n# EOF\n"))
    #expect(page.text.contains("\n# TYPE nexus_requests counter\n"))
    #expect(page.text.contains(" # {request_id=\"find-me\"} 0."))
    #expect(page.sum("nexus_requests_total") == 1)
    #expect(page.text.contains("le=\"1.0\""))
  }

  // MARK: Prometheus

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: AlertRuleTests.promtool)))
  func promtoolAcceptsThePage() throws {
    let simulator = try ThreeBoxes.start()
    defer { simulator.stop() }
    let gateway = try ConfiguredGateway(ThreeBoxes.configuration(simulator))
    for name in ["m", "gone", "slow:1", "nobody"] { _ = try send(body(name), to: gateway) }
    #expect(try send(body("m", stream: true), to: gateway) == 200)
    let page = try MetricPage(port: gateway.gateway.port)
    let file = "\(gateway.folder)/page.txt"
    try Data(page.text.utf8).write(to: URL(fileURLWithPath: file))
    let run = try ProgramRun(
      "/bin/sh", arguments: ["-c", "\(AlertRuleTests.promtool) check metrics < \(file)"])
    let told = (run.output + run.errors).split(separator: "\n").map(String.init).sorted()
    // Names that dashboards know, whatever they look like today.
    let why = "non-counter metrics should not have \"_total\" suffix"
    #expect(told == ["nexus_backends_total \(why)", "nexus_tokens_total \(why)"])
  }
}

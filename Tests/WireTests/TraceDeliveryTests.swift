import Foundation
import Testing

/// Collectors that are not there, slow, or not content: requests never notice, and what is lost is
/// counted.
@Suite struct TraceDeliveryTests {
  private static let chat = LoadClient.post(
    "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#)

  private final class Scene {
    let simulator: SimulatorProcess
    let gateway: ConfiguredGateway

    init(_ url: String) throws {
      simulator = try ThreeBoxes.start()
      gateway = try ConfiguredGateway(
        ThreeBoxes.configuration(simulator, "[traces]\nendpoint = \"\(url)\"\n"),
        keptLog: .max)
    }

    deinit { simulator.stop() }

    func send(_ count: Int = 1) throws {
      try LoadClient(port: gateway.gateway.port).using { client in
        for _ in 0..<count {
          let status = try client.exchange(TraceDeliveryTests.chat).status
          #expect(status == 200)
        }
      }
    }

    func dropped(_ reason: String) throws -> Int {
      Int(try page().sum("nexus_trace_spans_dropped_total", ["reason": reason]))
    }

    func exported() throws -> Int { Int(try page().sum("nexus_trace_spans_exported_total")) }

    func wait(_ what: String, _ condition: () throws -> Bool) throws {
      guard try ProcessFigures.wait(seconds: 20, condition) else {
        throw CaseFailure("never came: \(what)\n\(try page().text)")
      }
    }

    private func page() throws -> MetricPage { try MetricPage(port: gateway.gateway.port) }

    func said(_ text: String) -> Int {
      gateway.gateway.log.components(separatedBy: text).count - 1
    }
  }

  @Test func whoIsNotThereIsSaidOnce() throws {
    let port = try Sockets.portForListening()
    let scene = try Scene("http://127.0.0.1:\(port)")
    try scene.send()
    try scene.wait("the batch is given up") { try scene.dropped("unreachable") == 2 }
    #expect(scene.said("spans are not delivered") == 1)
    #expect(scene.said("spans are delivered again") == 0)
    let collector = try TraceCollector(port: port)
    defer { collector.stop() }
    try scene.send()
    _ = try collector.wait(spans: 2)
    try scene.wait("it is counted") { try scene.exported() == 2 }
    try scene.wait("it is said") { scene.said("spans are delivered again") == 1 }
    #expect(scene.gateway.gateway.log.contains("dropped=2"))
    #expect(scene.said("spans are not delivered") == 1)
    try scene.gateway.finish()
  }

  @Test func anOverloadedCollectorIsAskedAgain() throws {
    let collector = try TraceCollector(
      first: [.status(503, head: "Retry-After: 2\r\n"), .close, .status(429)])
    defer { collector.stop() }
    let scene = try Scene(collector.url)
    let began = Date()
    try scene.send(3)
    _ = try collector.wait(spans: 6)
    let last = try #require(try collector.accepted().last)
    #expect(last.time.timeIntervalSince(began) > 2)
    try scene.wait("it is counted") { try scene.exported() == 6 }
    #expect(try scene.dropped("unreachable") == 0 && scene.said("spans are not delivered") == 1)
    try scene.gateway.finish()
  }

  @Test func refusalsAndRejectionsAreCounted() throws {
    let part = #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#
    let collector = try TraceCollector(first: [.status(400), .status(200, body: part)])
    defer { collector.stop() }
    let scene = try Scene(collector.url)
    try scene.send()
    try scene.wait("a refusal") { try scene.dropped("refused") == 2 }
    try scene.send()
    try scene.wait("a rejection") { try scene.dropped("rejected") == 1 }
    #expect(try scene.exported() == 1)
    try scene.send()
    try scene.wait("success") { try scene.exported() == 3 }
    #expect(scene.said("spans are not delivered") == 1)
    #expect(scene.said("spans are delivered again") == 1)
    try scene.gateway.finish()
  }

  @Test func oneThatNeverAnswersCostsSpansAlone() throws {
    let collector = try TraceCollector(then: .silence)
    defer { collector.stop() }
    let scene = try Scene(collector.url)
    try scene.send(2_400)
    // Two spans each, and no more than 2,048 requests wait.
    #expect(try scene.dropped("queue_full") >= 2 * (2_400 - 2_048))
    #expect(try scene.exported() == 0)
    let began = Date()
    try scene.gateway.finish()
    #expect(Date().timeIntervalSince(began) < 4)
  }

  @Test func whatIsLeftIsDeliveredAtTheEnd() throws {
    let collector = try TraceCollector()
    defer { collector.stop() }
    let scene = try Scene(collector.url)
    try scene.send(700)
    try scene.gateway.finish()
    let deliveries = try collector.accepted()
    #expect(deliveries.reduce(0) { $0 + $1.spans.count } == 1_400)
    #expect(deliveries.allSatisfy { $0.spans.count <= 512 })
  }
}

import Foundation
import Seeded
import Testing

@testable import Config
@testable import Gateway
@testable import HTTP
@testable import Telemetry

/// Bodies, tries and bounds of the delivery of spans, without a network.
@Suite struct TraceDeliveryTests {
  // MARK: Bodies

  @Test func theBodyIsExactlyThat() {
    let context = TraceContext(
      trace: TraceID(high: 0x0102, low: 0xFF), span: 0xABC, isSampled: true)
    var text = TraceText(version: "1.2") { $0.attribute("service.name", "a \"b\"") }
    var span = TraceSpan(context, parent: nil, "x", .server, start: 5, end: 4)
    text.span(span) { _ in }
    span.parent = 7
    span.isParentRemote = true
    span.failure = "what\n"
    text.span(span) {
      $0.attribute("i", -3 as Int64)
      $0.attribute("d", 0.5)
      $0.attribute("n", Double.nan)
      $0.attribute("b", true)
      $0.attribute("s", "t" as StaticString)
      $0.attribute("u", [0xFF])
    }
    text.end()
    #expect(text.count == 2)
    let head = """
      "traceId":"000000000000010200000000000000ff","spanId":"0000000000000abc"
      """
    let times = #""startTimeUnixNano":"5","endTimeUnixNano":"5""#
    let expected = """
      {"resourceSpans":[{"resource":{"attributes":[\
      {"key":"service.name","value":{"stringValue":"a \\"b\\""}}]},\
      "scopeSpans":[{"scope":{"name":"nexus","version":"1.2"},"spans":[\
      {\(head),"flags":257,"name":"x","kind":2,\(times),"attributes":[]},\
      {\(head),"parentSpanId":"0000000000000007","flags":769,"name":"x","kind":2,\(times),\
      "attributes":[{"key":"i","value":{"intValue":"-3"}},{"key":"d","value":{"doubleValue":0.5}},\
      {"key":"b","value":{"boolValue":true}},{"key":"s","value":{"stringValue":"t"}},\
      {"key":"u","value":{"stringValue":"\u{FFFD}"}}],"status":{"code":2,"message":"what\\n"}}\
      ]}]}]}
      """
    #expect(String(decoding: text.bytes, as: UTF8.self) == expected)
  }

  // MARK: Tries

  private func reply(_ status: Int, _ retryAfter: String? = nil, _ body: String = "")
    -> Delivery
    .Event
  {
    .reply(
      PlainCall.Reply(
        status: status, fields: retryAfter.map { ["retry-after": $0] } ?? [:],
        body: Array(body.utf8)))
  }

  @Test func whatHelpsIsTriedAgainAndNothingElse() {
    for status in [100, 301, 400, 401, 404, 413, 500, 501] {
      var delivery = Delivery()
      #expect(delivery.on(reply(status, "5"), now: 0, draw: 0) == .drop(.refused))
      #expect(delivery.trouble.contains("\(status)"))
    }
    var random = SeededRandom(seed: 3)
    let failures: [Delivery.Event] = [
      reply(429), reply(502), reply(503), reply(504), .failure(.broken(.connect("refused"))),
      .failure(.broken(.timeout("the wait"))), .failure(.notHTTP([1])),
    ]
    for _ in 0..<100 {
      var delivery = Delivery()
      for round in 0..<4 {
        let least = UInt64(500) << UInt64(round)
        let action = delivery.on(random.pick(failures), now: 0, draw: random.next())
        guard case .again(let pause) = action else { return #expect(Bool(false), "\(action)") }
        #expect(pause >= least && pause < 2 * least)
        #expect(!delivery.trouble.isEmpty)
      }
      #expect(delivery.on(random.pick(failures), now: 0, draw: 1) == .drop(.unreachable))
    }
    var late = Delivery()
    _ = late.on(reply(503), now: 0, draw: 0)
    #expect(late.on(reply(204), now: 0, draw: 0) == .done(rejected: 0))
  }

  @Test func theCollectorSaysWhen() {
    for (value, expected) in [
      ("3", 3_000), ("0", 500), ("999999999", 300_000), ("-1", 500), ("soon", 500), ("", 500),
      ("Thu, 01 Jan 1970 00:02:00 GMT", 20_000), ("Thu, 01 Jan 1970 00:01:00 GMT", 500),
      ("99999999999999999999", 500),
    ] as [(String, UInt64)] {
      var delivery = Delivery()
      let action = delivery.on(reply(503, value), now: 100, draw: 0)
      #expect(action == .again(after: expected), "\(value)")
    }
  }

  @Test func rejectionsAreRead() {
    for (body, expected) in [
      ("", 0), ("{}", 0), ("not json", 0), (#"{"partialSuccess":{}}"#, 0),
      (#"{"partialSuccess":{"rejectedSpans":"12"}}"#, 12),
      (#"{"partialSuccess":{"rejectedSpans":12}}"#, 12),
      (#"{"partialSuccess":{"rejectedSpans":-5}}"#, 0),
      (#"{"partialSuccess":{"rejectedSpans":"x","errorMessage":"y"}}"#, 0),
      (#"{"partialSuccess":[]}"#, 0),
    ] { #expect(Delivery.rejected(Array(body.utf8)) == expected, "\(body)") }
  }

  // MARK: Where

  @Test func theCollectorIsMadeReady() throws {
    for (url, path) in [
      ("http://c:4318", "/v1/traces"), ("http://c:4318/", "/v1/traces"),
      ("http://c:4318/v1/traces", "/v1/traces"), ("https://c/otlp", "/otlp/v1/traces"),
      ("https://c/otlp/v1/traces/", "/otlp/v1/traces"), ("c:1/v1", "/v1/traces"),
    ] {
      var settings = Settings.Traces()
      settings.endpoint = url
      settings.headers = [.init(name: "X-A", value: "1"), .init(name: "x-b", value: "2")]
      settings.headerVariables = ["x-a": "A", "x-c": "C", "x-d": "D", "x-e": "E"]
      var faults: [Collector.VariableFault] = []
      let variables = ["A": "Bearer 1", "C": "", "D": "a\r\nb: c"]
      let collector = try #require(
        Collector(settings, environment: { variables[$0] }, &faults))
      #expect(collector.path == path, "\(url)")
      #expect(String(decoding: collector.lines, as: UTF8.self) == "x-a: Bearer 1\r\nx-b: 2\r\n")
      #expect(faults == [.unusable("C"), .unusable("D"), .missing("E")])
    }
    var faults: [Collector.VariableFault] = []
    #expect(Collector(.init(), environment: { _ in nil }, &faults) == nil)
  }

  // MARK: Bounds

  private func entry() -> HistoryEntry {
    let record = RequestRecord()
    record.begin(at: 0)
    record.end(at: 1)
    return HistoryEntry(record, id: [], unixSeconds: 0)
  }

  @Test func noMoreWaitThanMay() async {
    let queue = TraceQueue()
    queue.offer(entry())
    #expect(queue.takeAll().isEmpty && queue.counts.dropped(.stopped) == 1)
    await confirmation(expectedCount: 1) { called in
      queue.open { called() }
      for _ in 0..<3_000 { queue.offer(entry()) }
    }
    #expect(queue.counts.dropped(.queueFull) == UInt64(3_000 - TraceQueue.most))
    #expect(queue.takeAll().count == TraceQueue.most)
    queue.offer(entry())
    #expect(queue.counts.dropped(.queueFull) == UInt64(3_001 - TraceQueue.most))
    queue.settle(10)
    for _ in 0..<11 { queue.offer(entry()) }
    #expect(queue.takeAll().count == 10)
    queue.close()
    queue.settle(TraceQueue.most)
    queue.offer(entry())
    #expect(queue.takeAll().isEmpty && queue.counts.dropped(.stopped) == 2)
  }

  @Test func troubleIsSaidOnce() {
    var trouble = ExportTrouble()
    #expect(trouble.ended(dropped: 0) == nil)
    #expect(trouble.began(dropped: 3) && !trouble.began(dropped: 5))
    #expect(trouble.ended(dropped: 9) == 6 && trouble.ended(dropped: 9) == nil)
    // As long as more is lost, all is not well.
    #expect(!trouble.noticed(lost: 0) && trouble.noticed(lost: 4))
    #expect(trouble.began(dropped: 10) && trouble.ended(dropped: 14) == nil)
    #expect(trouble.noticed(lost: 8) && !trouble.began(dropped: 18))
    #expect(!trouble.noticed(lost: 8) && trouble.ended(dropped: 18) == 8)
  }
}

import Net
import NexusPluginABI
import Synchronization
import Testing

@testable import Drivers

/// How often `end` was called; tests that count run one after the other.
private let ended = Atomic<Int>(0)

@Suite(.serialized) struct ExchangeTests {
  static let relaying = TableDriver(
    begin: { operation, sink, state in
      guard let operation = operation?.pointee, let sink, let state else { return 99 }
      let host = sink.pointee.host
      state.pointee = UnsafeMutableRawPointer(bitPattern: 0x10)
      sink.pointee.request(host, slice("POST"), slice("/v1/chat/completions"))
      sink.pointee.header(host, slice("Authorization"), slice("Bearer {credential}"))
      sink.pointee.header(host, slice("content-type"), slice("application/json"))
      sink.pointee.body_part(host, 0, operation.model_offset)
      sink.pointee.body(host, operation.model_json)
      let after = operation.model_offset + operation.model_length
      sink.pointee.body_part(host, after, operation.body.size - after)
      return NEXUS_SEND
    },
    resume: { _, reply, sink in
      guard let reply = reply?.pointee, let sink else { return 99 }
      if reply.event == NEXUS_REPLY_HEAD { return NEXUS_RELAY }
      if reply.event == NEXUS_REPLY_BODY {
        var usage = nexus_usage()
        usage.size = UInt32(MemoryLayout<nexus_usage>.size)
        usage.known = 1
        usage.input_tokens = reply.bytes.size
        sink.pointee.report(sink.pointee.host, NEXUS_REPORT_USAGE, &usage)
      }
      return NEXUS_DONE
    },
    end: { _ in ended.add(1, ordering: .relaxed) })

  @Test func relaysWithTheModelReplaced() throws {
    let before = ended.load(ordering: .relaxed)
    let exchange = Exchange()
    let body = Array(#"{"model":"a","x":1}"#.utf8)
    let operation = DriverOperation(
      kind: .chat, model: Array("b/c".utf8), modelJSON: Array(#""b/c""#.utf8), modelRange: 9..<12)
    for _ in 0..<2 {
      #expect(exchange.begin(try Self.relaying.driver(), operation, body: body.span.bytes) == .send)
      let request = exchange.sink.request
      #expect(request.assembledBody(clientBody: body) == Array(#"{"model":"b/c","x":1}"#.utf8))
      #expect(request.bodyLength == body.count + 2)
      #expect(request.parts.count == 3)
      #expect(exchange.head(200, [("Content-Type", "text/event-stream")]) == .relay)
      #expect(exchange.body("data: 1\n\n") == .more)
      #expect(exchange.sink.reports.usage == TokenUsage(input: 9))
      #expect(exchange.complete() == .done)
      exchange.close()
      exchange.close()
    }
    #expect(ended.load(ordering: .relaxed) == before + 2)
  }

  @Test func endsWhenReleasedOrBegunAgain() throws {
    let before = ended.load(ordering: .relaxed)
    let driver = try Self.relaying.driver()
    do {
      let exchange = Exchange()
      #expect(exchange.begin(driver, .chat) == .send)
      #expect(exchange.begin(driver, .chat) == .send)
      #expect(ended.load(ordering: .relaxed) == before + 1)
    }
    #expect(ended.load(ordering: .relaxed) == before + 2)
  }

  @Test func credentialFillsItsFieldOrTheFieldIsLeftOut() throws {
    let exchange = Exchange()
    #expect(exchange.begin(try Self.relaying.driver(), .chat) == .send)
    let with = ByteBuffer()
    exchange.sink.request.appendFields(to: with, credential: Array("sk-1".utf8))
    #expect(
      with.text(0..<with.count)
        == "Authorization: Bearer sk-1\r\ncontent-type: application/json\r\n")
    for missing in [nil, [UInt8]()] {
      let without = ByteBuffer()
      exchange.sink.request.appendFields(to: without, credential: missing)
      #expect(without.text(0..<without.count) == "content-type: application/json\r\n")
    }
  }

  @Test func brokenRelayFails() throws {
    let exchange = Exchange()
    #expect(exchange.begin(try Self.relaying.driver(), .chat) == .send)
    #expect(exchange.head(200) == .relay)
    #expect(exchange.broke(.closed) == .failed)
    #expect(exchange.sink.failure?.code == .upstreamBroken)
    #expect(exchange.body("late") == .failed)
  }

  /// Fields reach the driver in lower case, in order, with their values.
  @Test func headFieldsAreShownInLowerCase() throws {
    let driver = TableDriver(
      begin: { _, sink, _ in
        guard let sink else { return 99 }
        sink.pointee.request(sink.pointee.host, slice("GET"), slice("/"))
        return NEXUS_SEND
      },
      resume: { _, reply, sink in
        guard let reply = reply?.pointee, let sink else { return 99 }
        guard let headers = reply.headers, reply.header_count == 2, reply.status == 503 else {
          return 98
        }
        sink.pointee.fail(sink.pointee.host, NEXUS_FAIL_OVERLOADED, headers[1].name, 7)
        return NEXUS_FAILED
      })
    let exchange = Exchange()
    #expect(exchange.begin(try driver.driver(), .survey) == .send)
    #expect(exchange.head(503, [("Server", "x"), ("Retry-AFTER", "3")]) == .failed)
    #expect(exchange.sink.failure == DriverFailure(.overloaded, "retry-after", detail: 7))
  }
}

struct VerdictTests {
  /// What a driver may not answer is its bug, whatever it is.
  @Test(arguments: [
    (NEXUS_MORE, "MORE"), (NEXUS_SEND, "SEND without"), (NEXUS_RELAY, "RELAY without"),
    (NEXUS_DONE, "DONE without"), (NEXUS_FAILED, "FAILED without"), (77, "unknown verdict"),
  ])
  func verdictOutOfPlaceAtTheBeginning(number: UInt32, expected: String) throws {
    // The operation's kind cannot carry the verdict, the model can.
    let driver = TableDriver(begin: { operation, _, _ in
      operation?.pointee.model.borrowed.map { UInt32($0[0]) } ?? 99
    })
    let exchange = Exchange()
    let operation = DriverOperation(kind: .chat, model: [UInt8(number)])
    #expect(exchange.begin(try driver.driver(), operation, body: RawSpan()) == .failed)
    #expect(exchange.sink.failure?.code == .driverBug)
    #expect(exchange.sink.failure?.message.contains(expected) == true)
  }

  @Test func moreAfterTheEndIsABug() throws {
    let driver = TableDriver(
      begin: { _, sink, _ in
        guard let sink else { return 99 }
        sink.pointee.request(sink.pointee.host, slice("GET"), slice("/"))
        return NEXUS_SEND
      }, resume: { _, _, _ in NEXUS_MORE })
    for finish in [{ $0.complete() }, { $0.broke(.timeout) }] as [(Exchange) -> Verdict] {
      let exchange = Exchange()
      #expect(exchange.begin(try driver.driver(), .survey) == .send)
      #expect(exchange.head(200) == .more)
      #expect(exchange.body("x") == .more)
      #expect(finish(exchange) == .failed)
      #expect(exchange.sink.failure?.code == .driverBug)
    }
  }
}

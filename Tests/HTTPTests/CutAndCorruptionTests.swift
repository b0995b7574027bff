import Seeded
import Testing

@testable import HTTP

/// Cuts must not change anything, and no bytes may bring a parser down.
@Suite struct CutAndCorruptionTests {
  static let heads: [[UInt8]] =
    [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nGET http://h/x?y HTTP/1.0\r\n\r\nbody",
      "POST /v1 HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nX:\r\n\r\n5\r\nhello",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade\r\nUpgrade: h2c\r\n\r\n",
    ].map { Array($0.utf8) }
    + (RequestRefusalTests.startLines.map(\.text)
    + RequestRefusalTests.fieldLines.map { "POST / HTTP/1.1\r\nHost: a\r\n" + $0.text + "\r\n" })
    .map { Array($0.utf8) }

  @Test func requestsAreTheSameAtEveryCut() {
    for bytes in Self.heads {
      let whole = parseRequest(bytes)
      for cut in 0...bytes.count {
        #expect(parseRequest(bytes, cuts: [cut]).withoutOffset == whole.withoutOffset)
      }
      let bytewise = parseRequest(bytes, cuts: Array(0..<bytes.count))
      #expect(bytewise.withoutOffset == whole.withoutOffset, "\(text(bytes, 0..<bytes.count))")
    }
  }

  @Test func properPrefixesNeedMore() {
    let bytes = Self.heads[2]
    let length = parseRequest(bytes).head?.length ?? 0
    #expect(length == bytes.count - 8)
    for end in 0..<length { #expect(parseRequest(Array(bytes[..<end])) == .more) }
  }

  @Test func recordedRequestsAreTheSameAtEveryCut() throws {
    let recordings = try Recording.all(in: "llamacpp", suffix: ".request.http")
    #expect(recordings.count > 50)
    for recording in recordings {
      let head = try #require(parseRequest(recording.bytes).head, "\(recording.name)")
      let bytes = Array(recording.bytes[..<head.length])
      if case .length(let body) = head.framing {
        #expect(head.length + Int(body) == recording.bytes.count, "\(recording.name)")
      }
      #expect(parseRequest(bytes, cuts: Array(0..<bytes.count)).head == head, "\(recording.name)")
    }
  }

  @Test func recordedResponsesDecodeTheSameAtEveryCut() throws {
    let recordings = try Recording.all(in: "llamacpp", suffix: ".http", not: ".request.http")
    #expect(recordings.count > 50)
    var chunked = 0
    for recording in recordings {
      let head = try #require(parseResponse(recording.bytes).head, "\(recording.name)")
      let front = Array(recording.bytes[..<head.length])
      #expect(parseResponse(front, cuts: Array(0..<front.count)).head == head)
      let body = Array(recording.bytes[head.length...])
      guard head.framing == .chunked else { continue }
      chunked += 1
      let whole = decodeChunked(body)
      #expect(decodeChunked(body, cuts: Array(0..<body.count)) == whole, "\(recording.name)")
      for cut in 0...min(body.count, 600) {
        #expect(decodeChunked(body, cuts: [cut]) == whole, "\(recording.name) cut at \(cut)")
      }
      if case .failed(let reason, let offset) = whole {
        Issue.record("\(recording.name): \(reason) at \(offset)")
      }
    }
    #expect(chunked > 15)
  }

  @Test(arguments: 0..<10) func corruptedBytesNeverHarm(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let chunked = Array("5\r\nhello\r\nA;x\r\n0123456789\r\n0\r\nA: b\r\n\r\n".utf8)
    let response = Array(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".utf8)
    for _ in 0..<400 {
      let head = corrupt(Self.heads[Int.random(in: 0..<Self.heads.count, using: &random)], &random)
      let cut = Int.random(in: 0...head.count, using: &random)
      let whole = parseRequest(head)
      #expect(parseRequest(head, cuts: [cut]).withoutOffset == whole.withoutOffset, "seed \(seed)")
      #expect((0...head.count).contains(whole.head?.length ?? 0))
      #expect((0...head.count).contains(whole.error?.offset ?? 0), "seed \(seed)")
      let answer = corrupt(response, &random)
      #expect((0...answer.count).contains(parseResponse(answer).head?.length ?? 0))
      let body = corrupt(chunked, &random)
      let decoded = decodeChunked(body)
      #expect(decodeChunked(body, cuts: Array(0..<body.count)) == decoded, "seed \(seed): \(body)")
      if case .ended(let payload, let end) = decoded {
        #expect(payload.count < end && end <= body.count)
      }
    }
  }

  @Test func aPeerThatSendsSingleBytesCostsNoMore() {
    // Quadratic work would be half a billion steps here.
    let bytes = Array(
      ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 32_000)).utf8)
    var parser = HeadParser()
    var head = RequestHead()
    for end in 0...bytes.count {
      #expect(throws: Never.self) {
        try parser.request(bytes.span.extracting(0..<end), into: &head)
      }
    }
  }

  private func corrupt(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    let marks = Array("\r\n :;,\t\0HTTP/1.105aA".utf8) + [0x7F, 0x80, 0xFF]
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: 0...bytes.count, using: &random)
      let byte = marks[Int.random(in: 0..<marks.count, using: &random)]
      switch Int.random(in: 0..<3, using: &random) {
      case 0 where at < bytes.count: bytes[at] = byte
      case 1 where at < bytes.count: bytes.remove(at: at)
      default: bytes.insert(byte, at: at)
      }
    }
    return bytes
  }
}

extension Outcome {
  /// Whether and with which status a head is refused must not depend on cuts. Which of two faults
  /// is met first may: a bare line feed is seen before the head is complete, others after.
  var withoutOffset: Outcome {
    guard case .error(let error) = self else { return self }
    return .error(HTTPParseError(error.status == 400 ? .badStartLine : error.reason, at: 0))
  }
}

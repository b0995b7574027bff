import Foundation
import Glibc
import Testing

/// Slow clients and slow servers: bytes that trickle, readers that pause, in every framing. What
/// arrives is what was sent.
@Suite(.serialized) struct SlowPeerTests {
  /// Starts the gateway in front of one backend; the body is given both.
  private func play(_ body: (GatewayProcess, ScriptedBackend) throws -> Void) throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    try play(port: backend.port) { try body($0, backend) }
  }

  private func play(port: UInt16, _ body: (GatewayProcess) throws -> Void) throws {
    let gateway = try GatewayProcess(
      arguments: ["--backend", "http://127.0.0.1:\(port),type=generic,name=one"])
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    do {
      try body(gateway)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    gateway.terminate()
    try gateway.expectExit()
  }

  private func request(stream: Bool, isOld: Bool = false) -> [UInt8] {
    let body = #"{"model":"m1","stream":\#(stream),"messages":[]}"#
    let head = "POST /v1/chat/completions HTTP/1.\(isOld ? 0 : 1)\r\nHost: gateway\r\n"
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  /// One byte to a packet, in every framing, to clients of both versions.
  @Test(arguments: StreamScript.Framing.allCases, [false, true])
  func tricklingServer(_ framing: StreamScript.Framing, isOld: Bool) throws {
    try play { gateway, backend in
      for isStream in [true, false] {
        let script = StreamScript(
          seed: isOld ? 2 : 3, framing: framing, isLong: false, events: 10)
        let answer = FramedAnswer(length: 500, framing: framing, chunk: 3)
        let client = try LoadClient(port: gateway.port)
        defer { client.close() }
        try client.send(request(stream: isStream, isOld: isOld))
        let peer = try backend.next(until: Date() + 10).peer
        let server = Worker {
          for byte in isStream ? script.head + script.wire : answer.wire { peer.send([byte]) }
          peer.halfClose()
        }
        let received = try StreamedAnswer(from: client)
        server.join()
        peer.close()
        #expect(received.isComplete)
        let isSame = received.payload == (isStream ? script.payload : answer.payload)
        #expect(isSame, "stream \(isStream): \(readable(received.payload))")
      }
    }
  }

  /// The client takes one byte at a time out of a small window.
  @Test(arguments: StreamScript.Framing.allCases, [true, false])
  func trickleOfAClient(_ framing: StreamScript.Framing, isStream: Bool) throws {
    try play { gateway, backend in
      let script = StreamScript(seed: 5, framing: framing, isLong: false)
      let answer = FramedAnswer(length: 40_000, framing: framing, chunk: 777)
      let client = try LoadClient(port: gateway.port, receiveBuffer: 2048)
      defer { client.close() }
      try client.send(request(stream: isStream))
      let peer = try backend.next(until: Date() + 10).peer
      peer.send(isStream ? script.head + script.wire : answer.wire)
      peer.halfClose()
      let received = try StreamedAnswer(from: client, piece: 1)
      peer.close()
      #expect(received.isComplete)
      let isSame = received.payload == (isStream ? script.payload : answer.payload)
      #expect(isSame, "\(received.payload.count) bytes")
    }
  }

  /// The client reads nothing until the server is held up, and then all.
  @Test(arguments: [
    (StreamScript.Framing.chunked, true), (.untilClose, true), (.length, false), (.chunked, false),
  ]) func pausingClient(_ framing: StreamScript.Framing, isStream: Bool) throws {
    let answer = FramedAnswer(
      Self.large(isStream: isStream), isStream: isStream, framing: framing, chunk: 7919)
    try play { gateway, backend in
      let client = try LoadClient(port: gateway.port, receiveBuffer: 32 * 1024)
      defer { client.close() }
      try client.send(request(stream: isStream))
      let peer = try backend.next(until: Date() + 10).peer
      let sent = Counter()
      let server = Worker {
        // Small enough for this thread to be the one that is held up.
        for start in stride(from: 0, to: answer.wire.count, by: 30_011) {
          let piece = Array(answer.wire[start..<min(start + 30_011, answer.wire.count)])
          peer.send(piece)
          sent.add(piece.count)
        }
        peer.halfClose()
      }
      var last = -1
      let isHeldUp = ProcessFigures.wait(seconds: 20) {
        defer { last = sent.value }
        Thread.sleep(forTimeInterval: 0.2)
        return sent.value == last && last > 0
      }
      #expect(
        isHeldUp && sent.value < answer.wire.count, "the gateway took all for a client that waits")
      let received = try StreamedAnswer(from: client)
      server.join()
      peer.close()
      #expect(received.isComplete)
      let isSame = received.payload == answer.payload
      #expect(isSame, "\(received.payload.count) bytes for \(answer.payload.count)")
    }
  }

  /// A server that takes its time over a large request gets it whole, and others are served
  /// meanwhile.
  @Test func slowReaderOfARequest() throws {
    let text = (0..<400_000).map { "\(1_000_000 + $0)" }.joined()
    let body = #"{"model":"m1","messages":[{"role":"user","content":"\#(text)"}]}"#
    let server = try SlowReader(expecting: Array(body.utf8))
    defer { server.stop() }
    try play(port: server.port) { gateway in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      let other = try LoadClient(port: gateway.port)
      defer { other.close() }
      try client.send(LoadClient.post("/v1/chat/completions", body))
      for _ in 0..<10 {
        #expect(try other.exchange(LoadClient.get("/v1/models")).status == 200)
      }
      #expect(server.matched.value == 0)
      server.begin()
      let answer = try client.receive()
      #expect(answer.status == 200, "\(answer.text)")
      #expect(server.damaged.value == 0)
      #expect(server.matched.value == body.utf8.count)
    }
  }

  /// More than all buffers on the way can hold.
  private static func large(isStream: Bool) -> [UInt8] {
    let filling = String(repeating: "x", count: 900)
    var payload: [UInt8] = isStream ? [] : Array(#"{"choices":[],"text":""#.utf8)
    for number in 0..<22_000 {
      let event = #"data: {"choices":[{"delta":{"content":"\#(number) \#(filling)"}}]}"# + "\n\n"
      payload += Array(isStream ? event.utf8 : "\(number) \(filling)".utf8)
    }
    payload += Array(isStream ? "data: [DONE]\n\n".utf8 : #""}"#.utf8)
    return payload
  }
}

/// An answer as a server frames it.
private struct FramedAnswer {
  let payload: [UInt8]
  let wire: [UInt8]

  init(_ payload: [UInt8], isStream: Bool, framing: StreamScript.Framing, chunk: Int) {
    self.payload = payload
    let type = isStream ? "text/event-stream" : "application/json"
    var wire = Array("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\n".utf8)
    switch framing {
    case .length: wire += Array("Content-Length: \(payload.count)\r\n\r\n".utf8) + payload
    case .untilClose: wire += Array("\r\n".utf8) + payload
    case .chunked:
      wire += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
      for start in stride(from: 0, to: payload.count, by: chunk) {
        let piece = payload[start..<min(start + chunk, payload.count)]
        wire += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A]
      }
      wire += Array("0\r\n\r\n".utf8)
    }
    self.wire = wire
  }

  /// Text of that length in an answer without a stream.
  init(length: Int, framing: StreamScript.Framing, chunk: Int) {
    let text = (0..<length / 5).map { "\(10000 + $0 % 90000)" }.joined()
    self.init(
      Array(#"{"choices":[{"message":{"content":"\#(text)"}}]}"#.utf8), isStream: false,
      framing: framing, chunk: chunk)
  }
}

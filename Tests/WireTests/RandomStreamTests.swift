import Foundation

import Seeded
import Testing

/// Streams made from seeds, cut into packets and chunks at random, whole and broken off.
@Suite(.serialized) struct RandomStreamTests {
  /// Chunks are where most can go wrong.
  private static func seeds(_ framing: StreamScript.Framing) -> Range<UInt64> {
    0..<(framing == .chunked ? 100 : 40)
  }

  /// A gateway and the backend that plays scripts.
  private func play(
    _ scripts: [UInt64: (StreamScript, Breakage?)], _ body: (GatewayProcess) throws -> Void
  ) throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let gateway = try GatewayProcess(
      arguments: ["--backend", "http://\(backend.authority),type=generic,name=one"])
    defer { gateway.kill() }
    try waitForBackend(gateway)
    let isOver = Counter()
    let damaged = Counter()
    let server = Worker {
      while isOver.value == 0 {
        guard let request = try? backend.next(until: Date() + 0.1) else { continue }
        if !Self.serve(request, scripts, backend) { damaged.add(1) }
      }
    }
    do {
      try body(gateway)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    isOver.add(1)
    server.join()
    #expect(damaged.value == 0, "requests came damaged")
    #expect(gateway.isRunning)
    gateway.terminate()
    try gateway.expectExit()
  }

  private func waitForBackend(_ gateway: GatewayProcess) throws {
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
  }

  /// Plays the script that the request asks for; false if the request is not as it was sent.
  private static func serve(
    _ request: ScriptedBackend.Request, _ scripts: [UInt64: (StreamScript, Breakage?)],
    _ backend: ScriptedBackend
  ) -> Bool {
    let channel = Channel(request.peer)
    guard (try? channel.begin(request.head)) != nil,
      let body = try? channel.receiveBody(until: Date() + 10),
      let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
      let seed = object["seed"] as? Int, let (script, breakage) = scripts[UInt64(seed)]
    else { return false }
    for packet in script.packets(upTo: breakage?.end) { request.peer.send(packet) }
    if let breakage {
      request.peer.send(breakage.last)
      if breakage.kind != .reset { request.peer.halfClose() }
      request.peer.close(reset: breakage.kind == .reset)
    } else if script.framing == .untilClose {
      // In order behind what has still to be sent.
      request.peer.halfClose()
      request.peer.close()
    } else {
      backend.release(request.peer)
    }
    return body == script.request
  }

  /// Sends the request of a script in pieces, every third time in chunks.
  private func send(_ script: StreamScript, on client: LoadClient, isOld: Bool) throws {
    var random = SeededRandom(seed: script.seed ^ 0x5555)
    var head = "POST /v1/chat/completions HTTP/1.\(isOld ? 0 : 1)\r\nHost: gateway\r\n"
    var body = script.request
    if !isOld, random.isOne(in: 3) {
      head += "Transfer-Encoding: chunked\r\n"
      body = random.cut(body, largest: 5000).flatMap {
        Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + [0x0D, 0x0A]
      }
      body += Array("0\r\n\r\n".utf8)
    } else {
      head += "Content-Length: \(body.count)\r\n"
    }
    let wire = Array((head + "\r\n").utf8) + body
    for packet in random.cut(wire, largest: random.pick([100, 3000, 200_000])) {
      try client.send(packet)
    }
  }

  /// The client's payload is the server's, byte for byte, whatever the cuts; to clients of
  /// HTTP/1.0 too. Those of HTTP/1.1 stay on one connection.
  @Test(arguments: StreamScript.Framing.allCases) func whole(_ framing: StreamScript.Framing)
    throws
  {
    var scripts: [UInt64: (StreamScript, Breakage?)] = [:]
    for seed in Self.seeds(framing) {
      scripts[seed] = (StreamScript(seed: seed, framing: framing, isLong: true), nil)
    }
    try play(scripts) { gateway in
      let kept = try LoadClient(port: gateway.port)
      defer { kept.close() }
      for seed in Self.seeds(framing) {
        guard let (script, _) = scripts[seed] else { continue }
        let isOld = seed % 4 == 0
        let client = isOld ? try LoadClient(port: gateway.port) : kept
        defer { if isOld { client.close() } }
        try send(script, on: client, isOld: isOld)
        let answer = try StreamedAnswer(from: client)
        try #require(answer.head.status == 200, "seed \(seed): \(answer.text)")
        #expect(answer.isComplete, "seed \(seed)")
        // Two arrays in the expectation itself would be compared at length if they differ.
        let isSame = answer.payload == script.payload
        try #require(isSame, "seed \(seed): \(difference(answer.payload, script.payload))")
      }
    }
  }

  /// A stream that is broken off is, for the client, whole events, one event with the error and
  /// the closing mark.
  @Test(arguments: StreamScript.Framing.allCases) func broken(_ framing: StreamScript.Framing)
    throws
  {
    var scripts: [UInt64: (StreamScript, Breakage?)] = [:]
    for seed in Self.seeds(framing) {
      let script = StreamScript(
        seed: seed, framing: framing, isLong: false, events: seed % 4 == 1 ? 1000 : 120)
      scripts[seed] = (script, try Breakage(of: script))
    }
    try play(scripts) { gateway in
      for seed in Self.seeds(framing) {
        guard case let (script, breakage?)? = scripts[seed] else { continue }
        try waitForBackend(gateway)
        let client = try LoadClient(port: gateway.port)
        defer { client.close() }
        try send(script, on: client, isOld: seed % 4 == 0)
        let answer = try StreamedAnswer(from: client)
        let fault = BrokenStream(script: script, breakage: breakage).fault(of: answer)
        let isRight = fault == nil
        #expect(
          isRight,
          "seed \(seed), \(breakage) of \(script.wire.count): \(fault ?? "")")
      }
    }
  }
}

/// What a client may see of a stream that was broken off.
private struct BrokenStream {
  let script: StreamScript
  let breakage: Breakage

  /// The end of the last event that was sent whole.
  private var whole: Int { script.eventEnds.last { $0 <= breakage.sent } ?? 0 }

  /// What is wrong with the answer, or nil.
  func fault(of answer: StreamedAnswer) -> String? {
    var answer = answer
    guard answer.head.status == 200 else { return faultOfRefusal(answer) }
    if script.framing == .length {
      return answer.isComplete || !script.payload.starts(with: answer.payload)
        ? "not a cut beginning: \(shown(answer.payload))" : nil
    }
    guard answer.isComplete else { return "cut off: \(shown(answer.payload))" }
    if answer.payload.elementsEqual(script.payload.prefix(breakage.sent)), isProperEnd {
      return nil
    }
    guard answer.dropErrorEnd() else { return "no error at the end: \(shown(answer.payload))" }
    let count = answer.payload.count
    guard script.payload.starts(with: answer.payload) else {
      return "other events: \(difference(answer.payload, script.payload))"
    }
    guard count == 0 || (script.eventEnds + script.commentEnds).contains(count) else {
      return "not at the end of an event: \(shown(answer.payload))"
    }
    // A reset may overtake what was sent before it.
    guard breakage.kind == .reset || count >= whole else {
      return "\(count) of \(whole) bytes of whole events: \(shown(answer.payload))"
    }
    return count > breakage.sent ? "more than was sent" : nil
  }

  /// Whether nothing is missing: all was sent, or what the end of the connection may end.
  private var isProperEnd: Bool {
    let isEnded = script.framing == .untilClose && breakage.kind == .closed
    return breakage.sent == script.payload.count || isEnded && breakage.sent >= script.finish
  }

  /// Nothing was passed on, so the request failed as a whole. Before the first output that is right.
  private func faultOfRefusal(_ answer: StreamedAnswer) -> String? {
    guard answer.head.status == 502, (try? JSONCheck.checkEnvelope(answer.payload)) != nil else {
      return "\(answer.head.startLine): \(answer.text)"
    }
    let mayBeNothing = breakage.kind == .reset || whole < script.firstOutput
    return mayBeNothing ? nil : "502 though \(whole) bytes of whole events were sent"
  }

  private func shown(_ payload: [UInt8]) -> String { "…" + readable(payload.suffix(400)) }
}

/// Where a payload begins to differ from what it should be.
private func difference(_ came: [UInt8], _ expected: [UInt8]) -> String {
  let common = zip(came, expected).prefix { $0 == $1 }.count
  let from = max(0, common - 60)
  return """
    \(came.count) bytes for \(expected.count), the first difference at \(common):
    \(readable(came.dropFirst(from).prefix(200)))
    expected:
    \(readable(expected.dropFirst(from).prefix(200)))
    """
}

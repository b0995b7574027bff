import Foundation
import Testing

/// Backends behind TLS: who is believed, what is told when nobody is, and that all else is as
/// without it.
@Suite(
  .serialized, .enabled(if: Certificates.toolsAreThere, "openssl or python3 is missing"))
struct SecureUpstreamTests {
  /// A gateway, the backend `one` behind TLS, and the plain backend `two`.
  private struct Scene {
    var gateway: GatewayProcess
    var front: SecureFront
    var one: ScriptedBackend
    var two: ScriptedBackend

    /// What every test may wait for an event.
    var deadline: Date { Date() + 10 }

    /// Takes the next request of a backend with its body.
    func request(
      of backend: ScriptedBackend
    ) throws -> (request: ScriptedBackend.Request, body: [UInt8]) {
      let request = try backend.next(until: deadline)
      let channel = Channel(request.peer)
      try channel.begin(request.head)
      return (request, try channel.receiveBody(until: deadline))
    }

    /// Answers, and looks for the next request on the connection.
    func answer(
      _ request: ScriptedBackend.Request, at backend: ScriptedBackend, _ body: String,
      status: Int = 200
    ) {
      let head = """
        HTTP/1.1 \(status) Test\r
        Content-Type: application/json\r
        Content-Length: \(body.utf8.count)\r
        \r

        """
      request.peer.send(Array((head + body).utf8))
      backend.release(request.peer)
    }
  }

  /// Sets the scene, waits for `healthy` backends, plays, and demands an orderly end.
  private func play(
    certificate: Certificates.Subject = .here, trusts: (Certificates) throws -> String?,
    host: String = "127.0.0.1", options: String = "", environment: [String: String] = [:],
    healthy: Int, _ body: (Scene) throws -> Void
  ) throws {
    let certificates = try Certificates()
    let one = try ScriptedBackend(WireCase.Backend(name: "one", models: ["m1", "own"]))
    defer { one.stop() }
    let two = try ScriptedBackend(WireCase.Backend(name: "two"))
    defer { two.stop() }
    let front = try SecureFront(certificates, certificate, to: one.port)
    defer { front.stop() }
    var first = "https://\(host):\(front.port),type=generic,name=one\(options)"
    if let file = try trusts(certificates) { first += ",ca-file=\(file)" }
    let gateway = try GatewayProcess(
      arguments: [
        "--threads", "1", "--backend", first,
        "--backend", "http://\(two.authority),type=generic,name=two",
      ],
      environment: environment.merging(["no_proxy": "*"]) { $1 })
    defer { gateway.kill() }
    do {
      try gateway.waitForHealth("\(healthy) healthy backends", until: Date() + 10) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == healthy
      }
      try body(Scene(gateway: gateway, front: front, one: one, two: two))
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    gateway.terminate()
    try gateway.expectExit()
  }

  private static func chat(_ text: String = "", model: String = "own") -> String {
    #"{"model":"\#(model)","messages":[{"role":"user","content":"\#(text)"}]}"#
  }

  private static func post(_ body: String, headers: String = "") -> [UInt8] {
    LoadClient.post("/v1/chat/completions", body, headers: headers)
  }

  /// Answers, streams and large bodies come through unchanged, all on one connection; after the
  /// server has closed that, on the next.
  @Test(arguments: ["127.0.0.1", "localhost"]) func verified(_ host: String) throws {
    try play(trusts: { $0.authority }, host: host, healthy: 2) { scene in
      let client = try LoadClient(port: scene.gateway.port)
      defer { client.close() }
      try client.send(Self.post(Self.chat("small")))
      var (request, body) = try scene.request(of: scene.one)
      #expect(String(decoding: body, as: UTF8.self) == Self.chat("small"))
      scene.answer(request, at: scene.one, #"{"choices":[],"n":1}"#)
      #expect(try client.receive().text == #"{"choices":[],"n":1}"#)

      try client.send(Self.post(#"{"stream":true,"model":"own","messages":[]}"#))
      (request, _) = try scene.request(of: scene.one)
      #expect(request.isReused, "a stream came on a connection of its own")
      try playStream(scene, request, client)

      let large = String(repeating: "0123456789abcdef", count: 1 << 16)
      try client.send(Self.post(Self.chat(large)))
      (request, body) = try scene.request(of: scene.one)
      #expect(request.isReused, "a large request came on a connection of its own")
      #expect(body.elementsEqual(Self.chat(large).utf8))
      let answer = #"{"choices":[],"text":"\#(large)"}"#
      scene.answer(request, at: scene.one, answer)
      #expect(try client.receive().body.elementsEqual(answer.utf8))

      scene.one.closeIdle(reset: false)
      try client.send(Self.post(Self.chat("again")))
      (request, _) = try scene.request(of: scene.one)
      #expect(!request.isReused)
      scene.answer(request, at: scene.one, #"{"choices":[],"n":2}"#)
      #expect(try client.receive().text == #"{"choices":[],"n":2}"#)
    }
  }

  /// Each event is seen before the next is sent.
  private func playStream(
    _ scene: Scene, _ request: ScriptedBackend.Request, _ client: LoadClient
  ) throws {
    let head = """
      HTTP/1.1 200 OK\r
      Content-Type: text/event-stream\r
      Transfer-Encoding: chunked\r
      \r

      """
    let delta = #"data: {"choices":[{"delta":{"content":"x"},"finish_reason":null}]}"# + "\n\n"
    let last = #"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
    request.peer.send(Array(head.utf8))
    var received: [UInt8] = []
    for event in Array(repeating: delta, count: 20) + [last, "data: [DONE]\n\n"] {
      let size = String(event.utf8.count, radix: 16)
      request.peer.send(Array("\(size)\r\n\(event)\r\n".utf8))
      let before = received.count
      while received.count < before + event.utf8.count { received += try client.readBytes() }
    }
    request.peer.send(Array("0\r\n\r\n".utf8))
    while !received.suffix(5).elementsEqual("0\r\n\r\n".utf8) { received += try client.readBytes() }
    let (_, length) = try #require(try Head.parse(received))
    var wire = Array(received[length...])
    var payload: [UInt8] = []
    var reader = BodyReader(.chunked)
    try reader.read(from: &wire, ended: false, into: &payload)
    let expected = String(repeating: delta, count: 20) + last + "data: [DONE]\n\n"
    #expect(payload.elementsEqual(expected.utf8))
    #expect(reader.isComplete && wire.isEmpty)
    scene.one.release(request.peer)
  }

  /// Nobody vouches for the certificate, or somebody else than was named: nothing is sent there,
  /// and log and client are told why.
  @Test(arguments: [false, true]) func untrusted(namesAnAuthority: Bool) throws {
    let trusts = { (all: Certificates) in namesAnAuthority ? try all.stranger() : nil }
    try play(trusts: trusts, healthy: 1) { scene in
      try expectRefusal(scene, why: "certificate")
      #expect(scene.front.refused > 0)
      #expect(scene.front.opened == 0, "a handshake was completed")
    }
  }

  @Test func certificateOfAnotherName() throws {
    try play(certificate: .elsewhere, trusts: { $0.authority }, healthy: 1) {
      try expectRefusal($0, why: "127.0.0.1")
    }
  }

  private func expectRefusal(_ scene: Scene, why: String) throws {
    #expect(
      ProcessFigures.wait { scene.gateway.log.contains("backend is down") },
      "\(scene.gateway.log)")
    let line = scene.gateway.log.split(separator: "\n").first { $0.contains("backend is down") }
    let told = line?.firstRange(of: " reason=").map { line?[$0.upperBound...] ?? "" } ?? ""
    #expect(told.contains(why), "\(line ?? "nothing was told")")
    scene.two.refuse()
    scene.two.closeIdle(reset: false)
    let client = try LoadClient(port: scene.gateway.port)
    defer { client.close() }
    let answer = try client.exchange(Self.post(Self.chat(model: "m1")))
    #expect([502, 503].contains(answer.status), "\(answer.text)")
    #expect(scene.one.unclaimed.isEmpty && scene.one.surveyCount == 0, "something was sent")
  }

  /// Connections that the server ends, in order or in the middle of an answer, leave no descriptor.
  @Test func endedConnections() throws {
    try play(trusts: { $0.authority }, healthy: 2) { scene in
      let client = try LoadClient(port: scene.gateway.port)
      defer { client.close() }
      var before = 0
      for round in 0..<16 {
        if round == 4 { before = ProcessFigures.descriptors(of: scene.gateway.identifier) }
        try client.send(Self.post(Self.chat()))
        let isWhole = round % 2 == 0
        // The only backend is asked once more for an answer that broke off.
        for _ in 0..<(isWhole ? 1 : 2) {
          let (request, _) = try scene.request(of: scene.one)
          #expect(!request.isReused)
          let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 14\r\n\r\n"
          request.peer.send(Array((head + (isWhole ? #"{"choices":[]}"# : "{")).utf8))
          request.peer.close()
        }
        #expect(try client.receive().status == (isWhole ? 200 : 502))
      }
      #expect(
        ProcessFigures.wait(seconds: 3) {
          ProcessFigures.descriptors(of: scene.gateway.identifier) <= before
        })
    }
  }

  /// A server that ends the handshake costs the request nothing: another one takes it.
  @Test func brokenHandshake() throws {
    try play(trusts: { $0.authority }, healthy: 2) { scene in
      try scene.front.breakHandshakes()
      let client = try LoadClient(port: scene.gateway.port)
      defer { client.close() }
      try client.send(Self.post(Self.chat(model: "m1")))
      let (request, body) = try scene.request(of: scene.two)
      #expect(String(decoding: body, as: UTF8.self) == Self.chat(model: "m1"))
      scene.answer(request, at: scene.two, #"{"choices":[]}"#)
      let answer = try client.receive()
      #expect(answer.status == 200)
      #expect(answer.head.contains("x-nexus-backend: two"), "\(answer.head)")
      #expect(answer.head.contains("x-nexus-route-reason: failover"), "\(answer.head)")
      #expect(scene.front.broken > 0)
      #expect(scene.one.unclaimed.isEmpty)
    }
  }

  /// The key goes to its backend and nowhere else; the client's own goes nowhere.
  @Test func credentials() throws {
    let key = "sk-of-the-host"
    try play(
      trusts: { $0.authority }, options: ",api-key-env=NEXUS_TEST_KEY",
      environment: ["NEXUS_TEST_KEY": key], healthy: 2
    ) { scene in
      let client = try LoadClient(port: scene.gateway.port)
      defer { client.close() }
      try client.send(
        Self.post(Self.chat(model: "m1"), headers: "Authorization: Bearer sk-of-the-client\r\n"))
      let (first, _) = try scene.request(of: scene.one)
      #expect(first.head.values("authorization") == ["Bearer \(key)"])
      scene.answer(first, at: scene.one, #"{"error":{"message":"boom"}}"#, status: 500)
      let (second, body) = try scene.request(of: scene.two)
      #expect(second.head.values("authorization").isEmpty)
      let sent = second.head.fields.map { "\($0.name): \($0.value)\n" }.joined()
      #expect(!sent.contains("sk-"), "\(sent)")
      #expect(String(decoding: body, as: UTF8.self) == Self.chat(model: "m1"))
      scene.answer(second, at: scene.two, #"{"choices":[]}"#)
      let answer = try client.receive()
      #expect(answer.status == 200)
      #expect(!answer.head.contains("sk-"), "\(answer.head)")
      #expect(!scene.gateway.log.contains(key))
    }
  }
}

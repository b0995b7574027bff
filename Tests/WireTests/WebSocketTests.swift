import Foundation
import Glibc
import Testing

/// Watching over `/ws`: who may, and what they are told.
@Suite(.serialized) struct WebSocketTests {
  // MARK: Handshake

  @Test func whoMayWatch() throws {
    try WatchedGateway.play("[dashboard]\norigins = [\"https://home.example\"]\n") { configured in
      let port = configured.gateway.port
      for (headers, verdict) in [
        ("", "101"), ("Origin: http://127.0.0.1:\(port)\r\n", "101"),
        ("Origin: https://home.example\r\n", "101"),
        ("Origin: http://127.0.0.1\r\n", "403 origin_not_allowed"),
        ("Origin: https://127.0.0.1:\(port)\r\n", "101"),
        ("Origin: http://localhost:\(port)\r\n", "403 origin_not_allowed"),
        ("Origin: http://evil.example\r\n", "403 origin_not_allowed"),
        ("Origin: null\r\n", "403 origin_not_allowed"),
        ("Origin:\r\n", "403 origin_not_allowed"),
        (
          "Origin: http://127.0.0.1:\(port)\r\nOrigin: http://evil.example\r\n",
          "403 origin_not_allowed"
        ),
      ] {
        let client = try WebSocketClient(port: port, headers: headers, mustOpen: false)
        #expect(client.answer.verdict == verdict, "\(headers)")
      }
      // DNS rebinding: to the browser the page comes from the gateway.
      let client = try LoadClient(port: port)
      defer { client.close() }
      let rebound = String(decoding: WebSocketClient.handshake(port: port), as: UTF8.self)
        .replacing("127.0.0.1:\(port)", with: "evil.example:\(port)")
        .replacing(
          "Upgrade: websocket", with: "Upgrade: websocket\r\nOrigin: http://evil.example:\(port)")
      #expect(try client.exchange(Array(rebound.utf8)).verdict == "403 origin_not_allowed")
    }
  }

  @Test func othersAreToldWhatIsWrong() throws {
    try WatchedGateway.play { configured in
      let client = try LoadClient(port: configured.gateway.port)
      defer { client.close() }
      let plain = try client.exchange(LoadClient.get("/ws"))
      #expect(plain.verdict == "426 upgrade_required")
      #expect(plain.field("upgrade") == "websocket")
      #expect(plain.field("sec-websocket-version") == "13")
      #expect(plain.text.contains("Upgrade: websocket"), "\(plain.text)")
      let port = configured.gateway.port
      let posting = try LoadClient(port: port)
      defer { posting.close() }
      #expect(
        try posting.exchange(LoadClient.post("/ws", "{}")).verdict == "405 method_not_allowed")
      let good = String(decoding: WebSocketClient.handshake(port: port), as: UTF8.self)
      for (part, other, verdict) in [
        ("Version: 13", "Version: 14", "426 upgrade_required"),
        (WebSocketClient.key, "short", "400 bad_http"),
        ("GET /ws ", "GET /ws?view=other ", "400 invalid_request_error"),
        ("GET /ws ", "GET /v1/ws ", "404 not_found"),
      ] {
        let answer = try client.exchange(Array(good.replacing(part, with: other).utf8))
        #expect(answer.verdict == verdict, "\(other)")
      }
      #expect(try client.exchange(LoadClient.get("/health")).status == 200)
    }
  }

  /// What is sent along with the handshake, before its answer, counts.
  @Test(arguments: ["/ws", "/ws?view=page", "/ws?view=api", "//ws/"])
  func watchersAreSentWhatThereIs(_ path: String) throws {
    try WatchedGateway.play { configured in
      let client = try WebSocketClient(
        port: configured.gateway.port, path, early: WebSocketClient.frame(9, Array("early".utf8)))
      var pong: WebSocketClient.Frame?
      var message: WebSocketClient.Frame?
      while pong == nil || message == nil, let frame = try client.next() {
        if frame.opcode == 10 { pong = frame } else { message = frame }
      }
      #expect(pong?.text == "early")
      let object = try JSONSerialization.jsonObject(with: Data(message?.payload ?? []))
      let type = (object as? [String: Any])?["update_type"] as? String
      #expect((type == "Page") == path.contains("page"), "\(type ?? "none")")
      try client.sendClose()
      #expect(try client.expectClose().code == 1000)
      try configured.waitForLog("endpoint=watch status=success status_code=101")
      try configured.waitForLog("viewer gone")
    }
  }

  /// A place that becomes free is there for the next.
  @Test func asManyAsMayWatch() throws {
    try WatchedGateway.play("[dashboard]\nmax_viewers = 2\n") { configured in
      let gateway = configured.gateway
      let first = try WebSocketClient(port: gateway.port)
      let second = try WebSocketClient(port: gateway.port)
      try WatchedGateway.waitForViewers(2, gateway)
      let third = try WebSocketClient(port: gateway.port, mustOpen: false)
      #expect(third.answer.verdict == "503 too_many_viewers")
      #expect(third.answer.field("retry-after") == "30")
      first.close()
      try WatchedGateway.waitForViewers(1, gateway)
      _ = try WebSocketClient(port: gateway.port)
      withExtendedLifetime(second) {}
    }
  }

  // MARK: The gateway's side

  /// All who watch are told the same, whoever they are.
  @Test func manyAreToldTheSame() throws {
    try WatchedGateway.play { configured in
      let gateway = configured.gateway
      let clients = try (0..<200).map { _ in try WebSocketClient(port: gateway.port) }
      try WatchedGateway.waitForViewers(200, gateway)
      let asking = try LoadClient(port: gateway.port)
      defer { asking.close() }
      _ = try asking.exchange(LoadClient.post("/v1/chat/completions", WatchedGateway.body))
      var told: Set<String> = []
      for client in clients {
        while let frame = try client.next() {
          guard frame.text.contains("RequestComplete") else { continue }
          told.insert(frame.text)
          break
        }
      }
      #expect(told.count == 1, "\(told)")
    }
  }

  /// A gateway that stops tells those who watch at once, though a request is still under way, and does
  /// not wait for those who do not listen.
  @Test func aStopIsToldAtOnce() throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    try WatchedGateway.play(
      """
      [[backends]]
      name = "one"
      url = "http://127.0.0.1:\(backend.port)"
      type = "generic"
      """
    ) { configured in
      let gateway = configured.gateway
      try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
        ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
      }
      let viewers = try ["/ws", "/ws?view=page"].map {
        try WebSocketClient(port: gateway.port, $0)
      }
      let deaf = try WebSocketClient(port: gateway.port)
      let asking = try LoadClient(port: gateway.port)
      defer { asking.close() }
      try asking.send(LoadClient.post("/v1/chat/completions", WatchedGateway.body))
      let request = try backend.next(until: Date() + 10)
      gateway.terminate()
      for viewer in viewers {
        while let frame = try viewer.next() {
          guard frame.opcode == 8 else { continue }
          #expect(frame.code == 1001, "\(frame)")
          break
        }
        try viewer.sendClose(1001)
        #expect(try viewer.next() == nil)
      }
      #expect(gateway.isRunning)
      let answer = #"{"choices":[]}"#
      request.peer.send(
        Array(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(answer.count)\r\n\r\n\(answer)"
            .utf8))
      #expect(try asking.receive().status == 200)
      try gateway.expectExit()
      #expect(try deaf.expectClose().code == 1001)
    }
  }

  /// The gateway that takes over has the new ones, and the old one lets its own go at once.
  @Test func aTakeOverIsToldAtOnce() throws {
    let first = try GatewayProcess(arguments: [])
    defer { first.kill() }
    let viewer = try WebSocketClient(port: first.port)
    let second = try GatewayProcess(arguments: [], takingOverFrom: first)
    defer { second.kill() }
    #expect(try viewer.nextControl()?.code == 1001)
    try viewer.sendClose(1001)
    try first.expectExit()
    let next = try WebSocketClient(port: second.port)
    #expect(try next.next()?.opcode == 1)
    second.terminate()
    #expect(try next.expectClose().code == 1001)
    try second.expectExit()
    withExtendedLifetime(first) {}
  }

  /// Switched off while somebody watches.
  @Test func switchingItOffEndsTheWatching() throws {
    try WatchedGateway.play("[dashboard]\nenabled = true\n") { configured in
      let viewer = try WebSocketClient(port: configured.gateway.port)
      try configured.reload("[dashboard]\nenabled = false\n")
      let close = try viewer.expectClose()
      #expect(close.code == 1001)
      #expect(close.reason == "the dashboard is switched off")
    }
  }
}

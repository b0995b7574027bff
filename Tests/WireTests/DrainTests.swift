import Foundation
import Glibc
import Testing

/// How a gateway stops: what it still does, what it tells, and how it ends.
@Suite(.serialized) struct DrainTests {
  private static let body = #""model":"m1","messages":[]"#
  private static let plain = LoadClient.post("/v1/chat/completions", "{\(body)}")
  private static let streamed = LoadClient.post(
    "/v1/chat/completions", #"{"stream":true,\#(body)}"#)
  private static let streamHead = """
    HTTP/1.1 200 OK\r
    Content-Type: text/event-stream\r
    Transfer-Encoding: chunked\r
    \r\n
    """
  private static let event =
    #"data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":"#
    + #"{"content":"word"},"finish_reason":null}]}"# + "\n\n"

  private static func chunk(_ text: String) -> [UInt8] {
    Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
  }

  /// Starts the gateway in front of one scripted backend. The body has to see to the end.
  private func play(
    drain seconds: Int, _ body: (GatewayProcess, ScriptedBackend) throws -> Void
  ) throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let gateway = try GatewayProcess(arguments: [
      "--backend", "http://127.0.0.1:\(backend.port),type=generic,name=one",
      "--drain-timeout", "\(seconds)",
    ])
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    do {
      try body(gateway, backend)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
  }

  private func stop(_ gateway: GatewayProcess, by signal: Int32 = SIGTERM) {
    gateway.signal(signal)
    #expect(ProcessFigures.wait { gateway.log.contains("stopping signal=") })
  }

  /// Whether a new connection is refused, now or soon.
  private func refuses(_ port: UInt16) -> Bool {
    ProcessFigures.wait { (try? LoadClient(port: port).close()) == nil }
  }

  /// A stream that ends in time is complete, new connections are refused meanwhile, and the exit
  /// code is 0.
  @Test(arguments: [SIGTERM, SIGINT]) func whatEndsInTimeIsComplete(_ signal: Int32) throws {
    try play(drain: 20) { gateway, backend in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      try client.send(Self.streamed)
      let peer = try backend.next(until: Date() + 5).peer
      peer.send(Array(Self.streamHead.utf8) + Self.chunk(Self.event))
      _ = try client.readSome()
      stop(gateway, by: signal)
      #expect(refuses(gateway.port))
      #expect(gateway.isRunning)
      peer.send(Self.chunk(Self.event) + Self.chunk("data: [DONE]\n\n") + Array("0\r\n\r\n".utf8))
      var rest: [UInt8] = []
      while let more = Optional(client.readPiece(65536)), !more.isEmpty { rest += more }
      #expect(readable(rest).contains("[DONE]"))
      #expect(rest.suffix(5).elementsEqual("0\r\n\r\n".utf8), "\(readable(rest))")
      try gateway.expectExit()
    }
  }

  /// A stream that takes too long gets an event with the error and a proper end; its backend is let
  /// go at once.
  @Test func aStreamThatTakesTooLongIsEndedCleanly() throws {
    try play(drain: 1) { gateway, backend in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      try client.send(Self.streamed)
      let peer = try backend.next(until: Date() + 5).peer
      // The last event is not whole: it must not run into the one with the error.
      peer.send(
        Array(Self.streamHead.utf8) + Self.chunk(Self.event) + Self.chunk("data: {\"id\":\"cu"))
      gateway.signal(SIGTERM)
      var answer = try StreamedAnswer(from: client)
      #expect(answer.isComplete)
      #expect(answer.text.contains("The gateway is stopping"), "\(answer.text)")
      let hasErrorEnd = answer.dropErrorEnd()
      #expect(hasErrorEnd, "\(answer.text)")
      #expect(answer.text == Self.event)
      _ = try peer.wait(for: "the end of the connection", until: Date() + 5) { $1 }
      try gateway.expectExit()
    }
  }

  /// A request whose answer has not begun hears 503 and when to come again.
  @Test func aRequestWithoutAnAnswerIsTold() throws {
    try play(drain: 1) { gateway, backend in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      let late = try LoadClient(port: gateway.port)
      defer { late.close() }
      try client.send(Self.plain)
      let peer = try backend.next(until: Date() + 5).peer
      try late.send(Array(Self.plain.dropLast(10)))
      gateway.signal(SIGTERM)
      for one in [client, late] {
        let answer = try one.receive()
        #expect(answer.status == 503)
        #expect(answer.head.lowercased().contains("\r\nretry-after: 5"), "\(answer.head)")
        #expect(answer.head.lowercased().contains("\r\nconnection: close"), "\(answer.head)")
        try JSONCheck.checkEnvelope(answer.body)
        #expect(answer.text.contains("The gateway is stopping"), "\(answer.text)")
      }
      _ = try peer.wait(for: "the end of the connection", until: Date() + 5) { $1 }
      try gateway.expectExit()
    }
  }

  /// A client that takes nothing holds the end up for no longer than the time.
  @Test func aClientThatTakesNothingIsLeft() throws {
    try play(drain: 1) { gateway, backend in
      let client = try LoadClient(port: gateway.port, receiveBuffer: 4096)
      defer { client.close() }
      try client.send(Self.streamed)
      let peer = try backend.next(until: Date() + 5).peer
      peer.send(Array(Self.streamHead.utf8))
      for _ in 0..<400 { peer.send(Self.chunk(String(repeating: Self.event, count: 100))) }
      gateway.signal(SIGTERM)
      try gateway.expectExit()
    }
  }

  /// Idle connections are closed at once; one that has not had its first request may still have it,
  /// and hears that the gateway drains.
  @Test func idleConnectionsGoAndNewOnesAreServed() throws {
    try play(drain: 20) { gateway, _ in
      let idle = try LoadClient(port: gateway.port)
      defer { idle.close() }
      #expect(try idle.exchange(LoadClient.get("/health")).status == 200)
      let fresh = try LoadClient(port: gateway.port)
      defer { fresh.close() }
      stop(gateway)
      let answer = try fresh.exchange(LoadClient.get("/health"))
      #expect(answer.status == 200)
      #expect(answer.text.contains(#""status":"draining""#), "\(answer.text)")
      #expect(answer.head.lowercased().contains("\r\nconnection: close"), "\(answer.head)")
      #expect(fresh.readPiece(1).isEmpty)
      #expect(idle.readPiece(1).isEmpty)
      try gateway.expectExit()
    }
  }

  /// A new connection on which nothing is asked holds the end up for no longer than a moment.
  @Test func aSilentConnectionIsClosed() throws {
    try play(drain: 60) { gateway, _ in
      let silent = try LoadClient(port: gateway.port)
      defer { silent.close() }
      gateway.terminate()
      #expect(silent.readPiece(1).isEmpty)
      try gateway.expectExit()
    }
  }

  /// Under load, every connection that was made is served; the others are refused.
  @Test func noConnectionIsResetUnderLoad() throws {
    let simulator = try SimulatorProcess(["generic:0,name=cheap,cheap"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { gateway.kill() }
    let request = LoadClient.post(
      "/v1/chat/completions", #"{"model":"sim-model","messages":[]}"#)
    let served = Counter()
    let failures = Counter()
    let workers = (0..<4).map { _ in
      Worker {
        while let client = try? LoadClient(port: gateway.port) {
          defer { client.close() }
          do {
            let answer = try client.exchange(request)
            guard answer.status == 200 else { throw CaseFailure("\(answer.head)") }
            served.add(1)
          } catch {
            failures.add(1)
            Issue.record("after \(served.value) requests: \(error)")
          }
        }
      }
    }
    #expect(ProcessFigures.wait { served.value > 300 })
    gateway.terminate()
    for worker in workers { worker.join() }
    #expect(failures.value == 0)
    try gateway.expectExit()
  }

  /// A second signal ends the process at once, with the shell's exit code for it.
  @Test(arguments: [SIGTERM, SIGINT]) func aSecondSignalEndsAtOnce(_ signal: Int32) throws {
    try play(drain: 60) { gateway, backend in
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      try client.send(Self.plain)
      _ = try backend.next(until: Date() + 5)
      stop(gateway)
      gateway.signal(signal)
      #expect(try gateway.exitStatus() == 128 + signal)
    }
  }

  /// A signal that comes before the doors are open ends the start in an orderly way.
  @Test func aSignalDuringTheStart() throws {
    var settings = WireCase.Backend(name: "one")
    settings.survey = .silent
    let backend = try ScriptedBackend(settings)
    defer { backend.stop() }
    let child = try ChildProcess(
      GatewayProcess.staged.appendingPathComponent("bin/nexus").path,
      arguments: [
        "serve", "--port", "0", "--plugins",
        GatewayProcess.staged.appendingPathComponent("lib/nexus").path,
        "--backend", "http://127.0.0.1:\(backend.port),type=generic",
      ])
    #expect(ProcessFigures.wait { child.log.contains("loaded count=") })
    child.signal(SIGTERM)
    #expect(try child.waitForExit() == 0)
    #expect(child.lines.isEmpty)
  }
}

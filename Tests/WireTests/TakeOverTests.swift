import Foundation
import Glibc
import Testing

/// One gateway takes the port over from another; no client notices.
@Suite(.serialized) struct TakeOverTests {
  private static let body = #""model":"sim-model","messages":[]"#
  private static let plain = LoadClient.post("/v1/chat/completions", "{\(body)}")
  private static let closing = LoadClient.post(
    "/v1/chat/completions", "{\(body)}", headers: "Connection: close\r\n")
  private static let streamed = LoadClient.post(
    "/v1/chat/completions", #"{"model":"burst-64","stream":true,"messages":[]}"#)

  /// Clients that ask without a pause until they are told to stop: on connections that they keep, on
  /// new ones, for streams.
  private final class Load: Sendable {
    let served = Counter()
    let failures = Counter()
    private let stop = Counter()

    func run(on port: UInt16, _ body: () throws -> Void) rethrows {
      let kinds = [plain, closing, streamed, closing]
      let workers = kinds.map { request in
        Worker {
          while self.stop.value == 0, self.failures.value == 0 { self.ask(request, port) }
        }
      }
      defer {
        stop.add(1)
        for worker in workers { worker.join() }
      }
      try body()
    }

    /// Asks over one connection until one side closes it.
    private func ask(_ request: [UInt8], _ port: UInt16) {
      do {
        let client = try LoadClient(port: port)
        defer { client.close() }
        var goesOn = true
        while goesOn, stop.value == 0 {
          let answer = try client.exchange(request)
          guard answer.status == 200, !answer.text.contains(#""error""#) else {
            throw CaseFailure("\(answer.head)\n\(answer.text)")
          }
          served.add(1)
          goesOn = !answer.head.lowercased().contains("\r\nconnection: close")
        }
      } catch {
        failures.add(1)
        Issue.record("after \(served.value) requests: \(error)")
      }
    }

    /// Waits for so many more requests.
    func pass(_ count: Int) {
      let before = served.value
      #expect(ProcessFigures.wait(seconds: 30) { served.value > before + count || failed })
    }

    private var failed: Bool { failures.value > 0 }
  }

  private func waitForBackend(_ gateway: GatewayProcess) throws {
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
  }

  /// Thousands of requests, several take-overs with other numbers of workers, and not one failure.
  @Test func noRequestFailsUnderLoad() throws {
    let simulator = try SimulatorProcess(["generic:0,name=cheap,cheap"])
    defer { simulator.stop() }
    let quiet = ["--log-level", "warn"] + simulator.gatewayArguments
    let first = try GatewayProcess(arguments: ["--threads", "2"] + quiet)
    defer { first.kill() }
    try waitForBackend(first)
    let load = Load()
    var last = first
    try load.run(on: first.port) {
      load.pass(700)
      for threads in [1, 4, 3, 2] {
        let next = try GatewayProcess(
          arguments: ["--threads", "\(threads)"] + quiet, takingOverFrom: last)
        #expect(next.port == first.port)
        try last.expectExit()
        last = next
        load.pass(700)
      }
    }
    defer { last.kill() }
    #expect(load.failures.value == 0)
    #expect(load.served.value > 3_500)
    last.terminate()
    try last.expectExit()
    withExtendedLifetime(first) {}
  }

  /// A stream goes on in the gateway that began it; whoever asks meanwhile is served by the other.
  @Test func aStreamStaysWhereItIs() throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let arguments = ["--backend", "http://127.0.0.1:\(backend.port),type=generic,name=one"]
    let old = try GatewayProcess(arguments: arguments)
    defer { old.kill() }
    try waitForBackend(old)
    let client = try LoadClient(port: old.port)
    defer { client.close() }
    try client.send(
      LoadClient.post(
        "/v1/chat/completions", #"{"model":"m1","stream":true,"messages":[]}"#))
    let peer = try backend.next(until: Date() + 5).peer
    let event = #"data: {"choices":[{"index":0,"delta":{},"finish_reason":null}]}"# + "\n\n"
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    peer.send(Array((head + event).utf8))
    _ = try client.readSome()

    let new = try GatewayProcess(arguments: arguments, takingOverFrom: old)
    defer { new.kill() }
    #expect(ProcessFigures.wait { old.log.contains("retiring successor=\(new.identifier)") })
    try waitForBackend(new)
    #expect(old.isRunning)
    #expect(try new.control("GET", "/status").object["pid"] as? Int == Int(new.identifier))

    peer.send(Array("\(event)data: [DONE]\n\n".utf8))
    peer.close()
    var rest: [UInt8] = []
    while let more = Optional(client.readPiece(65536)), !more.isEmpty { rest += more }
    #expect(readable(rest).contains("[DONE]"), "\(readable(rest))")
    #expect(rest.suffix(5).elementsEqual("0\r\n\r\n".utf8), "\(readable(rest))")
    try old.expectExit()
    new.terminate()
    try new.expectExit()
  }

  /// The successor opens when it knows the models, however long the backend takes to tell them.
  @Test func aSlowBackendIsWaitedFor() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=slow,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    let old = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { old.kill() }
    try waitForBackend(old)
    try simulator.fault(#"{"backend":"slow","kind":"stall_before","ms":1500,"count":1,"all":true}"#)
    let new = try GatewayProcess(arguments: simulator.gatewayArguments, takingOverFrom: old)
    defer { new.kill() }
    let answer = try LoadClient(port: new.port).using {
      try $0.exchange(LoadClient.post("/v1/chat/completions", #"{"model":"m","messages":[]}"#))
    }
    #expect(answer.status == 200, "\(answer.text)")
    try old.expectExit()
    new.terminate()
    try new.expectExit()
  }

  /// What commands changed goes along with the port.
  @Test func theStateGoesAlong() throws {
    let simulator = try SimulatorProcess(["ollama:0,name=added,model=m,ttft=1"])
    defer { simulator.stop() }
    let old = try GatewayProcess(arguments: [])
    defer { old.kill() }
    try add(simulator, to: old)
    let new = try GatewayProcess(arguments: [], takingOverFrom: old)
    defer { new.kill() }
    try old.expectExit()
    _ = try new.waitForBackend("added") { $0["status"] as? String == "healthy" }
    #expect(try new.control("DELETE", "/backends/added").status == 200)
    new.terminate()
    try new.expectExit()
  }

  private func add(_ simulator: SimulatorProcess, to gateway: GatewayProcess) throws {
    let url = simulator.backends[0].url
    let answer = try gateway.control("POST", "/backends", #"{"url":"\#(url)","name":"added"}"#)
    #expect(answer.status == 201, "\(answer.message)")
  }

  /// A successor that dies on the way, at any step, changes nothing.
  @Test(arguments: [false, true]) func aSuccessorThatDies(afterTheState: Bool) throws {
    let simulator = try SimulatorProcess(["ollama:0,name=added,model=m,ttft=1"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: [])
    defer { gateway.kill() }
    let successor = try LoadClient(path: gateway.controlSocket)
    try successor.send(LoadClient.post("/takeover", #"{"pid":1}"#))
    #expect(String(decoding: try successor.readBytes(), as: UTF8.self).hasPrefix("sockets "))
    let other = try gateway.control("POST", "/takeover", #"{"pid":2}"#)
    #expect(other.status == 409)
    if afterTheState {
      try successor.send(Array("state\n".utf8))
      var said = ""
      while !said.hasSuffix("state\n") {
        said += String(decoding: try successor.readBytes(), as: UTF8.self)
      }
    }
    successor.close()
    #expect(ProcessFigures.wait { gateway.log.contains("the successor is gone") })

    #expect(try gateway.get("/health").contains("status"))
    try add(simulator, to: gateway)
    let next = try GatewayProcess(arguments: [], takingOverFrom: gateway)
    defer { next.kill() }
    try gateway.expectExit()
    _ = try next.waitForBackend("added") { _ in true }
    next.terminate()
    try next.expectExit()
  }

  /// A gateway that is stopped in the middle of a take-over leaves the sockets as they are: the
  /// successor has them too.
  @Test func aGatewayThatIsStoppedMeanwhile() throws {
    let gateway = try GatewayProcess(arguments: ["--threads", "1"])
    defer { gateway.kill() }
    let successor = try LoadClient(path: gateway.controlSocket)
    defer { successor.close() }
    try successor.send(LoadClient.post("/takeover", #"{"pid":1}"#))
    var listener: Int32?
    while listener == nil { listener = try Sockets.receivePassed(successor.descriptor) }
    defer { listener.map { _ = close($0) } }
    gateway.terminate()
    try gateway.expectExit()
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    let accepted = try #require(listener.flatMap { Sockets.accept($0) })
    close(accepted)
  }

  /// Without a gateway to take over from, the start is as any other.
  @Test func nothingToTakeOver() throws {
    let folder = "\(NSTemporaryDirectory())/nexus-test-\(UUID().uuidString.prefix(8))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let gateway = try GatewayProcess(
      arguments: ["--take-over", "--control-socket", "\(folder)/control.sock"])
    defer { gateway.kill() }
    #expect(ProcessFigures.wait { gateway.log.contains("no gateway to take over from") })
    #expect(try gateway.get("/health").contains("status"))
    gateway.terminate()
    try gateway.expectExit()
  }
}

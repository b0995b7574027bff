import Foundation
import Testing

/// Connections to backends: how many there are, that they are used again, and that those which
/// died meanwhile cost no client an error.
@Suite(.serialized) struct ConnectionPoolTests {
  private static let request = LoadClient.post(
    "/v1/chat/completions",
    #"{"model":"m","messages":[{"role":"user","content":"hello \#(Planted.prompt)"}]}"#)

  /// Starts a backend that answers after `wait` milliseconds, and the gateway in front of it.
  private func withBackend(
    wait: Int, flags: [String] = [], _ body: (GatewayProcess, SimulatorProcess) throws -> Void
  ) throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=a,model=m,ttft=\(wait),tps=0,slots=1000,idle=0"
    ])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: flags + simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    do {
      try body(gateway, simulator)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    gateway.terminate()
    try gateway.expectExit()
  }

  /// All clients ask at once; all are answered well.
  private func wave(_ clients: [LoadClient]) throws {
    for client in clients { try client.send(Self.request) }
    for client in clients {
      let answer = try client.receive()
      #expect(answer.status == 200, "\(answer.text)")
    }
  }

  private func withClients(
    _ count: Int, of gateway: GatewayProcess, _ body: ([LoadClient]) throws -> Void
  ) throws {
    var clients: [LoadClient] = []
    defer { for client in clients { client.close() } }
    for _ in 0..<count { clients.append(try LoadClient(port: gateway.port)) }
    try body(clients)
  }

  /// Two hundred at once need two hundred connections, once; a server that starts anew between two
  /// waves is not noticed.
  @Test func manyAtOnceAndARestart() throws {
    try withBackend(wait: 200) { gateway, simulator in
      let before = try simulator.count("accepted", of: "a")
      try withClients(200, of: gateway) { clients in
        for _ in 0..<4 { try wave(clients) }
        let used = try simulator.count("accepted", of: "a") - before
        #expect(used <= 200, "\(used) connections for 200 requests at once")
        #expect(try simulator.count("connections", of: "a") <= 200 + before)

        // The idle ones are reset, and new ones are made.
        try simulator.fault(#"{"backend":"a","kind":"die"}"#)
        try simulator.clear()
        try wave(clients)
        let fresh = try simulator.count("accepted", of: "a") - before - used
        #expect(fresh > 0, "the server did not die")
        #expect(fresh <= 202, "\(fresh) connections after the restart")
        try wave(clients)
      }
      #expect(try simulator.count("in_flight", of: "a") == 0)
    }
  }

  /// One loop keeps 256 idle connections to a backend and ends the others at once.
  @Test func keepsNoMoreThanItsLimit() throws {
    try withBackend(wait: 800, flags: ["--threads", "1"]) { gateway, simulator in
      let others = try simulator.count("connections", of: "a")
      try withClients(320, of: gateway) { clients in
        try wave(clients)
        #expect(try simulator.count("accepted", of: "a") > 256 + others, "not all at once")
        #expect(
          try ProcessFigures.wait {
            try simulator.count("connections", of: "a") <= 256 + others
          })
        try wave(clients)
      }
    }
  }

  /// A server that closes (or resets) every second connection use in the moment when the request
  /// arrives: what is sent again on a fresh connection is answered there.
  @Test(arguments: [false, true]) func requestOnADyingConnection(reset: Bool) throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one", models: ["m"]))
    defer { backend.stop() }
    let gateway = try GatewayProcess(
      arguments: ["--backend", "http://\(backend.authority),type=generic,name=one"])
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }
    let ends = Counter()
    let isOver = Counter()
    let server = Worker { serve(backend, reset: reset, ends, isOver) }
    let failures = Counter()
    let clients = (0..<8).map { _ in
      Worker {
        do {
          try LoadClient(port: gateway.port).using { client in
            for _ in 0..<25 where try client.exchange(Self.request).status != 200 {
              failures.add(1)
            }
          }
        } catch {
          failures.add(1)
        }
      }
    }
    for client in clients { client.join() }
    isOver.add(1)
    server.join()
    #expect(failures.value == 0, "\(gateway.log)")
    #expect(ends.value > 50, "only \(ends.value) connections died")
  }

  /// Answers the first request of each connection and ends the connection at the second.
  private func serve(
    _ backend: ScriptedBackend, reset: Bool, _ ends: Counter, _ isOver: Counter
  ) {
    let body = #"{"choices":[]}"#
    let answer = Array(
      "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    while isOver.value == 0 {
      guard let request = try? backend.next(until: Date() + 0.1) else { continue }
      if request.isReused {
        ends.add(1)
        request.peer.close(reset: reset)
        continue
      }
      let channel = Channel(request.peer)
      try? channel.begin(request.head)
      _ = try? channel.receiveBody(until: Date() + 5)
      request.peer.send(answer)
      backend.release(request.peer)
    }
  }
}

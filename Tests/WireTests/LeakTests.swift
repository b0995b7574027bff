import Foundation
import Testing

/// Fifty thousand requests of all kinds leave no descriptor and no memory behind.
@Suite struct LeakTests {
  private static let rounds = 125
  private static let threads = 2

  @Test func fiftyThousandRequests() throws {
    let simulator = try SimulatorProcess([
      "generic:0,name=cheap,cheap", "vllm:0,name=slow,model=slow,ttft=1,tps=50,words=1000",
    ])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("2 healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }

    // The first tenth brings buffers and pools to their size.
    let warm = try play(rounds: Self.rounds / 10, on: gateway.port)
    let descriptors = settledDescriptors(gateway)
    let resident = ProcessFigures.residentKiB(of: gateway.identifier)

    let count = try play(rounds: Self.rounds, on: gateway.port)
    #expect(count >= 50_000)

    let descriptorsAfter = settledDescriptors(gateway)
    let residentAfter = ProcessFigures.residentKiB(of: gateway.identifier)
    #expect(
      descriptorsAfter <= descriptors + 4,
      "\(descriptors) descriptors before, \(descriptorsAfter) after")
    #expect(
      residentAfter <= resident + 2048,
      "\(resident) KiB before, \(residentAfter) after, \(warm) and \(count) requests")
    #expect(try simulator.count("in_flight", of: "slow") == 0)
    gateway.terminate()
    try gateway.expectExit()
  }

  /// Plays rounds on several threads; the number of requests.
  private func play(rounds: Int, on port: UInt16) throws -> Int {
    let done = Counter()
    let failures = Counter()
    let workers = (0..<Self.threads).map { _ in
      Worker {
        for _ in 0..<rounds {
          do {
            done.add(try Round(port: port).play())
          } catch {
            failures.add(1)
            Issue.record("\(error)")
            return
          }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(failures.value == 0)
    return done.value
  }

  /// The number of descriptors once it no longer falls: connections end a little after us.
  private func settledDescriptors(_ gateway: GatewayProcess) -> Int {
    var last = Int.max
    _ = ProcessFigures.wait(seconds: 3) {
      let now = ProcessFigures.descriptors(of: gateway.identifier)
      defer { last = now }
      Thread.sleep(forTimeInterval: 0.3)
      return now >= last
    }
    return ProcessFigures.descriptors(of: gateway.identifier)
  }
}

/// Two hundred requests: many on one connection, some on their own, streams, errors, hang-ups.
private struct Round {
  let port: UInt16

  private static let chat = LoadClient.post(
    "/v1/chat/completions", #"{"model":"sim-model","messages":[]}"#)
  private static let closing = LoadClient.post(
    "/v1/chat/completions", #"{"model":"sim-model","messages":[]}"#,
    headers: "Connection: close\r\n")
  private static let burst = LoadClient.post(
    "/v1/chat/completions", #"{"model":"burst-64","stream":true,"messages":[]}"#)
  private static let slow = LoadClient.post(
    "/v1/chat/completions", #"{"model":"slow","stream":true,"messages":[]}"#)
  private static let errors: [(request: [UInt8], status: Int)] = [
    (LoadClient.post("/v1/chat/completions", #"{"model":"sim-model",}"#), 400),
    (LoadClient.post("/v1/chat/completions", #"{"messages":[]}"#), 400),
    (LoadClient.post("/v1/chat/completions", #"{"model":"unknown","messages":[]}"#), 404),
    (LoadClient.get("/v1/nowhere"), 404),
    (LoadClient.get("/v1/chat/completions"), 405),
    (LoadClient.get("/v1/models"), 200),
    (LoadClient.get("/health"), 200),
  ]

  func play() throws -> Int {
    var count = 0
    try LoadClient(port: port).using { client in
      for _ in 0..<160 { try expect(Self.chat, 200, on: client) }
      for _ in 0..<8 { try expect(Self.burst, 200, on: client) }
      for (request, status) in Self.errors { try expect(request, status, on: client) }
      count += 168 + Self.errors.count
    }
    for _ in 0..<20 {
      try LoadClient(port: port).using { try expect(Self.closing, 200, on: $0) }
    }
    for _ in 0..<3 {
      try LoadClient(port: port).using {
        try expect(Array("GET / HTTP/9\r\n\r\n".utf8), nil, on: $0)
      }
    }
    // Leaves in the middle: of a stream, of a head.
    try LoadClient(port: port).using {
      try $0.send(Self.slow)
      _ = try $0.readSome()
    }
    try LoadClient(port: port).using { try $0.send(Array(Self.chat.prefix(40))) }
    return count + 25
  }

  private func expect(_ request: [UInt8], _ status: Int?, on client: LoadClient) throws {
    let answer = try client.exchange(request)
    guard status == nil || answer.status == status else {
      throw CaseFailure("\(answer.status) instead of \(status ?? 0): \(answer.text)")
    }
  }
}

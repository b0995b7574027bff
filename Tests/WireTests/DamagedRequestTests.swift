import Foundation
import Glibc
import Testing

/// Two thousand damaged requests: each is answered in HTTP or its connection is closed, and the
/// gateway is none the worse for it. NEXUS_DAMAGE_ROUNDS makes it longer.
@Suite struct DamagedRequestTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["NEXUS_DAMAGE_ROUNDS"].flatMap { Int($0) } ?? 2000
  private static let threads = 8

  @Test func damagedRequests() throws {
    let simulator = try SimulatorProcess(["generic:0,name=cheap,cheap"])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(
      arguments: simulator.gatewayArguments + [
        "--header-timeout", "150", "--body-timeout", "150", "--idle-timeout", "150",
      ])
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 10, isHealthy)
    try play(0..<100, on: gateway)
    let descriptors = ProcessFigures.descriptors(of: gateway.identifier)
    let resident = ProcessFigures.residentKiB(of: gateway.identifier)

    try play(100..<UInt64(Self.rounds + 100), on: gateway)

    #expect(gateway.isRunning, "\(gateway.log)")
    try gateway.waitForHealth("a healthy backend", until: Date() + 5, isHealthy)
    let client = try LoadClient(port: gateway.port)
    let answer = try client.exchange(
      LoadClient.post("/v1/chat/completions", #"{"model":"sim-model","messages":[]}"#))
    #expect(answer.status == 200)
    client.close()
    let settles = ProcessFigures.wait {
      ProcessFigures.descriptors(of: gateway.identifier) <= descriptors + 2
    }
    #expect(
      settles,
      "\(descriptors) descriptors before, \(ProcessFigures.descriptors(of: gateway.identifier)) after"
    )
    let grown = ProcessFigures.residentKiB(of: gateway.identifier) - resident
    #expect(grown < 8192, "\(grown) KiB more")
    #expect(!gateway.log.contains("driver_bug"), "\(gateway.log)")
    gateway.terminate()
    try gateway.expectExit()
  }

  private func isHealthy(_ report: [String: Any]) -> Bool {
    (report["backends"] as? [String: Any])?["healthy"] as? Int == 1
  }

  private func play(_ seeds: Range<UInt64>, on gateway: GatewayProcess) throws {
    let port = gateway.port
    let statuses = Counter()
    let workers = (0..<Self.threads).map { thread in
      Worker {
        for seed in seeds where seed % UInt64(Self.threads) == UInt64(thread) {
          let request = DamagedRequest(seed: seed)
          do {
            statuses.add(try Self.answers(to: request, port: port).count)
          } catch {
            Issue.record("seed \(seed): \(error)\nthe request:\n\(readable(request.bytes))")
          }
        }
      }
    }
    for worker in workers { worker.join() }
    // Were all connections simply closed, nothing would be shown.
    #expect(statuses.value > seeds.count / 2, "only \(statuses.value) answers")
  }

  /// Sends the request and reads until the gateway ends the connection; the statuses that came.
  private static func answers(to request: DamagedRequest, port: UInt16) throws -> [Int] {
    let client = try LoadClient(port: port)
    defer { client.close() }
    for piece in request.pieces {
      // It may have refused the request before its end.
      do { try client.send(piece) } catch { break }
    }
    if request.endsSending { _ = shutdown(client.descriptor, Int32(SHUT_WR)) }
    let started = Date()
    var bytes: [UInt8] = []
    while true {
      let more = client.readPiece(65536)
      if more.isEmpty { break }
      bytes += more
    }
    guard Date().timeIntervalSince(started) < 10 else {
      throw CaseFailure(
        "the connection was neither answered nor closed; it brought:\n\(readable(bytes))")
    }
    return try statuses(in: bytes, mayBeCut: request.endsSending)
  }

  /// The statuses of the answers, one behind the other and whole. A client that ends its sending may
  /// be taken for gone, and then the last one is cut.
  private static func statuses(
    in bytes: [UInt8], mayBeCut: Bool
  ) throws(CaseFailure) -> [Int] {
    var rest = bytes
    var statuses: [Int] = []
    while !rest.isEmpty {
      guard let (head, length) = try Head.parse(rest) else {
        throw CaseFailure("no head of an answer:\n\(readable(rest))")
      }
      guard let status = head.status, (100...599).contains(status) else {
        throw CaseFailure("no answer: \(head.startLine)")
      }
      rest.removeFirst(length)
      var reader = BodyReader(try head.framing())
      var body: [UInt8] = []
      try reader.read(from: &rest, ended: true, into: &body)
      guard reader.isComplete || mayBeCut else {
        throw CaseFailure("an answer is cut: \(head)\n\(readable(body))")
      }
      if !reader.isComplete { rest = [] }
      if status >= 400 { try JSONCheck.checkEnvelope(body) }
      statuses.append(status)
    }
    return statuses
  }
}

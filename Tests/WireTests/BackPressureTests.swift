import Foundation
import Testing

/// A slow client holds up the server that answers it, and the gateway holds next to nothing.
@Suite struct BackPressureTests {
  private static let event = Array(
    "data: {\"choices\":[{\"delta\":{\"content\":\"\(String(repeating: "x", count: 900))\"}}]}\n\n"
      .utf8)
  private static let events = 60_000
  /// So few that the server's thread is the one that blocks.
  private static let perWrite = 30

  @Test func slowClient() throws {
    let backend = try ScriptedBackend(WireCase.Backend(name: "one"))
    defer { backend.stop() }
    let gateway = try GatewayProcess(
      arguments: ["--backend", "http://\(backend.authority),type=generic,name=one"])
    defer { gateway.kill() }
    try gateway.waitForHealth("a healthy backend", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 1
    }

    let client = try LoadClient(port: gateway.port, receiveBuffer: 32 * 1024)
    defer { client.close() }
    try client.send(
      LoadClient.post("/v1/chat/completions", #"{"model":"m1","stream":true,"messages":[]}"#))
    let request = try backend.next(until: Date() + 10)
    let before = ProcessFigures.residentKiB(of: gateway.identifier)

    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    request.peer.send(Array(head.utf8))
    let batch = Array(repeatElement(Self.event, count: Self.perWrite).joined())
    let sent = Counter()
    let server = Worker {
      for _ in 0..<Self.events / Self.perWrite {
        request.peer.send(batch)
        sent.add(batch.count)
      }
      request.peer.send(Array("data: [DONE]\n\n".utf8))
      request.peer.halfClose()
    }

    // The server is held up when what it has sent stays the same while nobody reads.
    var last = -1
    let isHeldUp = ProcessFigures.wait(seconds: 20) {
      defer { last = sent.value }
      Thread.sleep(forTimeInterval: 0.2)
      return sent.value == last && last > 0
    }
    let total = batch.count * (Self.events / Self.perWrite)
    #expect(isHeldUp)
    #expect(sent.value < total / 2, "the gateway took \(sent.value) bytes for a client that sleeps")
    let held = ProcessFigures.residentKiB(of: gateway.identifier) - before
    #expect(held < 4096, "the gateway holds \(held) KiB for one stream")

    var received = 0
    while true {
      let count = try client.readSome()
      if count == 0 { break }
      received += count
      if received > total { break }
    }
    server.join()
    #expect(received > total)
    let grown = ProcessFigures.residentKiB(of: gateway.identifier) - before
    #expect(grown < 4096, "the gateway grew by \(grown) KiB over one stream")
  }
}

import Foundation
import Glibc
import Testing

/// What clients of `/ws` come to that misbehave, and what they cost.
@Suite(.serialized) struct HostileWebSocketTests {
  private static let text = WebSocketClient.frame

  /// Each is answered with its code, and harms nobody else.
  @Test func badFramesAreAnsweredWithTheirCode() throws {
    try WatchedGateway.play { configured in
      let gateway = configured.gateway
      let long = [UInt8](repeating: 65, count: 16_384)
      let cases: [(name: String, bytes: [UInt8], code: UInt16)] = [
        ("no mask", Self.text(1, [65], true, false), 1002),
        ("reserved bit", [0xC1, 0x80, 0, 0, 0, 0], 1002),
        ("reserved opcode", [0x83, 0x80, 0, 0, 0, 0], 1002),
        ("nothing to continue", Self.text(0, [65], true, true), 1002),
        (
          "message inside another",
          Self.text(1, [65], false, true) + Self.text(1, [65], true, true), 1002
        ),
        ("fragmented ping", Self.text(9, [], false, true), 1002),
        ("long ping", [0x89, 0xFE, 0x00, 0x7E], 1002),
        ("long form of a short length", [0x82, 0xFE, 0x00, 0x05, 0, 0, 0, 0], 1002),
        ("longest form of a length", [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 1002),
        ("negative length", [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8), 1002),
        ("huge length", [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7), 1009),
        ("too long by one", [0x82, 0xFE, 0x40, 0x01], 1009),
        (
          "too long in parts", Self.text(1, long, false, true) + Self.text(0, [65], true, true),
          1009
        ),
        ("bad text", Self.text(1, [0xC3, 0x28], true, true), 1007),
        ("text cut short", Self.text(1, [0xE2, 0x82], true, true), 1007),
        ("half a close code", Self.text(8, [3], true, true), 1002),
        ("reserved close code", Self.text(8, [0x03, 0xED], true, true), 1002),
        ("bad reason", Self.text(8, [0x03, 0xE8, 0xFF], true, true), 1007),
        ("close", Self.text(8, [0x0F, 0xA1] + Array("bye".utf8), true, true), 4001),
        ("close without a code", Self.text(8, [], true, true), 1000),
      ]
      for bad in cases {
        let client = try WebSocketClient(port: gateway.port)
        // More is on its way behind it.
        try client.send(bad.bytes + [UInt8](repeating: 0x55, count: bad.code == 1007 ? 0 : 50_000))
        let close = try client.expectClose()
        #expect(close.code == bad.code, "\(bad.name): \(close)")
      }
      try WatchedGateway.waitForViewers(0, gateway)
      #expect(try WatchedGateway.isWell(gateway))
    }
  }

  /// What a client says is nobody's business, as long as it says it properly.
  @Test func messagesOfClientsAreIgnored() throws {
    try WatchedGateway.play { configured in
      let client = try WebSocketClient(port: configured.gateway.port)
      try client.send(2, [UInt8](repeating: 7, count: 16_384))
      try client.send(1, Array("hello €".utf8))
      try client.send(WebSocketClient.frame(1, [0xE2], isFinal: false))
      try client.send(9, Array("inside".utf8))
      try client.send(WebSocketClient.frame(0, [0x82, 0xAC]))
      #expect(try client.nextControl()?.text == "inside")
      try client.send(10, Array("unasked".utf8))
      try client.send(9)
      #expect(try client.nextControl() == .init(opcode: 10, payload: []))
    }
  }

  /// Half a handshake has the time of any head, a frame that drips has as much.
  @Test func whatDripsIsClosed() throws {
    try WatchedGateway.play("[server]\nheader_timeout_ms = 300\n") { configured in
      let port = configured.gateway.port
      let half = try LoadClient(port: port)
      defer { half.close() }
      try half.send(Array(WebSocketClient.handshake(port: port).dropLast(10)))
      #expect(try half.receive().status == 408)
      let client = try WebSocketClient(port: port)
      try client.send([0x82, 0xFE, 0x20, 0x00, 1, 2, 3, 4])
      let descriptor = client.connection.descriptor
      let drip = Worker {
        for _ in 0..<40 {
          guard send(descriptor, "9", 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
          usleep(20_000)
        }
      }
      #expect(try client.expectClose().code == 1008)
      drip.join()
    }
  }

  /// Pings without end, to which nobody listens, cost no memory.
  @Test func aFloodOfPingsCostsNoMemory() throws {
    try WatchedGateway.play { configured in
      let gateway = configured.gateway
      let client = try WebSocketClient(port: gateway.port, receiveBuffer: 4_096)
      let pings = (0..<10_000).flatMap { WebSocketClient.frame(9, Array("\($0)".utf8)) }
      try client.send(pings)
      let before = ProcessFigures.residentKiB(of: gateway.identifier)
      for _ in 0..<50 { try client.send(pings) }
      try client.send(9, Array("last".utf8))
      let grown = ProcessFigures.residentKiB(of: gateway.identifier) - before
      #expect(grown < 1_024, "\(grown) KiB")
      #expect(try WatchedGateway.isWell(gateway))
      var pongs = 0
      while let frame = try client.nextControl() {
        pongs += 1
        if frame.text == "last" { break }
      }
      #expect(pongs < 100_000, "\(pongs) pongs for 510,001 pings")
    }
  }

  /// Two hundred that never read hold hardly any memory, and keep nobody from watching.
  @Test func whoNeverReadsCostsLittle() throws {
    try WatchedGateway.play { configured in
      let gateway = configured.gateway
      let before = ProcessFigures.residentKiB(of: gateway.identifier)
      let mute = try (0..<200).map { number in
        try WebSocketClient(
          port: gateway.port, number % 2 == 0 ? "/ws" : "/ws?view=page", receiveBuffer: 4_096)
      }
      try WatchedGateway.waitForViewers(200, gateway)
      let client = try WebSocketClient(port: gateway.port)
      let asking = try LoadClient(port: gateway.port)
      defer { asking.close() }
      for _ in 0..<200 {
        #expect(
          try asking.exchange(LoadClient.post("/v1/chat/completions", WatchedGateway.body)).status
            == 503)
      }
      while let frame = try client.next() { if frame.text.contains("RequestComplete") { break } }
      let grown = ProcessFigures.residentKiB(of: gateway.identifier) - before
      #expect(grown < 16 * 1_024, "\(grown) KiB for 200 viewers")
      withExtendedLifetime(mute) {}
    }
  }

  /// A thousand that come and go, in every way, leave nothing behind.
  @Test func comingAndGoingLeavesNothing() throws {
    try WatchedGateway.play { configured in
      let gateway = configured.gateway
      func round(_ count: Int) throws {
        for number in 0..<count {
          let client = try WebSocketClient(
            port: gateway.port, number % 3 == 0 ? "/ws?view=page" : "/ws")
          switch number % 5 {
          case 0:
            try client.sendClose()
            _ = try client.expectClose()
          case 1: Sockets.abort(client.connection.descriptor)
          case 2: try client.send([0x81, 0x00])
          case 3: try client.send([0x82, 0xFE, 0x10])
          default: break
          }
          client.close()
        }
        try WatchedGateway.waitForViewers(0, gateway)
      }
      try round(200)
      let descriptors = ProcessFigures.descriptors(of: gateway.identifier)
      let resident = ProcessFigures.residentKiB(of: gateway.identifier)
      try round(1_000)
      #expect(
        ProcessFigures.wait {
          ProcessFigures.descriptors(of: gateway.identifier) <= descriptors + 2
        })
      let grown = ProcessFigures.residentKiB(of: gateway.identifier) - resident
      #expect(grown < 2_048, "\(grown) KiB")
    }
  }
}

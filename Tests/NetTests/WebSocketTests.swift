import Glibc
import HTTP
import Net
import Testing

/// Clients that misbehave over a real socket cost a bounded memory and end in a bounded time.
@Suite struct WebSocketTests {
  /// Both ends of a connection, for code on their loop.
  private final class Pair {
    let socket: WebSocketConnection
    let client: Transport
    let loop: EventLoop
    let course: Task<WebSocketEnd, Never>
    private let buffer = ByteBuffer()

    init(_ loop: EventLoop, _ change: (inout WebSocketRules) -> Void) throws {
      var ends: [Int32] = [0, 0]
      let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
      guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else {
        throw NetError.system(call: "socketpair", errno: errno)
      }
      var rules = WebSocketRules()
      change(&rules)
      client = try Transport(fd: ends[1], loop: loop, readable: true)
      let server = try Transport(fd: ends[0], loop: loop, readable: true)
      socket = WebSocketConnection(server, loop: loop, rules: rules)
      self.loop = loop
      let held = OnLoop(socket)
      course = Task(executorPreference: loop) { await held.value.run(early: []) }
    }

    /// The next frame of the server's; nil at the end.
    func next() async -> (opcode: UInt8, payload: [UInt8])? {
      while true {
        let bytes = buffer.bytes(0..<min(buffer.count, 10))
        let extra = bytes.count < 2 ? 0 : bytes[1] == 126 ? 2 : bytes[1] == 127 ? 8 : 0
        if bytes.count >= 2 + extra {
          let length =
            extra == 0 ? Int(bytes[1]) : bytes[2..<2 + extra].reduce(0) { $0 << 8 | Int($1) }
          if buffer.count >= 2 + extra + length {
            let payload = buffer.bytes(2 + extra..<2 + extra + length)
            buffer.consume(2 + extra + length)
            return (bytes[0] & 15, payload)
          }
        }
        guard let count = try? await client.receive(into: buffer), count > 0 else { return nil }
      }
    }

    /// Reads up to the close frame, behind which there must be nothing; its code.
    func closeCode() async -> Int? {
      while let frame = await next() {
        guard frame.opcode == 8 else { continue }
        let more = await next()
        #expect(more == nil)
        return frame.payload.count < 2 ? 0 : Int(frame.payload[0]) << 8 | Int(frame.payload[1])
      }
      return nil
    }

    func send(_ bytes: [UInt8]) async throws {
      let list = GatherList()
      list.copy(bytes)
      try await client.send(list)
    }
  }

  private struct OnLoop<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private static func ping(_ number: Int) -> [UInt8] {
    let text = Array("\(number)".utf8)
    return [0x89, 0x80 | UInt8(text.count), 0, 0, 0, 0] + text
  }

  private static let batch: [UInt8] = {
    var bytes: [UInt8] = []
    FrameWriter.append(.text, [UInt8](repeating: 120, count: 60_000), to: &bytes)
    FrameWriter.append(.text, [UInt8](repeating: 121, count: 4_000), to: &bytes)
    return bytes
  }()

  /// Takes nothing while much comes: it is told so as soon as it looks, between whole frames.
  @Test func aQueueThatIsFullEndsIt() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.queueLimit = 1 << 20 }
      await loop.sleep(milliseconds: 1)
      for _ in 0..<200 { pair.socket.send(Self.batch) }
      var bytes = 0
      var code = 0
      while let frame = await pair.next() {
        bytes += frame.payload.count
        if frame.opcode == 8 { code = Int(frame.payload[0]) << 8 | Int(frame.payload[1]) }
      }
      #expect(code == 1013)
      // What the kernel had taken by then, and the frame that was begun.
      #expect(bytes < 2 << 20, "\(bytes)")
      pair.client.close()
      #expect(await pair.course.value == .slow)
    }
  }

  /// Takes nothing at all: dropped when the time is over, and closed a moment later.
  @Test func nothingTakenForTooLongEndsIt() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) {
        $0.stallTime = 100
        $0.closeTime = 50
      }
      await loop.sleep(milliseconds: 1)
      for _ in 0..<10 { pair.socket.send(Self.batch) }
      #expect(await pair.course.value == .slow)
      pair.client.close()
    }
  }

  /// One that takes a little now and then stays, and gets everything.
  @Test func aSlowReaderGetsEverything() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.stallTime = 2_000 }
      await loop.sleep(milliseconds: 1)
      for _ in 0..<15 { pair.socket.send(Self.batch) }
      for _ in 0..<30 {
        let frame = await pair.next()
        #expect(frame?.opcode == 1)
        await loop.sleep(milliseconds: 2)
      }
      pair.socket.end(.goingAway, "done")
      try await pair.send([0x88, 0x80, 0, 0, 0, 0])
      #expect(await pair.closeCode() == 1001)
      pair.client.close()
      #expect(await pair.course.value == .ended(.goingAway))
    }
  }

  /// A hundred thousand pings without reading: few pongs come of it, the last for the last.
  @Test func aFloodOfPingsIsAnsweredByFew() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { _ in }
      let count = 100_000
      var flood: [UInt8] = []
      for number in 1...count { flood += Self.ping(number) }
      try await pair.send(flood)
      try await pair.send(Self.ping(0))
      var pongs = 0
      while let frame = await pair.next() {
        #expect(frame.opcode == 10)
        pongs += 1
        if frame.payload == [48] { break }
      }
      #expect(pongs < count / 10, "\(pongs)")
      pair.client.close()
      #expect(await pair.course.value == .left)
    }
  }

  @Test func pingsWithoutAnAnswerEndIt() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.pingInterval = 20 }
      var pings = 0
      while let frame = await pair.next(), frame.opcode == 9 { pings += 1 }
      #expect(pings == 2)
      pair.client.close()
      #expect(await pair.course.value == .ended(.policy))
    }
  }

  @Test func answeredPingsKeepItOpen() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.pingInterval = 20 }
      for _ in 0..<6 {
        let frame = await pair.next()
        #expect(frame?.opcode == 9)
        try await pair.send([0x8A, 0x80, 0, 0, 0, 0])
      }
      try await pair.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
      #expect(await pair.closeCode() == 1000)
      pair.client.close()
      #expect(await pair.course.value == .closed(.normal))
    }
  }

  /// Bytes of one frame that drip, each well in time.
  @Test func aFrameThatDripsEndsIt() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.frameTime = 100 }
      try? await pair.send([0x82, 0xFE, 0x10, 0x00, 0, 0, 0, 0])
      for _ in 0..<12 {
        try? await pair.send([7])
        await loop.sleep(milliseconds: 10)
      }
      #expect(await pair.closeCode() == 1008)
      pair.client.close()
      #expect(await pair.course.value == .ended(.policy))
    }
  }

  /// A client that does not close when this side has is not waited for.
  @Test func aCloseThatIsNotAnsweredEndsInTime() async throws {
    try await withLoop { loop in
      let pair = try Pair(loop) { $0.closeTime = 50 }
      await loop.sleep(milliseconds: 1)
      pair.socket.end(.goingAway, "the gateway stops")
      #expect(await pair.closeCode() == 1001)
      #expect(await pair.course.value == .ended(.goingAway))
      pair.client.close()
    }
  }

  /// What is wrong is answered with its code although more of it is on its way.
  @Test func faultsAreAnsweredWithTheirCode() async throws {
    try await withLoop { loop in
      for (bytes, code) in [
        ([0x81, 0x02, 0x68, 0x69], 1002), ([0xF1], 1002), ([0x82, 0xFE, 0xFF, 0xFF], 1009),
        ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007), ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xEE], 1002),
      ] as [([UInt8], Int)] {
        let pair = try Pair(loop) { _ in }
        try await pair.send(bytes + [UInt8](repeating: 0x41, count: 300_000))
        #expect(await pair.closeCode() == code)
        pair.client.close()
        if case .fault = await pair.course.value { continue }
        Issue.record("\(bytes)")
      }
    }
  }
}

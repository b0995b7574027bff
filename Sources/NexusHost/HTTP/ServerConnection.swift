import Net

/// Limits of time and size towards clients; times in milliseconds.
public struct ServerSettings: Sendable {
  /// From the first byte of a request to the end of its head.
  public var headTimeout: UInt64 = 10_000
  /// Between two reads of a request's body.
  public var bodyTimeout: UInt64 = 30_000
  /// Between two requests of a connection.
  public var idleTimeout: UInt64 = 75_000
  /// How long a client may take nothing of an answer.
  public var sendTimeout: UInt64 = 60_000
  /// Largest request body.
  public var maxBody = 10 * 1024 * 1024
  public var limits = HTTPLimits()

  public init() {}
}

/// A client's connection: requests come in one after the other, pipelined ones included.
///
/// Confined to its loop's thread. While a request is served its head and body stay where they
/// were read, in `input` and `body`.
public final class ServerConnection {
  public let transport: Transport
  public let loop: EventLoop
  /// The present request; its offsets count from the start of `input`.
  public private(set) var request = RequestHead()
  /// Holds the head of the present request, and its body unless that was chunked.
  public private(set) var input: ByteBuffer
  /// Where the present request's body lies in `bodyBuffer`.
  public private(set) var bodyRange = 0..<0

  /// Holds from now on, for a request that is coming in too.
  public var settings: ServerSettings {
    didSet {
      guard wait == .idle, settings.idleTimeout != oldValue.idleTimeout else { return }
      transport.channel.setDeadline(after: idleLimit)
    }
  }
  private var parser: HeadParser
  private var headLength = 0
  private var decodedBody: ByteBuffer?
  /// Bytes of `input` that belong to the present request.
  private var requestLength = 0
  private var holdsInput = false
  /// Most time between two requests, whatever the settings allow.
  private var idleCap = UInt64.max
  private var wait = Wait.none

  /// What the connection waits for.
  private enum Wait {
    case none
    /// For a request to begin.
    case idle
    /// For more of a request.
    case request
  }
  private let empty = ByteBuffer()

  public init(transport: Transport, loop: EventLoop, settings: ServerSettings) {
    self.transport = transport
    self.loop = loop
    self.settings = settings
    parser = HeadParser(limits: settings.limits)
    input = empty
  }

  /// Holds the present request's body.
  public var bodyBuffer: ByteBuffer { decodedBody ?? input }

  /// Waits for the head of the next request. Returns false when the client closed in between.
  public func nextRequest() async throws(ServerError) -> Bool {
    parser.reset()
    if input.isEmpty {
      releaseInput()
      transport.channel.setDeadline(after: idleLimit)
      guard await waitForBegin() else { return false }
    }
    transport.channel.setDeadline(after: settings.headTimeout)
    while true {
      let input = input
      do {
        if let length = try parser.request(input.span, into: &request) {
          headLength = length
          requestLength = length
          bodyRange = length..<length
          transport.channel.clearDeadline()
          return true
        }
      } catch {
        throw .malformed(error)
      }
      guard try await receive("the head of the request") else {
        if input.isEmpty { return false }
        throw .gone
      }
    }
  }

  /// Waits for the first bytes of a request, holding no buffer meanwhile. Returns false if none come.
  private func waitForBegin() async -> Bool {
    while true {
      if transport.channel.isReadable {
        takeInput()
        do {
          if let count = try transport.receiveNow(into: input) { return count > 0 }
        } catch {
          return false
        }
        releaseInput()
      }
      wait = .idle
      defer { wait = .none }
      guard await transport.channel.waitReadable() == .ready else { return false }
    }
  }

  /// Takes the body of the present request if it has come whole behind its head, as short ones do.
  /// Returns false if `readBody` is needed.
  public func takeBufferedBody() throws(ServerError) -> Bool {
    switch request.framing {
    case .none, .untilClose: return true
    case .chunked: return false
    case .length(let length):
      guard length <= UInt64(settings.maxBody) else { throw .tooLarge(limit: settings.maxBody) }
      let whole = headLength + Int(length)
      guard input.count >= whole else { return false }
      requestLength = whole
      bodyRange = headLength..<whole
      return true
    }
  }

  /// Reads the body of the present request whole. Sends "100 Continue" if the client waits for it
  /// (RFC 9110 §10.1.1).
  public func readBody() async throws(ServerError) {
    switch request.framing {
    case .none, .untilClose: return
    case .length(let length):
      guard length <= UInt64(settings.maxBody) else { throw .tooLarge(limit: settings.maxBody) }
      try await readFixedBody(Int(length))
    case .chunked: try await readChunkedBody()
    }
    transport.channel.clearDeadline()
  }

  /// Most time between two requests from now on.
  private var idleLimit: UInt64 { min(settings.idleTimeout, idleCap) }

  /// Closes the connection if no request begins within so many milliseconds, now or after the
  /// present one.
  public func limitIdle(to milliseconds: UInt64) {
    idleCap = min(idleCap, milliseconds)
    if wait == .idle { transport.channel.setDeadline(after: idleLimit) }
  }

  /// Ends the wait for a request or for more of one; a wait for the client to take an answer goes on.
  public func stopReading() {
    if wait != .none { transport.channel.interrupt() }
  }

  /// Ends the present request: what follows in `input` is the next one.
  public func finishRequest() { releaseBody() }

  /// Takes what has come behind the last request, which is no request.
  public func takeRest() -> [UInt8] {
    let input = input
    let rest = input.bytes(0..<input.count)
    releaseInput()
    return rest
  }

  /// Drops head and body of the present request, once nothing of them is needed any more; an
  /// answer that streams for minutes then holds no buffer.
  public func releaseBody() {
    if let decodedBody {
      loop.buffers.give(decodedBody)
      self.decodedBody = nil
    }
    bodyRange = 0..<0
    let input = input
    input.consume(requestLength)
    requestLength = 0
    if input.isEmpty { releaseInput() }
  }

  /// Whether the present request's body has not been read to its end.
  public var hasUnreadBody: Bool {
    switch request.framing {
    case .none, .untilClose: false
    case .length(let length): UInt64(requestLength - headLength) < length
    case .chunked: decodedBody == nil
    }
  }

  /// Closes so that the last answer arrives even if the client is still sending: says "no more",
  /// reads on for a moment, then closes (RFC 9112 §9.6).
  public func closeGently() async {
    defer { close() }
    transport.finishSending()
    let trash = loop.buffers.take()
    defer { loop.buffers.give(trash) }
    transport.channel.setDeadline(after: 1_000)
    var budget = settings.maxBody
    while budget > 0, let count = try? await transport.receive(into: trash), count > 0 {
      budget -= count
      trash.removeAll()
    }
  }

  public func close() {
    transport.close()
    releaseInput()
    if let decodedBody { loop.buffers.give(decodedBody) }
    decodedBody = nil
  }

  private func takeInput() {
    guard !holdsInput else { return }
    input = loop.buffers.take()
    holdsInput = true
  }

  private func releaseInput() {
    guard holdsInput else { return }
    loop.buffers.give(input)
    input = empty
    holdsInput = false
  }

  private func receive(_ phase: StaticString) async throws(ServerError) -> Bool {
    wait = .request
    defer { wait = .none }
    do {
      if let count = try transport.receiveNow(into: input) { return count > 0 }
      return try await transport.receive(into: input) > 0
    } catch {
      throw ServerError(error, during: phase)
    }
  }

  private func readFixedBody(_ length: Int) async throws(ServerError) {
    let whole = headLength + length
    if input.count < whole {
      try await invite()
      makeRoom(for: whole)
    }
    while input.count < whole {
      transport.channel.setDeadline(after: settings.bodyTimeout)
      guard try await receive("the body of the request") else { throw .gone }
    }
    requestLength = whole
    bodyRange = headLength..<whole
  }

  /// Moves what there is into a buffer that holds the whole message: memory that is not yet
  /// written costs nothing, and a pooled one is warm.
  private func makeRoom(for size: Int) {
    guard size > input.capacity else { return }
    let input = input
    let larger = loop.buffers.take(size: size + Transport.readSize)
    larger.append(input.span)
    loop.buffers.give(input)
    self.input = larger
  }

  private func readChunkedBody() async throws(ServerError) {
    var decoder = BodyDecoder(.chunked)
    let decoded = loop.buffers.take()
    decodedBody = decoded
    var position = headLength
    if input.count == position { try await invite() }
    while true {
      let input = input
      let step: BodyDecoder.Step
      do {
        step = try decoder.next(input.span, from: position)
      } catch {
        throw .malformed(error)
      }
      switch step {
      case .data(let range):
        guard decoded.count + range.count <= settings.maxBody else {
          throw .tooLarge(limit: settings.maxBody)
        }
        decoded.append(input.span.extracting(range))
        position = range.upperBound
      case .end(let offset):
        requestLength = offset
        bodyRange = 0..<decoded.count
        return
      case .more:
        input.truncate(to: headLength)
        position = headLength
        transport.channel.setDeadline(after: settings.bodyTimeout)
        guard try await receive("the body of the request") else { throw .gone }
      }
    }
  }

  private func invite() async throws(ServerError) {
    guard request.expectsContinue else { return }
    let line = loop.buffers.take()
    defer { loop.buffers.give(line) }
    line.append("HTTP/1.1 100 Continue\r\n\r\n")
    let list = GatherList()
    list.append(line)
    transport.channel.setDeadline(after: settings.sendTimeout)
    do {
      try await transport.send(list)
    } catch {
      throw ServerError(error, during: "the invitation to send the body")
    }
  }
}

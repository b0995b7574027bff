import Net

/// Limits of time towards backends, in milliseconds.
public struct UpstreamTimeouts: Sendable {
  /// Until a connection stands, TLS included.
  public var connect: UInt64 = 5_000
  /// From the request to the status line. Long, because servers stay silent while a request waits
  /// for a slot or a prompt is worked on.
  public var firstByte: UInt64 = 600_000
  /// Between two reads of a reply's body. Before its first byte, `firstByte` holds: some servers
  /// send their head at once and then work on the prompt.
  public var idle: UInt64 = 120_000
  /// How long an unused connection is kept; below the 5 s after which common servers close theirs.
  public var keepAlive: UInt64 = 4_000

  public init() {}
}

/// A connection to a backend: requests go out, one reply after the other comes in.
///
/// Confined to its loop's thread. The bytes of a reply stay in `input` until they are consumed, so
/// that a relay can pass them on without copying.
public final class UpstreamConnection: Timed, Interruptible {
  let site: UpstreamSite
  public let transport: Transport
  /// The head of the present reply; offsets count from the start of `input` until it is consumed.
  public private(set) var head = ResponseHead()
  /// Where the body's framing stands.
  public var body = BodyDecoder(.none)
  /// What has been read and not consumed; nil while there is nothing.
  public private(set) var input: ByteBuffer?
  /// Whether an earlier exchange used this connection: the server may have closed it meanwhile.
  public internal(set) var isReused = false
  /// When the present exchange must be over, in milliseconds of the loop's clock, whatever the
  /// other limits allow; `UInt64.max` for never.
  public var exchangeDeadline = UInt64.max

  private let loop: EventLoop
  /// Those that hold for the pool's next request.
  var timeouts: UpstreamTimeouts
  private var parser = HeadParser(limits: HTTPLimits())
  /// Whether a request has been sent whose reply's head has not come: until then, `head` and `body`
  /// are those of the reply before.
  private var isOwedReply = false
  private var replyHasBegun = false
  private var bodyHasBegun = false
  weak var pool: UpstreamPool?

  init(site: UpstreamSite, transport: Transport, loop: EventLoop, timeouts: UpstreamTimeouts) {
    self.site = site
    self.transport = transport
    self.loop = loop
    self.timeouts = timeouts
  }

  /// Sends what the server takes of a request at once; the list is empty if that is all of it.
  public func sendNow(_ request: GatherList) throws(UpstreamError) {
    isOwedReply = true
    replyHasBegun = false
    bodyHasBegun = false
    do {
      try transport.sendNow(request)
    } catch {
      throw UpstreamError(error, during: "sending the request", beforeReply: true)
    }
  }

  /// Sends the rest of a request.
  public func sendRest(_ request: GatherList) async throws(UpstreamError) {
    transport.channel.setDeadline(after: loop.remaining(timeouts.idle, until: exchangeDeadline))
    do {
      try await transport.send(request)
    } catch {
      throw UpstreamError(error, during: "sending the request", beforeReply: true)
    }
  }

  /// Waits for the head of the reply, passing over interim ones (RFC 9110 §15.2). Returns its
  /// length: it lies at the start of `input`, the body follows.
  public func receiveHead(toHead: Bool) async throws(UpstreamError) -> Int {
    transport.channel.setDeadline(
      after: loop.remaining(timeouts.firstByte, until: exchangeDeadline))
    parser.reset()
    while true {
      guard try fillNow(Self.headPhase) == true else {
        let outcome = await transport.channel.waitReadable()
        if outcome != .ready { throw failure(of: outcome, during: Self.headPhase) }
        continue
      }
      if let length = try parseHead(toHead: toHead) { return length }
    }
  }

  private func parseHead(toHead: Bool) throws(UpstreamError) -> Int? {
    guard let input else { return nil }
    while true {
      let length: Int?
      do {
        length = try parser.response(input.span, toHead: toHead, into: &head)
      } catch {
        throw .malformed("\(error.message) (byte \(error.offset))")
      }
      guard let length else { return nil }
      parser.reset()
      guard (100..<200).contains(head.status) else {
        isOwedReply = false
        body = BodyDecoder(head.framing)
        bodyHasBegun = input.count > length
        return length
      }
      guard head.status != 101 else { throw .malformed("it switched protocols unasked") }
      input.consume(length)
    }
  }

  /// Reads more of the reply into `input`. Returns false at the end of the connection where that
  /// ends the body.
  public func receiveMore() async throws(UpstreamError) -> Bool {
    awaitMore()
    while true {
      if let more = try receiveMoreNow() { return more }
      let outcome = await transport.channel.waitReadable()
      if outcome != .ready { throw failure(of: outcome) }
    }
  }

  /// Sets the time limit for more of the reply's body.
  public func awaitMore() {
    let limit = bodyHasBegun ? timeouts.idle : timeouts.firstByte
    transport.channel.setDeadline(after: loop.remaining(limit, until: exchangeDeadline))
  }

  /// Like `receiveMore` for what has come already; nil if that is nothing.
  public func receiveMoreNow() throws(UpstreamError) -> Bool? {
    guard let more = try fillNow(Self.morePhase) else { return nil }
    bodyHasBegun = true
    return more
  }

  /// What a wait for more of the reply that ended so means.
  public func failure(of outcome: WaitOutcome) -> UpstreamError {
    failure(of: outcome, during: Self.morePhase)
  }

  private func failure(of outcome: WaitOutcome, during phase: StaticString) -> UpstreamError {
    outcome == .timedOut ? .timeout(phase) : .clientGone
  }

  private static let headPhase: StaticString = "the wait for an answer"
  private static let morePhase: StaticString = "the wait for more of the answer"

  /// Gives the empty input buffer back while nothing is expected soon.
  public func releaseInput() {
    guard let buffer = input, buffer.isEmpty else { return }
    input = nil
    loop.buffers.give(buffer)
  }

  /// Closes for good.
  public func close() {
    loop.cancelExpiry(self)
    if let input { loop.buffers.give(input) }
    input = nil
    if let pool {
      pool.counts.connectionClosed()
      self.pool = nil
    }
    transport.close()
  }

  /// Puts the connection back for the next request if its reply is complete and it may be reused;
  /// closes it otherwise.
  public func release() {
    exchangeDeadline = .max
    let reusable =
      !isOwedReply && body.isFinished && head.keepAlive && (input?.isEmpty ?? true)
    releaseInput()
    guard reusable, let pool else { return close() }
    pool.keep(self, for: timeouts.keepAlive)
  }

  public override func expire() { pool?.drop(self) }

  /// The server closed, or somebody wants an end while the connection is idle.
  public func interrupt() { pool?.drop(self) }

  /// Reads what has come: true if that is something, false at the end of the connection where that
  /// ends the body, nil if nothing has come.
  private func fillNow(_ phase: StaticString) throws(UpstreamError) -> Bool? {
    guard transport.channel.isReadable else { return nil }
    let input = input ?? loop.buffers.take()
    self.input = input
    let received: Int?
    do {
      received = try transport.receiveNow(into: input)
    } catch {
      throw UpstreamError(error, during: phase, beforeReply: !replyHasBegun)
    }
    guard let received else {
      releaseInput()
      return nil
    }
    guard received == 0 else {
      replyHasBegun = true
      return true
    }
    guard replyHasBegun, body.endsByClose else { throw .closed(beforeReply: !replyHasBegun) }
    return false
  }
}

extension EventLoop {
  /// How long a wait may take that is limited to so many milliseconds and to a moment of `now`.
  func remaining(_ milliseconds: UInt64, until deadline: UInt64) -> UInt64 {
    deadline == .max ? milliseconds : min(milliseconds, deadline > now ? deadline - now : 0)
  }
}

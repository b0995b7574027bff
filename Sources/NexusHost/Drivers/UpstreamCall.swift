import HTTP
import Net

/// Carries out what a driver asks for: sends the request that it described, and shows it the reply
/// piece by piece.
///
/// Used again from operation to operation. While the driver asks for more, everything that came
/// stays in `connection.input`, so that a relay can pass the reply on from its beginning. Confined
/// to its loop's thread.
public final class UpstreamCall {
  /// Where a reply stands.
  public enum Progress {
    /// Everything read has been shown, and the driver wants more.
    case more
    /// The driver has decided.
    case verdict(Verdict)
    /// The wait was ended by its scope.
    case cancelled
  }

  public let exchange: Exchange
  /// The connection of the present reply.
  public private(set) var connection: UpstreamConnection?
  /// Length of the reply's head at the start of `connection.input`; 0 once that is consumed.
  public private(set) var headLength = 0
  /// How far `connection.input` has been decoded and shown to the driver.
  public private(set) var position = 0
  /// The payload of the reply in `connection.input`, as far as it has been decoded.
  public private(set) var payload: [Range<Int>] = []
  /// Bytes of an answer that the driver writes itself and that nobody has taken yet.
  public var emitted: [UInt8] = []
  /// Bytes of payload that the driver was shown since the exchange began.
  public private(set) var payloadBytes = 0
  /// How the last reply broke, if it did.
  public private(set) var lastError: UpstreamError?
  /// How long the connection of the last request took to be made, in nanoseconds; nil if there was one.
  public private(set) var connectTime: UInt64?
  /// Whether the present reply comes in chunks.
  public var isChunked: Bool { connection?.head.framing == .chunked }
  /// Most bytes of a reply that are kept while the driver asks for more.
  public var holdLimit = 16 << 20
  /// When the driver must have decided at the latest, in milliseconds of the loop's clock;
  /// `UInt64.max` for never.
  public var deadline = UInt64.max {
    didSet { connection?.exchangeDeadline = min(deadline, patience) }
  }
  /// Until when a wait for more of the reply lasts, by the same clock: at that moment the wait ends
  /// with "more", and the exchange goes on. `UInt64.max` for as long as it takes.
  public var patience = UInt64.max {
    didSet { connection?.exchangeDeadline = min(deadline, patience) }
  }

  private let loop: EventLoop
  private let pool: UpstreamPool
  private let list = GatherList()
  private let empty = ByteBuffer()
  private var requests = 0
  /// Whether the present request has been sent to its end.
  private var isSent = false
  /// Whether the reply's head has not been shown to the driver.
  private var awaitsHead = false
  /// Most requests of one exchange.
  private static let requestLimit = 32

  public init(loop: EventLoop, pool: UpstreamPool) {
    self.loop = loop
    self.pool = pool
    exchange = Exchange()
  }

  /// Starts an exchange over a client's body (which must stay unchanged until the call is closed).
  public func begin(
    _ driver: Driver, _ operation: DriverOperation, body: ByteBuffer, range: Range<Int>
  ) -> Verdict {
    lastError = nil
    requests = 0
    connectTime = nil
    payloadBytes = 0
    patience = .max
    dropReply()
    let verdict = exchange.begin(driver, operation, body: body.span.extracting(range).bytes)
    emitted = exchange.sink.answer
    return verdict
  }

  /// Sends the request that the driver described, and shows it the reply's head. Returns the
  /// driver's verdict; nil if the client has gone meanwhile.
  ///
  /// `forwarded`: header lines that the host adds. `scope`: what ends the wait early.
  public func send(
    to target: UpstreamTarget, body: ByteBuffer, range: Range<Int>, forwarded: [UInt8],
    scope: CancelScope
  ) async -> Verdict? {
    dropReply()
    lastError = nil
    requests += 1
    guard requests <= Self.requestLimit else { return exchange.broke(.limit) }
    let toHead = exchange.sink.request.isHead
    let out = loop.buffers.take()
    defer { loop.buffers.give(out) }
    let writer = UpstreamRequestWriter(
      clientBody: body, clientRange: range, forwarded: forwarded)
    var fresh = false
    awaitsHead = true
    while true {
      isSent = false
      out.removeAll()
      list.removeAll()
      writer.write(exchange.sink.request, to: target, out: out, list: list)
      do throws(UpstreamError) {
        let connection: UpstreamConnection
        if !fresh, let idle = pool.idleConnection(to: target.endpoint) {
          connection = idle
          connectTime = nil
        } else {
          let began = loop.nowNanoseconds
          connection = try await pool.connect(
            to: target.endpoint, deadline: deadline, onDial: { scope.attach($0) })
          connectTime = loop.nowNanoseconds - began
        }
        self.connection = connection
        connection.exchangeDeadline = deadline
        scope.attach(connection.transport.channel)
        try connection.sendNow(list)
        if list.count > 0 { try await connection.sendRest(list) }
        isSent = true
        headLength = try await connection.receiveHead(toHead: toHead)
        return showHead(connection)
      } catch .closed(beforeReply: true) where connection?.isReused == true && !fresh {
        // The server closed the idle connection while the request was under way: nothing came
        // back, so it is sent once more on a connection that cannot be stale.
        fresh = true
        dropReply()
      } catch {
        return settle(error)
      }
    }
  }

  /// Shows the driver what has come meanwhile; nil if that is nothing.
  public func advanceNow() -> Progress? {
    guard let connection else { return .verdict(exchange.broke(.closed)) }
    guard (connection.input?.count ?? 0) - headLength <= holdLimit else {
      return .verdict(exchange.broke(.limit))
    }
    do throws(UpstreamError) {
      guard let more = try connection.receiveMoreNow() else { return nil }
      if !more { connection.body = BodyDecoder(.none) }
    } catch {
      return fail(error)
    }
    connection.awaitMore()
    return showBody()
  }

  /// Takes steps as more of the reply comes, until one returns false. Returns what ended the wait
  /// otherwise, "more" if that was the patience; nil if a step did.
  public func drive(_ step: any ReadStep) async -> Progress? {
    guard let connection else { return .verdict(exchange.broke(.closed)) }
    connection.awaitMore()
    let outcome = await connection.transport.channel.drive(step)
    if outcome == .timedOut, isOutOfPatience { return .more }
    return outcome == .ready ? nil : fail(connection.failure(of: outcome))
  }

  private var isOutOfPatience: Bool { loop.now >= patience }

  private func fail(_ error: UpstreamError) -> Progress {
    settle(error).map(Progress.verdict) ?? .cancelled
  }

  /// The driver's verdict over what has been read already; nil if it wants more.
  public func decideNow() -> Verdict? {
    guard case .verdict(let verdict) = showBody() else { return nil }
    return verdict
  }

  /// Shows the driver more of the reply until it has decided something, or has emitted bytes of an
  /// answer of its own: then the verdict may be "more", and the bytes are in `emitted`. It is "more"
  /// too when the patience is over. Returns nil if the client has gone.
  public func decide() async -> Verdict? {
    var progress = showBody()
    while true {
      switch progress {
      case .verdict(let verdict): return verdict
      case .cancelled: return nil
      case .more where !emitted.isEmpty || isOutOfPatience: return .more
      case .more:
        // A driver that writes the answer itself has taken what it needs.
        if exchange.sink.answerStatus != 0 { consume(position) }
        progress = await advance()
      }
    }
  }

  /// Reads more of the reply and shows it to the driver.
  public func advance() async -> Progress {
    guard let connection else { return .verdict(exchange.broke(.closed)) }
    guard (connection.input?.count ?? 0) - headLength <= holdLimit else {
      return .verdict(exchange.broke(.limit))
    }
    do throws(UpstreamError) {
      // The end of a body that the end of the connection ends.
      if try await !connection.receiveMore() { connection.body = BodyDecoder(.none) }
    } catch {
      if case .timeout = error, isOutOfPatience { return .more }
      return fail(error)
    }
    return showBody()
  }

  /// Shows the driver what has been read and not shown.
  public func showBody() -> Progress {
    guard let connection else { return .verdict(exchange.broke(.closed)) }
    let input = connection.input ?? empty
    while true {
      let step: BodyDecoder.Step
      do {
        step = try connection.body.next(input.span, from: position)
      } catch {
        lastError = .malformed("\(error.message) (byte \(error.offset))")
        return .verdict(exchange.broke(.protocol))
      }
      switch step {
      case .more:
        position = input.count
        return .more
      case .end(let offset):
        position = offset
        let verdict = exchange.complete()
        takeAnswer()
        return .verdict(verdict)
      case .data(let range):
        position = range.upperBound
        payload.append(range)
        payloadBytes &+= range.count
        let verdict = exchange.body(input.span.extracting(range).bytes)
        takeAnswer()
        if verdict != .more { return .verdict(verdict) }
      }
    }
  }

  private func takeAnswer() {
    if exchange.sink.answerStatus != 0 { emitted += exchange.sink.answer }
  }

  /// Drops bytes at the front of the reply that need not be kept. Payload behind them stays.
  public func consume(_ count: Int) {
    connection?.input?.consume(count)
    headLength = max(0, headLength - count)
    position = max(0, position - count)
    var kept = 0
    for range in payload where range.upperBound > count {
      payload[kept] = max(range.lowerBound - count, 0)..<(range.upperBound - count)
      kept += 1
    }
    while payload.count > kept { payload.removeLast() }
  }

  /// Whether the server works on a request that it has got whole: its reply has not come to its end.
  public var isOwedReply: Bool {
    guard let connection, isSent else { return false }
    return awaitsHead || !connection.body.isFinished
  }

  /// Takes up a reply again that a scope broke off, as far as to its body. False if that is gone.
  func resume(in scope: CancelScope) async -> Bool {
    guard let connection, isOwedReply else { return false }
    lastError = nil
    connection.transport.channel.clearInterrupt()
    scope.attach(connection.transport.channel)
    guard awaitsHead else { return true }
    do throws(UpstreamError) {
      headLength = try await connection.receiveHead(toHead: exchange.sink.request.isHead)
    } catch {
      lastError = error
      return false
    }
    _ = showHead(connection)
    return true
  }

  /// Ends the exchange and the use of the connection, which goes back to the pool if its reply is
  /// complete.
  public func close() {
    exchange.close()
    dropReply()
  }

  private func showHead(_ connection: UpstreamConnection) -> Verdict {
    awaitsHead = false
    position = headLength
    while payload.popLast() != nil {}
    guard let input = connection.input else { return exchange.broke(.protocol) }
    return exchange.head(
      status: connection.head.status, in: input.span.bytes,
      fields: connection.head.fields)
  }

  /// Tells the driver how the reply broke; nil where nobody wants to know.
  private func settle(_ error: UpstreamError) -> Verdict? {
    lastError = error
    switch error {
    case .clientGone: return nil
    case .connect: return exchange.broke(.connect)
    case .tls: return exchange.broke(.tls)
    case .timeout: return exchange.broke(.timeout)
    case .closed: return exchange.broke(.closed)
    case .malformed: return exchange.broke(.protocol)
    }
  }

  private func dropReply() {
    guard let connection else { return }
    self.connection = nil
    if connection.body.isFinished { connection.input?.consume(position) }
    headLength = 0
    position = 0
    while payload.popLast() != nil {}
    connection.release()
  }
}

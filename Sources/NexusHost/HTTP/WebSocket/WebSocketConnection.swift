import Net

/// The server's end of a WebSocket whose handshake is done (RFC 6455).
///
/// Sends messages, answers pings, asks by pings whether the client is there, and closes properly,
/// within times and with memory that `WebSocketRules` bound. What the client says is checked and
/// dropped. While nothing comes it holds no buffer. Confined to its loop's thread.
public final class WebSocketConnection: ReadStep {
  private let transport: Transport
  private let loop: EventLoop
  private let rules: WebSocketRules
  private var reader: FrameReader
  private var life: WebSocketLife
  private var outgoing = OutgoingFrames()
  private var isFlushing = false
  private var isOver = false
  private let alarm = Alarm()

  public init(_ transport: Transport, loop: EventLoop, rules: WebSocketRules) {
    self.transport = transport
    self.loop = loop
    self.rules = rules
    reader = FrameReader(limit: rules.messageLimit)
    life = WebSocketLife(rules, at: loop.now)
    alarm.connection = self
  }

  /// Serves it to its end, which is returned; the transport is closed then. `early`: what came behind
  /// the handshake.
  public func run(early: [UInt8]) async -> WebSocketEnd {
    if let size = rules.sendBuffer { transport.limitSendBuffer(to: size) }
    transport.channel.clearDeadline()
    transport.channel.clearInterrupt()
    take(early.span)
    setAlarm()
    if !isOver { _ = await transport.channel.drive(self) }
    apply(.die)
    return life.end ?? .left
  }

  /// Sends whole messages, as `FrameWriter` writes them, after all before; keeps a reference to the
  /// bytes meanwhile. Does not wait: a client for whom too much waits already is given up.
  public func send(_ frames: [UInt8]) {
    guard life.isOpen else { return }
    if outgoing.waiting > rules.queueLimit {
      on(.overflow)
    } else {
      outgoing.add(frames)
    }
    flush()
    setAlarm()
  }

  /// Closes it from this side: what has not been sent is dropped.
  public func end(_ code: CloseCode, _ reason: String) {
    on(.end(code, reason))
    flush()
    setAlarm()
  }

  // MARK: Reading

  /// Reads once what there is. For the channel.
  public func step() -> Bool {
    let room = loop.buffers.take()
    defer { loop.buffers.give(room) }
    do {
      guard let count = try transport.receiveNow(into: room) else { return true }
      if count == 0 { on(.lost) } else { take(room.span) }
    } catch {
      on(.lost)
    }
    setAlarm()
    return !isOver
  }

  private func take(_ bytes: Span<UInt8>) {
    var offset = 0
    do {
      while let event = try reader.next(bytes, &offset) { on(.received(event)) }
    } catch {
      on(.fault(error))
    }
    on(.read(insideFrame: reader.isInsideFrame))
    // Once for all that came: of many pings the last is answered.
    flush()
  }

  // MARK: Sending

  private func flush() {
    guard !isOver, !isFlushing, !outgoing.isEmpty else { return }
    guard sendNow(), !isOver else { return }
    on(.queued)
    isFlushing = true
    let this = Confined(self)
    loop.spawn { await this.value.sendRest() }
  }

  /// Sends what the client takes. Returns whether something is left.
  private func sendNow() -> Bool {
    var hasMoved = false
    do {
      while let (bytes, start, end) = outgoing.next() {
        let count = try transport.sendNow(bytes.span.extracting(start..<end))
        guard count > 0 else { break }
        hasMoved = true
        outgoing.advance(count)
      }
    } catch {
      on(.lost)
      return false
    }
    if hasMoved { on(.sent(all: outgoing.isEmpty)) }
    return !outgoing.isEmpty
  }

  /// Sends what is left whenever the client takes some of it.
  private func sendRest() async {
    defer { isFlushing = false }
    while !isOver {
      guard await transport.channel.waitWritable() == .ready, !isOver else { return }
      let isLeft = sendNow()
      setAlarm()
      if !isLeft { return }
    }
  }

  // MARK: Course

  private func on(_ event: WebSocketLife.Event) { apply(life.on(event, at: loop.now)) }

  private func apply(_ action: WebSocketLife.Action) {
    switch action {
    case .nothing: break
    case .ping(let payload): outgoing.ping(payload)
    case .pong(let payload): outgoing.pong(payload)
    case .close(let code, let reason): outgoing.close(code, reason)
    case .finishSending: transport.finishSending()
    case .die:
      guard !isOver else { return }
      isOver = true
      loop.cancelExpiry(alarm)
      // Ends the waits for reading and writing.
      transport.close()
    }
  }

  private func setAlarm() {
    guard !isOver, let deadline = life.deadline else { return }
    loop.expire(alarm, after: deadline > loop.now ? deadline - loop.now : 0)
  }

  private func passTime() {
    on(.time)
    flush()
    setAlarm()
  }

  /// Rings at the next deadline.
  private final class Alarm: Timed {
    weak var connection: WebSocketConnection?

    override func expire() { connection?.passTime() }
  }
}

/// Carries an object into a task of its own loop.
///
/// `@unchecked Sendable`: made on the loop's thread and opened only by a task that runs there.
private struct Confined<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

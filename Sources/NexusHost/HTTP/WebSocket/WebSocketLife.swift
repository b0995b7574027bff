/// The course of a WebSocket from the handshake to its end (RFC 6455 §5.5, §7), with the times that
/// belong to it. A value: it says what is to be done, and does nothing.
///
/// Moments are milliseconds of a loop's clock.
struct WebSocketLife {
  enum Event: Equatable {
    /// The client said something.
    case received(FrameReader.Event)
    /// What it sent was no WebSocket.
    case fault(WebSocketFault)
    /// Bytes have come; whether they end inside a frame.
    case read(insideFrame: Bool)
    /// Bytes have been taken by the client; whether all have.
    case sent(all: Bool)
    /// Something waits that the client has not taken.
    case queued
    /// More waits than may.
    case overflow
    /// This side ends it.
    case end(CloseCode, String)
    /// The client will send no more, or the connection broke.
    case lost
    /// A deadline may have passed.
    case time
  }

  enum Action: Equatable {
    case nothing
    case ping([UInt8])
    case pong([UInt8])
    /// A close frame is the last that is sent.
    case close(CloseCode, String)
    /// Nothing more is sent: the client is told so, and its end is waited for.
    case finishSending
    /// The connection is closed.
    case die
  }

  private enum Phase: Equatable {
    case open
    /// This side's close frame waits or is sent. `heard`: nothing more is expected of the client.
    case closing(heard: Bool)
    /// Everything is sent, and only the client's end is missing.
    case lingering
    case dead
  }

  private let rules: WebSocketRules
  private var phase = Phase.open
  private var hasUnsent = false
  private var pings: UInt64 = 0
  private var missed = 0
  private var pingAt: UInt64
  private var frameDeadline: UInt64?
  private var stallDeadline: UInt64?
  private var closeDeadline: UInt64?
  /// How it ended; the first cause counts.
  private(set) var end: WebSocketEnd?

  init(_ rules: WebSocketRules, at now: UInt64) {
    self.rules = rules
    pingAt = now + rules.pingInterval
  }

  /// Whether messages may still be sent.
  var isOpen: Bool { phase == .open }

  /// When `time` is to be told next; nil once it is over.
  var deadline: UInt64? {
    switch phase {
    case .open: [frameDeadline, stallDeadline].reduce(pingAt) { min($0, $1 ?? $0) }
    case .closing, .lingering: closeDeadline
    case .dead: nil
    }
  }

  mutating func on(_ event: Event, at now: UInt64) -> Action {
    if phase == .dead { return .nothing }
    switch event {
    case .received(let event): return on(event, at: now)
    case .fault(let fault): return close(fault.code, fault.reason, .fault(fault), true, at: now)
    case .end(let code, let reason): return close(code, reason, .ended(code), false, at: now)
    case .overflow:
      return close(.tryAgainLater, "too slow for what happens here", .slow, true, at: now)
    case .lost: return die(.left)
    case .read(let isInside):
      // From the first byte of a frame on, however often some more come.
      frameDeadline = isInside ? frameDeadline ?? now + rules.frameTime : nil
    case .queued:
      hasUnsent = true
      stallDeadline = stallDeadline ?? now + rules.stallTime
    case .sent(let all):
      hasUnsent = !all
      stallDeadline = all ? nil : now + rules.stallTime
      if all, phase == .closing(heard: true) {
        phase = .lingering
        return .finishSending
      }
    case .time: return onTime(now)
    }
    return .nothing
  }

  private mutating func on(_ event: FrameReader.Event, at now: UInt64) -> Action {
    switch event {
    case .text, .binary: break
    case .ping(let payload): if isOpen { return .pong(payload) }
    case .pong: missed = 0
    case .close(let code):
      if isOpen { return close(code ?? .normal, "", .closed(code), true, at: now) }
      return hear()
    }
    return .nothing
  }

  /// The client has answered this side's close.
  private mutating func hear() -> Action {
    guard phase == .closing(heard: false) else { return .nothing }
    if hasUnsent {
      phase = .closing(heard: true)
      return .nothing
    }
    phase = .lingering
    return .finishSending
  }

  private mutating func close(
    _ code: CloseCode, _ reason: String, _ end: WebSocketEnd, _ heard: Bool, at now: UInt64
  ) -> Action {
    guard isOpen else {
      // What breaks the protocol after this side's close cannot close it once more.
      return heard ? hear() : .nothing
    }
    phase = .closing(heard: heard)
    closeDeadline = now + rules.closeTime
    hasUnsent = true
    self.end = end
    return .close(code, reason)
  }

  private mutating func onTime(_ now: UInt64) -> Action {
    guard isOpen else {
      return now >= closeDeadline ?? now ? die(.left) : .nothing
    }
    if let stallDeadline, now >= stallDeadline {
      return close(.tryAgainLater, "nothing was taken for too long", .slow, true, at: now)
    }
    if let frameDeadline, now >= frameDeadline {
      return close(.policy, "a frame took too long", .ended(.policy), true, at: now)
    }
    guard now >= pingAt else { return .nothing }
    if missed >= rules.missedPings {
      return close(.policy, "pings go without an answer", .ended(.policy), true, at: now)
    }
    missed += 1
    pings += 1
    pingAt = now + rules.pingInterval
    return .ping(Array("\(pings)".utf8))
  }

  private mutating func die(_ end: WebSocketEnd) -> Action {
    phase = .dead
    self.end = self.end ?? end
    return .die
  }
}

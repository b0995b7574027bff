import Drivers
import HTTP
import Net
import Text

/// How the passing on of a reply ended.
enum RelayEnd {
  /// The whole answer has been sent.
  case complete
  /// The backend failed in the middle. `told`: the client got an error event and a proper end;
  /// otherwise only the loss of the connection can tell it.
  case broken(DriverFailure, told: Bool)
  /// The gateway stops. `told` as above.
  case stopped(told: Bool)
  /// The client has gone, or takes nothing any more.
  case clientGone
}

/// Passes a reply to the client as it comes: payload bytes unchanged, one write for each read.
///
/// Chunk framing of the backend is passed on as it is while that leaves the client between two
/// chunks; otherwise the payload is framed anew. Events of a stream are sent whole, so that an error
/// can always be told in an event of its own. Confined to its loop's thread.
final class ReplyRelay: ReadStep {
  /// How the client finds the end of the answer.
  enum Framing { case length, chunked, untilClose }

  let call: UpstreamCall
  let client: Transport
  /// Ends the relay early.
  let scope: CancelScope
  let framing: Framing
  /// Whether the answer is an event stream.
  let isEventStream: Bool
  /// How long the client may take nothing, in milliseconds.
  let sendTimeout: UInt64
  let list: GatherList
  /// What is told of the stream as it goes past.
  private let monitor: StreamMonitor?
  private let record: RequestRecord

  /// What stands in the way of going on.
  private enum Stop {
    /// The client takes nothing at the moment; what it is to get is in the list, either the response
    /// head alone or also all payload that has come.
    case clientIsFull(withPayload: Bool)
    case clientGone
    /// The reply has ended, well or not.
    case reply(UpstreamCall.Progress)
  }

  /// Where the bytes of the backend begin that have not been sent.
  private var start = 0
  /// Whether those begin between two chunks of the backend.
  private var atChunkStart = true
  private var tail = EventTail()
  /// How many ranges of the payload the tail has seen.
  private var noted = 0
  /// Up to where the input is known to hold no end of an event.
  private var searched = 0
  private var stop: Stop?
  /// Most bytes that are held back to complete an event.
  private static let heldEvent = 64 * 1024

  init(
    call: UpstreamCall, client: Transport, scope: CancelScope, framing: Framing,
    isEventStream: Bool, sendTimeout: UInt64, list: GatherList, monitor: StreamMonitor?,
    record: RequestRecord
  ) {
    self.record = record
    self.call = call
    self.client = client
    self.scope = scope
    self.framing = framing
    self.isEventStream = isEventStream
    self.sendTimeout = sendTimeout
    self.list = list
    self.monitor = monitor
  }

  /// Sends what is in the list (the client's response head) and the reply, whose own head is still
  /// in the input. `ended`: what the driver has said of a reply that has come to its end.
  func run(ended: Verdict?) async -> RelayEnd {
    defer { monitor?.stop() }
    start = call.headLength
    var progress = ended.map(UpstreamCall.Progress.verdict) ?? call.showBody()
    if case .more = progress {
      guard let last = await pass() else { return .clientGone }
      progress = last
    }
    switch progress {
    case .cancelled where scope.cause == .stopping: return await endStopping()
    case .more, .cancelled: return .clientGone
    case .verdict(.failed): return await end(failure: call.exchange.sink.failure)
    case .verdict:
      appendPayload(isLast: true)
      return await flush() ? .complete : .clientGone
    }
  }

  /// Sends a reply that the driver has seen whole, if the client takes all of it at once. Nil if it
  /// does not: `finishWhole` then sends the rest.
  func sendWhole() -> RelayEnd? {
    start = call.headLength
    appendPayload(isLast: true)
    guard let sent = sendNow() else { return nil }
    return sent ? .complete : .clientGone
  }

  /// Sends the rest of such a reply.
  func finishWhole() async -> RelayEnd { await sendRest() ? .complete : .clientGone }

  /// Passes on what has come and what comes, and returns how the reply ended; nil if the client has
  /// gone.
  private func pass() async -> UpstreamCall.Progress? {
    stop = forward()
    while true {
      switch stop {
      case .clientGone: return nil
      case .reply(let progress): return progress
      case .clientIsFull(let withPayload):
        monitor?.waitForClient()
        guard await sendRest() else { return nil }
        if withPayload { dropSent() }
      case nil: break
      }
      stop = nil
      if let progress = await call.drive(self) { return progress }
    }
  }

  /// Deals with what has come: one read, one write.
  func step() -> Bool {
    guard let progress = call.advanceNow() else { return true }
    if case .more = progress { stop = forward() } else { stop = .reply(progress) }
    return stop == nil
  }

  /// Sends what may be sent. An event that has not come whole stays where it is, unless it is very
  /// long.
  private func forward() -> Stop? {
    let hasPayload = appendWhatMayGo()
    guard list.count > 0 else { return nil }
    guard let sent = sendNow() else { return .clientIsFull(withPayload: hasPayload) }
    guard sent else { return .clientGone }
    if hasPayload { dropSent() }
    return nil
  }

  private func appendWhatMayGo() -> Bool {
    if !isBetweenEvents {
      if appendWholeEvents() { return true }
      guard let input = call.connection?.input, input.count > Self.heldEvent else { return false }
    }
    appendPayload(isLast: false)
    return true
  }

  /// Forgets what the client has.
  private func dropSent() {
    call.consume(start)
    start = 0
    searched = 0
    noted = call.payload.count
    call.connection?.releaseInput()
  }

  /// Whether what has come ends between two events.
  private var isBetweenEvents: Bool {
    guard isEventStream, let input = call.connection?.input else { return true }
    let isWatched = record.isWatched
    while noted < call.payload.count {
      tail.note(input.span, call.payload[noted])
      monitor?.note(input.span.extracting(call.payload[noted]))
      if isWatched { record.watch(input.span.extracting(call.payload[noted])) }
      noted += 1
    }
    return tail.isBetweenEvents
  }

  // MARK: Framing

  private func appendPayload(isLast: Bool) {
    switch framing {
    case .length, .untilClose:
      appendRanges()
      start = call.position
    case .chunked:
      if call.isChunked, atChunkStart {
        appendAsFramed(isLast: isLast)
      } else {
        appendReframed(isLast: isLast)
      }
    }
  }

  private func appendRanges() {
    guard let input = call.connection?.input else { return }
    for range in call.payload { list.append(input, range) }
  }

  /// The backend's own chunks, if they are complete.
  private func appendAsFramed(isLast: Bool) {
    guard let input = call.connection?.input else { return }
    // Behind the last payload byte stands the CR LF of its chunk.
    let boundary = call.payload.last.map { $0.upperBound + 2 } ?? start
    guard boundary <= call.position else { return appendReframed(isLast: isLast) }
    // "0 CR LF CR LF"; anything longer has trailer fields, which end here.
    let isPlainEnd = isLast && call.position - boundary == 5
    let end = isPlainEnd ? call.position : boundary
    list.append(input, start..<end)
    start = end
    if isLast, !isPlainEnd { appendEnd() }
  }

  /// One chunk of our own around the payload.
  private func appendReframed(isLast: Bool) {
    let length = call.payload.reduce(0) { $0 + $1.count }
    if length > 0 {
      appendPrefix(length)
      appendRanges()
      list.copy("\r\n")
      start = call.payload.last?.upperBound ?? start
      atChunkStart = call.isChunked && start + 2 <= call.position
      if atChunkStart { start += 2 }
    }
    if isLast { appendEnd() }
  }

  /// The events that are complete, of a payload that ends inside of one. An event may lie in several
  /// ranges, such as chunks of the backend. False if there is none.
  private func appendWholeEvents() -> Bool {
    guard let input = call.connection?.input,
      let end = EventTail.lastBoundary(input.span, call.payload, from: searched)
    else {
      searched = call.position
      return false
    }
    let ranges = call.payload.map { $0.clamped(to: 0..<end) }
    if framing == .chunked { appendPrefix(ranges.reduce(0) { $0 + $1.count }) }
    for range in ranges { list.append(input, range) }
    if framing == .chunked { list.copy("\r\n") }
    start = end
    atChunkStart = false
    return true
  }

  private func appendPrefix(_ length: Int) {
    var prefix: [UInt8] = []
    ChunkedEncoder.appendPrefix(length: length, to: &prefix)
    list.copy(prefix)
  }

  private func appendEnd() { list.copy("0\r\n\r\n") }

  // MARK: Ends

  private func end(failure: DriverFailure?) async -> RelayEnd {
    let failure = failure ?? DriverFailure(.upstreamBroken, "the backend's answer broke off")
    guard let told = await tell(ErrorBody.streamEnd(for: failure)) else { return .clientGone }
    return .broken(failure, told: told)
  }

  private func endStopping() async -> RelayEnd {
    guard let told = await tell(ErrorBody.streamEnd(for: APIError.stopping)) else {
      return .clientGone
    }
    return .stopped(told: told)
  }

  /// Tells an error in the middle of a stream: an event with the error, the usual last event, and a
  /// proper end (what OpenAI's clients turn into an exception). False if the answer is none that
  /// could hold it, nil if the client has gone.
  private func tell(_ event: [UInt8]) async -> Bool? {
    guard isEventStream, framing != .length else {
      _ = await flush()
      return false
    }
    let last = soundEvents() + event
    if framing == .chunked { appendPrefix(last.count) }
    list.copy(last)
    if framing == .chunked { list.copy("\r\n0\r\n\r\n") }
    return await flush() ? true : nil
  }

  /// What of the unsent payload is no failure.
  private func soundEvents() -> [UInt8] {
    guard let input = call.connection?.input else { return [] }
    var events: [UInt8] = []
    for range in call.payload { events.append(input.span, range) }
    events.removeLast(events.count - SoundEvents.length(events.span))
    return events
  }

  /// Sends the list, waiting while the client takes nothing. False if it never will.
  private func flush() async -> Bool {
    if let sent = sendNow() { return sent }
    return await sendRest()
  }

  /// Sends what the client takes at once: true if that is all, nil if it is not, false if the client
  /// has gone.
  private func sendNow() -> Bool? {
    do {
      return try client.sendWhole(list) ? true : nil
    } catch {
      return false
    }
  }

  private func sendRest() async -> Bool {
    client.channel.setDeadline(after: sendTimeout)
    do {
      try await client.send(list)
      client.channel.clearDeadline()
      return true
    } catch {
      return false
    }
  }
}

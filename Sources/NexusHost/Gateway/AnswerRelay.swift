import Drivers
import HTTP
import Net

/// Sends an answer that a driver writes itself, piece by piece as it is emitted.
struct AnswerRelay {
  let call: UpstreamCall
  let session: ClientSession
  /// Appends the host's own header fields, given the status.
  let fields: (ByteBuffer, Int) -> Void

  private var isChunked = false
  private var headIsSent = false
  /// Whether what is held of a stream has something of the answer in it.
  private(set) var hasOutput = false

  init(
    call: UpstreamCall, session: ClientSession, fields: @escaping (ByteBuffer, Int) -> Void
  ) {
    self.call = call
    self.session = session
    self.fields = fields
  }

  /// Holds a stream back while it is no more than preamble, and leaves what has come in
  /// `call.emitted`. Nothing else is held. Returns the verdict to go on with; nil if the client has
  /// gone.
  mutating func hold(_ first: Verdict) async -> Verdict? {
    guard isEventStream else { return first }
    call.patience = session.worker.loop.now + Preamble.longestHold
    defer { call.patience = .max }
    var preamble = Preamble()
    var held: [UInt8] = []
    var verdict: Verdict? = first
    while let current = verdict {
      let emitted = call.emitted
      call.emitted = []
      hasOutput = preamble.take(emitted.span) == .output
      held += emitted
      guard current == .more, preamble.verdict == .held, held.count <= Preamble.mostBytes,
        session.worker.loop.now < call.patience
      else {
        call.emitted = held
        return preamble.verdict == .failure ? .failed : current
      }
      verdict = await call.decide()
    }
    return nil
  }

  /// Sends what is emitted, and goes on until the driver is done. Returns whether the connection
  /// goes on.
  mutating func run(_ first: Verdict) async -> Bool {
    var verdict: Verdict? = first
    var keep = session.keepsAlive
    while let current = verdict {
      let isLast = current != .more
      session.list.removeAll()
      if !headIsSent { appendHead(isWhole: isLast, keep: &keep) }
      if isEventStream, session.record.isWatched {
        let emitted = call.emitted
        session.record.watch(emitted.span)
      }
      appendPiece(call.emitted)
      call.emitted.removeAll(keepingCapacity: true)
      if isLast {
        if current == .failed { appendFailure() }
        if isChunked { session.list.copy("0\r\n\r\n") }
      }
      guard await flush() else {
        session.record.cancel()
        return false
      }
      if isLast { return keep }
      verdict = await call.decide()
    }
    if session.scope.cause == .stopping { await endStopping() } else { session.record.cancel() }
    return false
  }

  /// Tells the client that the gateway stops.
  private func endStopping() async {
    guard headIsSent, isEventStream else { return }
    session.record.stop()
    session.list.removeAll()
    appendPiece(ErrorBody.streamEnd(for: APIError.stopping))
    if isChunked { session.list.copy("0\r\n\r\n") }
    _ = await flush()
  }

  private mutating func appendHead(isWhole: Bool, keep: inout Bool) {
    headIsSent = true
    let sink = call.exchange.sink
    let isHTTP10 = session.connection.request.isHTTP10
    let out = session.list.own
    HeadWriter.start(sink.answerStatus, in: out)
    HeadWriter.field("content-type", sink.answerType, in: out)
    fields(out, sink.answerStatus)
    if isWhole {
      HeadWriter.field("content-length", UInt64(call.emitted.count), in: out)
    } else if isHTTP10 {
      keep = false
    } else {
      isChunked = true
      out.append("transfer-encoding: chunked\r\n")
    }
    Responder.appendConnection(keep, isHTTP10: isHTTP10, to: out)
    out.append("\r\n")
    session.list.appendOwn(from: 0)
  }

  private func appendPiece(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    guard isChunked else { return session.list.copy(bytes) }
    var framed: [UInt8] = []
    ChunkedEncoder.appendPrefix(length: bytes.count, to: &framed)
    framed += bytes
    ChunkedEncoder.appendSuffix(to: &framed)
    session.list.copy(framed)
  }

  private func appendFailure() {
    guard let failure = call.exchange.sink.failure else { return }
    if isEventStream { appendPiece(ErrorBody.streamEnd(for: failure)) }
  }

  private var isEventStream: Bool {
    call.exchange.sink.answerType.starts(with: "text/event-stream".utf8)
  }

  private func flush() async -> Bool {
    let client = session.connection.transport
    client.channel.setDeadline(after: session.worker.rules.server.sendTimeout)
    do {
      try await client.send(session.list)
      client.channel.clearDeadline()
      return true
    } catch {
      return false
    }
  }
}

/// The exchange behind every operation that is answered with the server's own OpenAI-shaped answer:
/// chat, completions, embeddings.
///
/// The client's body goes up as it is but for the model's name. The answer is held back until it is
/// known to be one: a stream until its first event says nothing bad, anything else until it is
/// complete. A refusal becomes a `Failure`, which lets the host try another backend, unless it is
/// the client's fault. After that the answer is only watched.
open class Relay: Exchange {
  /// How much of an answer without a stream is held back to be checked.
  public static let wholeLimit = 256 << 10
  /// How much of a refusal is read.
  public static let errorLimit = 64 << 10
  /// How much of an unfinished first event of a stream is held back.
  public static let firstEventLimit = 16 << 10
  /// How much of the end of a large answer is kept to find its usage.
  private static let tailLimit = 4096

  private enum State {
    /// No reply yet.
    case waiting
    /// A success without a stream, held back.
    case whole
    /// A stream of which nothing has been passed on.
    case opening
    /// A stream that is being passed on.
    case watching
    /// An answer without a stream that is too large to be held back.
    case passing
    /// A refusal.
    case refused
  }

  private var state = State.waiting
  private var isStream = false
  /// Whether a byte of a stream that is not blank has come, and whether it began a comment.
  private var hasBegun = false
  private var beginsWithComment = false
  /// Bytes of a stream that is held back.
  private var openingCount = 0
  private var isEmbedding = false
  private var status: UInt32 = 0
  private var retryAfter: UInt64 = 0
  private var held: [UInt8] = []
  /// Bytes of an answer that came in one piece and was accepted without being copied; what comes
  /// after them is held.
  private var acceptedCount = 0
  private var usage = Usage()
  private var scanner = SSEScanner()
  private var watch = StreamWatch()

  public override init() { super.init() }

  // MARK: What a driver may change

  /// What a refusal means for this server.
  open func judge(_ error: ErrorReply) -> Judgement { ErrorClassifier.judge(error) }

  /// Describes the request; `path` is the one of the OpenAI protocol.
  open func describe(_ operation: Operation, _ path: StaticString, _ sink: Sink) {
    sink.post(path)
    sink.clientBody(operation)
  }

  // MARK: The calls

  public final override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    isStream = operation.isStream
    switch operation.kind {
    case .chat: describe(operation, "/v1/chat/completions", sink)
    case .completions: describe(operation, "/v1/completions", sink)
    case .embeddings:
      isEmbedding = true
      isStream = false
      describe(operation, "/v1/embeddings", sink)
    default: return sink.fail(.driverBug, "this operation is not one to relay")
    }
    return .send
  }

  public final override func head(_ head: Head, _ sink: Sink) -> Verdict {
    status = head.status
    if head.isSuccess {
      state = isStream ? .opening : .whole
      return .more
    }
    retryAfter = head.retryAfter
    if status < 400 {
      return sink.fail(.upstreamBroken, "the server answered with a redirect or an odd status")
    } else {
      state = .refused
    }
    return .more
  }

  public final override func body(_ bytes: Span<UInt8>, _ sink: Sink) -> Verdict {
    switch state {
    case .waiting: return .more
    case .opening: return opening(bytes, sink)
    case .watching:
      look(bytes, sink)
      return streamError(sink) ?? .more
    case .whole: return whole(bytes, sink)
    case .passing:
      keepTail(bytes)
      return .more
    case .refused:
      let room = Self.errorLimit - held.count
      held.append(bytes, 0..<min(room, bytes.count))
      return bytes.count > room ? refusal(sink) : .more
    }
  }

  public final override func end(_ sink: Sink) -> Verdict {
    switch state {
    case .waiting: return sink.fail(.upstreamBroken, "the server sent no answer")
    case .opening, .watching: return streamEnd(sink)
    case .whole: return wholeEnd(sink)
    case .passing:
      reportTailUsage(sink)
      return .done
    case .refused: return refusal(sink)
    }
  }

  public final override func broken(_ cause: Cause, _ sink: Sink) -> Verdict {
    // The closing mark is the end for every client: what happens to the connection afterwards is
    // no loss.
    if state == .watching, watch.isDone { return .done }
    return sink.fail(Failure(cause))
  }

  // MARK: Streams

  private final func opening(_ bytes: Span<UInt8>, _ sink: Sink) -> Verdict {
    var start = 0
    if !hasBegun {
      while start < bytes.count, bytes[start] <= 0x20 { start += 1 }
      if start == bytes.count { return .more }
      hasBegun = true
      beginsWithComment = bytes[start] == UInt8(ascii: ":")
      // An event stream cannot begin so: the server answered with a document instead.
      if bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "<") {
        state = .whole
        return whole(bytes, sink)
      }
    }
    look(bytes.extracting(start..<bytes.count), sink)
    if let failed = streamError(sink) { return failed }
    // A server that keeps the connection alive with comments may do so for minutes: the client is
    // to see that.
    openingCount += bytes.count
    guard watch.hasData || beginsWithComment || openingCount > Self.firstEventLimit else {
      return .more
    }
    state = .watching
    return .relay
  }

  /// Shows the events that `bytes` complete to the watch.
  private final func look(_ bytes: Span<UInt8>, _ sink: Sink) {
    var start = 0
    while start < bytes.count {
      if scanner.isBetweenEvents {
        start = watch.takePlain(bytes, from: start, limit: scanner.limit, sink)
        if start == bytes.count { return }
      }
      // Anything else goes through the scanner, a line at a time until an event begins again.
      let end = min(ByteSearch.lineBreak(in: bytes, from: start) + 1, bytes.count)
      scanner.scan(bytes.extracting(start..<end)) { name, data in watch.take(name, data, sink) }
      start = end
    }
  }

  /// The verdict if an error was found in the stream.
  private final func streamError(_ sink: Sink) -> Verdict? {
    guard let error = watch.error else { return nil }
    return fail(error, sink)
  }

  private final func streamEnd(_ sink: Sink) -> Verdict {
    scanner.finish { name, data in watch.take(name, data, sink) }
    if let failed = streamError(sink) { return failed }
    guard watch.hasData || scanner.droppedEvents > 0 else {
      return sink.fail(.upstreamBroken, "the server ended its stream without any answer")
    }
    guard watch.isFinished || watch.isDone else {
      return sink.fail(.upstreamBroken, "the server ended its stream in the middle of the answer")
    }
    if state == .watching { return .done }
    state = .watching
    return .relay
  }

  // MARK: Answers without a stream

  private final func whole(_ bytes: Span<UInt8>, _ sink: Sink) -> Verdict {
    if acceptedCount + held.count + bytes.count <= Self.wholeLimit {
      if !accept(bytes) { held.append(bytes, 0..<bytes.count) }
      return .more
    }
    if isStream { return notStreamed(sink) }
    state = .passing
    keepTail(bytes)
    return .relay
  }

  /// Whether `bytes`, the first of an answer, are a whole answer that can be passed on. Spares the
  /// copy of the usual answer, which is small and comes in one piece.
  private final func accept(_ bytes: Span<UInt8>) -> Bool {
    // The end of a larger answer could be needed to find its usage, if more follows.
    guard held.isEmpty, acceptedCount == 0, !isStream,
      bytes.count <= Self.wholeLimit - Self.tailLimit,
      let usage = AnswerScan.accept(bytes, expectsData: isEmbedding)
    else { return false }
    self.usage = usage
    acceptedCount = bytes.count
    return true
  }

  private final func wholeEnd(_ sink: Sink) -> Verdict {
    guard !isStream else { return doubtfulEnd(sink) }
    if acceptedCount > 0 {
      // A text of which a whole object is only the beginning is no JSON.
      guard JSONLexer.blankEnd(held.span, from: 0) == held.count else { return notJSON(sink) }
    } else if let usage = AnswerScan.accept(held.span, expectsData: isEmbedding) {
      self.usage = usage
    } else {
      return doubtfulEnd(sink)
    }
    if usage.input != nil || usage.output != nil { usage.report(sink) }
    return passOn()
  }

  private final func passOn() -> Verdict {
    state = .passing
    held = []
    return .relay
  }

  /// Finds out what is wrong with an answer.
  private final func doubtfulEnd(_ sink: Sink) -> Verdict {
    guard let document = JSONDocument(held), document.root.kind == .object else {
      return notJSON(sink)
    }
    if let error = ErrorReply(inside: document) { return fail(error, sink) }
    if isStream { return notStreamed(sink) }
    guard document.member(isEmbedding ? "data" : "choices")?.kind == .array else {
      return sink.fail(.upstreamBroken, "the server's answer lacks what was asked for")
    }
    if hasGivenUp(document) {
      return sink.fail(.upstreamBroken, "the server gave up in the middle of its answer")
    }
    Usage(document, document.member("usage"))?.report(sink)
    return passOn()
  }

  private final func notJSON(_ sink: Sink) -> Verdict {
    sink.fail(.upstreamBroken, "the server's answer is no JSON object")
  }

  private final func notStreamed(_ sink: Sink) -> Verdict {
    sink.fail(.upstreamBroken, "the server answered a request for a stream without one")
  }

  /// Whether a finish reason says that the server could not go on.
  private final func hasGivenUp(_ document: JSONDocument) -> Bool {
    var hasGivenUp = false
    document.forEachElement(document.member("choices")) { choice in
      let reason = document.member(choice, "finish_reason")
      if document.equals(reason, "abort") || document.equals(reason, "error") { hasGivenUp = true }
    }
    return hasGivenUp
  }

  private final func keepTail(_ bytes: Span<UInt8>) {
    held.append(bytes, max(0, bytes.count - Self.tailLimit)..<bytes.count)
    if held.count > Self.tailLimit { held.removeFirst(held.count - Self.tailLimit) }
  }

  /// Finds the usage near the end of an answer that was too large to be parsed.
  private final func reportTailUsage(_ sink: Sink) {
    var found: Int?
    var from = 0
    while let next = ByteText.firstIndex(of: "\"usage\"", in: held.span, from: from) {
      found = next
      from = next + 1
    }
    guard let found else { return }
    let start = KeyMarks.valueStart(held.span, found + 7)
    let close = ByteSearch.firstIndex(of: UInt8(ascii: "}"), in: held.span, from: start)
    var text: [UInt8] = []
    // Embeddings have one flat object; of a nested one the first part is enough once it is closed.
    text.append(held.span, start..<min(close + 1, held.count))
    if JSONDocument(text) == nil { text.append(UInt8(ascii: "}")) }
    guard let document = JSONDocument(text) else { return }
    Usage(document, document.root)?.report(sink)
  }

  // MARK: Refusals

  private final func refusal(_ sink: Sink) -> Verdict {
    let error = ErrorReply(status: status, retryAfter: retryAfter, body: held)
    guard case .clientFault = judge(error) else { return fail(error, sink) }
    // A client of this protocol reads the server's own words best, and its status with them.
    guard error.shape == .object, status < 500 else { return fail(error, sink) }
    return passOn()
  }

  private final func fail(_ error: ErrorReply, _ sink: Sink) -> Verdict {
    switch judge(error) {
    case .failed(let failure): return sink.fail(failure)
    case .clientFault:
      return sink.fail(Failure(.badRequest, ErrorClassifier.sentence(error)))
    }
  }
}

/// What the events of an OpenAI-shaped stream that goes past tell: how it ends, what it used, what
/// broke. An event is parsed only if it holds a key that matters.
struct StreamWatch {
  /// The first error of the stream.
  private(set) var error: ErrorReply?
  /// Whether any event with data has come.
  private(set) var hasData = false
  /// Whether a finish reason has come.
  private(set) var isFinished = false
  /// Whether the closing `[DONE]` has come.
  private(set) var isDone = false

  private var hasUsage = false

  /// Looks at the next event: its name, empty if it has none, and its data.
  mutating func take(_ name: Span<UInt8>, _ data: Span<UInt8>, _ sink: Sink) {
    guard error == nil else { return }
    if name.count == 5, ByteText.matches("error", name, at: 0) {
      let text = copy(data)
      let inside = JSONDocument(text).flatMap { ErrorReply(inside: $0) }
      error = inside ?? ErrorReply(insideText: text)
    } else if data.count == 6, ByteText.matches("[DONE]", data, at: 0) {
      isDone = true
    } else {
      event(data, KeyMarks(data, 0..<data.count), sink)
      if error == nil { hasData = true }
    }
  }

  private func copy(_ data: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.append(data, 0..<data.count)
    return text
  }

  private mutating func event(_ bytes: Span<UInt8>, _ marks: KeyMarks, _ sink: Sink) {
    if marks.finishReason != nil { finish(bytes, marks) }
    guard marks.hasError || marks.hasUsage || marks.hasTimings else { return }
    guard let document = JSONDocument(copy(bytes)) else { return }
    if marks.hasError, let inside = ErrorReply(inside: document) {
      error = inside
      return
    }
    if let usage = Usage(document, document.member("usage")) {
      hasUsage = true
      usage.report(sink)
    } else if marks.hasTimings, !hasUsage,
      let usage = Usage(document, timings: document.member("timings"))
    {
      usage.report(sink)
    }
  }

  private mutating func finish(_ bytes: Span<UInt8>, _ marks: KeyMarks) {
    guard let offset = marks.finishReason,
      ByteSearch.peek(bytes, KeyMarks.valueStart(bytes, offset)) == UInt8(ascii: "\"")
    else { return }
    if marks.hasGivenUp {
      error = ErrorReply(insideText: ByteText.bytes("it gave up in the middle of its answer"))
    }
    isFinished = true
  }
}

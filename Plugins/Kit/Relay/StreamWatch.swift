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

  /// Looks at the events from `from` on that are written as nearly all are: whole, of one line of
  /// data and an empty one. Their end and their keys are searched for in one pass. Returns the
  /// offset of what is left, which is for the scanner.
  ///
  /// - Parameter limit: the longest line that is looked at.
  mutating func takePlain(_ bytes: Span<UInt8>, from: Int, limit: Int, _ sink: Sink) -> Int {
    var start = from
    while ByteSearch.holds(bytes, start, "data:") {
      let first = start &+ (ByteSearch.peek(bytes, start &+ 5) == 0x20 ? 6 : 5)
      let (end, marks) = KeyMarks.scan(bytes, from: first)
      guard end &- start <= limit else { return start }
      var next = end
      if ByteSearch.holds(bytes, end, "\n\n") {
        next &+= 2
      } else if ByteSearch.holds(bytes, end, "\r\n\r\n") {
        next &+= 4
      } else {
        return start
      }
      if error == nil { take(bytes, first..<end, marks, sink) }
      start = next
    }
    return start
  }

  /// Looks at the next event: its name, empty if it has none, and its data.
  mutating func take(_ name: Span<UInt8>, _ data: Span<UInt8>, _ sink: Sink) {
    guard error == nil else { return }
    if name.count == 5, ByteText.matches("error", name, at: 0) {
      let text = copy(data)
      let inside = JSONDocument(text).flatMap { ErrorReply(inside: $0) }
      error = inside ?? ErrorReply(insideText: text)
    } else {
      take(data, 0..<data.count, KeyMarks.all(in: data), sink)
    }
  }

  /// The data of an event without a name.
  @inline(__always)
  private mutating func take(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ marks: KeyMarks, _ sink: Sink
  ) {
    if range.count == 6, ByteSearch.holds(bytes, range.lowerBound, "[DONE]") {
      isDone = true
    } else {
      if !marks.isEmpty { event(bytes.extracting(range), marks, sink) }
      if error == nil { hasData = true }
    }
  }

  private func copy(_ data: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.append(data, 0..<data.count)
    return text
  }

  /// An event with a key that matters.
  private mutating func event(_ bytes: Span<UInt8>, _ marks: KeyMarks, _ sink: Sink) {
    if marks.contains(.givenUp) {
      error = ErrorReply(insideText: ByteText.bytes("it gave up in the middle of its answer"))
    }
    if marks.contains(.finished), !marks.contains(.oddReason) { isFinished = true }
    guard !marks.isDisjoint(with: [.error, .usage, .timings]) else { return }
    if marks.contains(.usage), !marks.contains(.error), reportPlainUsage(bytes, sink) { return }
    guard let document = JSONDocument(copy(bytes)) else { return }
    if marks.contains(.error), let inside = ErrorReply(inside: document) {
      error = inside
      return
    }
    if let usage = Usage(document, document.member("usage")) {
      hasUsage = true
      usage.report(sink)
    } else if marks.contains(.timings), !hasUsage,
      let usage = Usage(document, timings: document.member("timings"))
    {
      usage.report(sink)
    }
  }

  /// Reports the usage of an event in which it is written as usual. Returns false if it is not.
  private mutating func reportPlainUsage(_ event: Span<UInt8>, _ sink: Sink) -> Bool {
    var keys = UsageKeys()
    do throws(JSONError) {
      let start = JSONLexer.blankEnd(event, from: 0)
      guard ByteSearch.peek(event, start) == UInt8(ascii: "{") else { return false }
      let end = try JSONLexer.walk(event, at: start, outer: 0, &keys)
      try JSONLexer.expectEnd(event, from: end)
    } catch { return false }
    guard keys.isFound, !keys.isOdd else { return false }
    hasUsage = true
    keys.usage.report(sink)
    return true
  }
}

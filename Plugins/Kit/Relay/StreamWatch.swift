/// Watches an OpenAI-shaped event stream that goes past: how it ends, what it used, what broke.
///
/// Lines end with LF, CRLF or CR and may be cut anywhere (WHATWG HTML §9.2.6). Each `data:` line is
/// taken for one event, which is how all servers of this family write. An event is parsed only if
/// it holds a key that matters.
struct StreamWatch {
  /// A line longer than this is passed by without a look.
  static let lineLimit = 1 << 20

  /// The first error of the stream.
  private(set) var error: ErrorReply?
  /// Whether a line has come that says nothing bad.
  private(set) var isAlive = false
  /// Whether any event with data has come.
  private(set) var hasData = false
  /// Whether a finish reason has come.
  private(set) var isFinished = false
  /// Whether the closing `[DONE]` has come.
  private(set) var isDone = false

  private var pending: [UInt8] = []
  private var isTooLong = false
  private var endsWithCR = false
  private var isErrorEvent = false
  private var hasUsage = false

  /// Bytes of the unfinished line.
  var pendingCount: Int { pending.count }

  /// Looks at the next bytes of the stream.
  mutating func feed(_ bytes: Span<UInt8>, _ sink: Sink) {
    var start = 0
    if endsWithCR, ByteSearch.peek(bytes, 0) == 0x0A { start = 1 }
    if bytes.count > 0 { endsWithCR = false }
    var lf = -1
    while start < bytes.count {
      if lf < start { lf = ByteSearch.firstIndex(of: 0x0A, in: bytes, from: start) }
      let part = bytes.extracting(start..<lf)
      let end = start &+ ByteSearch.firstIndex(of: 0x0D, in: part, from: 0)
      if end == bytes.count { break }
      endLine(bytes, start..<end, sink)
      start = end &+ 1
      if bytes[end] == 0x0D {
        if start == bytes.count { endsWithCR = true }
        if ByteSearch.peek(bytes, start) == 0x0A { start &+= 1 }
      }
    }
    keep(bytes, start..<max(start, bytes.count))
  }

  /// The stream is complete: a last line without an end counts as well.
  mutating func finish(_ sink: Sink) {
    guard !pending.isEmpty || isTooLong else { return }
    let nothing: [UInt8] = []
    endLine(nothing.span, 0..<0, sink)
  }

  /// Puts aside the beginning of a line.
  private mutating func keep(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty, !isTooLong else { return }
    if pending.count + range.count > Self.lineLimit {
      isTooLong = true
      pending = []
    } else {
      pending.append(bytes, range)
    }
  }

  private mutating func endLine(_ bytes: Span<UInt8>, _ range: Range<Int>, _ sink: Sink) {
    if pending.isEmpty, !isTooLong {
      if range.count <= Self.lineLimit { line(bytes, range, sink) } else { isAlive = true }
      return
    }
    keep(bytes, range)
    var whole: [UInt8] = []
    swap(&whole, &pending)
    if isTooLong { isAlive = true } else { line(whole.span, 0..<whole.count, sink) }
    isTooLong = false
  }

  /// One line without its end.
  private mutating func line(_ bytes: Span<UInt8>, _ range: Range<Int>, _ sink: Sink) {
    guard error == nil else { return }
    if range.isEmpty {
      isErrorEvent = false
      return
    }
    let start = range.lowerBound
    if ByteText.matches("data:", bytes, at: start), range.count >= 5 {
      var first = start &+ 5
      if ByteSearch.peek(bytes, first) == 0x20 { first &+= 1 }
      data(bytes, min(first, range.upperBound)..<range.upperBound, sink)
    } else if ByteText.matches("event:", bytes, at: start), range.count >= 6 {
      let name = bytes.extracting((start &+ 6)..<range.upperBound)
      isErrorEvent = ByteText.firstIndex(of: "error", in: name) != nil
      if !isErrorEvent { isAlive = true }
    } else {
      isAlive = true
    }
  }

  /// The data of an event.
  private mutating func data(_ bytes: Span<UInt8>, _ range: Range<Int>, _ sink: Sink) {
    if isErrorEvent {
      var text: [UInt8] = []
      text.append(bytes, range)
      let inside = JSONDocument(text).flatMap { ErrorReply(inside: $0) }
      error = inside ?? ErrorReply(insideText: text)
      return
    }
    if range.count == 6, ByteText.matches("[DONE]", bytes, at: range.lowerBound) {
      isDone = true
      isAlive = true
      return
    }
    event(bytes, range, KeyMarks(bytes, range), sink)
    if error == nil {
      hasData = true
      isAlive = true
    }
  }

  private mutating func event(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ marks: KeyMarks, _ sink: Sink
  ) {
    if marks.finishReason != nil { finish(bytes, marks) }
    guard marks.hasError || marks.hasUsage || marks.hasTimings else { return }
    var text: [UInt8] = []
    text.append(bytes, range)
    guard let document = JSONDocument(text) else { return }
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

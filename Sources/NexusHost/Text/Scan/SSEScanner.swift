/// Splits a stream of server-sent events that arrives in pieces into events (WHATWG HTML §9.2.5,
/// §9.2.6): lines end in LF, CR LF or CR, comments are skipped, several `data` lines become one,
/// `id` and `retry` are ignored. Any cuts give the same events.
///
/// One value per stream; not to be shared by threads. In the usual case, in which a piece holds
/// whole events of one `data` line each, nothing is copied and nothing allocated.
public struct SSEScanner: Sendable {
  /// Longest line, and most data of one event, in bytes.
  let limit: Int
  /// The beginning of a line whose end has not come yet.
  private var line: [UInt8] = []
  /// The fields of the event so far.
  private var event: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  /// The last byte was a carriage return, so a line feed now belongs to it.
  private var skipLineFeed = false
  private var atFirstLine = true
  /// The current event is too large; nothing of it is kept.
  private var dropping = false

  /// How many events were left out because a line or their data was longer than the limit.
  public private(set) var droppedEvents = 0

  /// Whether the next byte begins a line, that line an event, and the line is not the very first:
  /// nothing is remembered of what came before.
  var isBetweenEvents: Bool {
    !atFirstLine && !skipLineFeed && !hasData && !dropping && line.isEmpty && event.isEmpty
  }

  /// - Parameter maxEventBytes: longest line, and most data of one event.
  public init(maxEventBytes: Int = 1 << 20) { limit = maxEventBytes }

  /// Takes the next bytes and calls `onEvent` for each event that they complete: its name (empty
  /// if it has none) and its data. Both spans are valid during the call only.
  public mutating func scan(
    _ bytes: Span<UInt8>, _ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void
  ) {
    var offset = 0
    if skipLineFeed, !bytes.isEmpty {
      skipLineFeed = false
      if ByteSearch.peek(bytes, 0) == 0x0A { offset = 1 }
    }
    while offset < bytes.count {
      let end = ByteSearch.lineBreak(in: bytes, from: offset)
      guard end < bytes.count else { return hold(bytes, offset..<end) }
      let next = breakEnd(bytes, at: end)
      if line.isEmpty, let after = takeWholeEvent(bytes, offset..<end, next: next, onEvent) {
        offset = after
        continue
      }
      if line.isEmpty {
        takeLine(bytes, offset..<end, onEvent)
      } else {
        hold(bytes, offset..<end)
        takeHeldLine(onEvent)
      }
      offset = next
    }
  }

  /// Like `scan`, with copies of name and data that may be kept.
  public mutating func feed(
    _ bytes: Span<UInt8>, _ onEvent: (_ event: [UInt8], _ data: [UInt8]) -> Void
  ) {
    scan(bytes) { event, data in onEvent(Self.copy(event), Self.copy(data)) }
  }

  /// Takes the end of the stream for the end of a line and of an event. The standard would drop an
  /// event without an empty line after it, but servers do end their streams so.
  public mutating func finish(_ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void) {
    if !line.isEmpty { takeHeldLine(onEvent) }
    dispatch(onEvent)
    skipLineFeed = false
  }

  /// The fast way: one `data` line that is a whole event, emptied line included, inside the bytes
  /// given. Returns the offset after it, or nil if the line is anything else.
  @inline(__always)
  private mutating func takeWholeEvent(
    _ bytes: Span<UInt8>, _ range: Range<Int>, next: Int,
    _ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void
  ) -> Int? {
    let following = ByteSearch.peek(bytes, next)
    guard following == 0x0A || following == 0x0D, !hasData, !dropping, range.count <= limit,
      ByteSearch.word(bytes, range.lowerBound) == 0x6174_6164,  // "data"
      ByteSearch.peek(bytes, range.lowerBound &+ 4) == UInt8(ascii: ":")
    else { return nil }
    atFirstLine = false
    let value = valueStart(bytes, afterColon: range.lowerBound &+ 5)
    onEvent(event.span, bytes.extracting(value..<range.upperBound))
    event.removeAll(keepingCapacity: true)
    return breakEnd(bytes, at: next)
  }

  /// The offset after the line break at `offset`, which may be the two bytes CR LF.
  @inline(__always)
  private mutating func breakEnd(_ bytes: Span<UInt8>, at offset: Int) -> Int {
    guard ByteSearch.peek(bytes, offset) == 0x0D else { return offset &+ 1 }
    guard offset &+ 1 < bytes.count else {
      skipLineFeed = true
      return offset &+ 1
    }
    return ByteSearch.peek(bytes, offset &+ 1) == 0x0A ? offset &+ 2 : offset &+ 1
  }

  /// Keeps a part of a line. What is too long is kept as a comment, whose rest is skipped.
  private mutating func hold(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    if dropping || line.count &+ range.count > limit {
      drop()
      line.removeAll(keepingCapacity: true)
      line.append(UInt8(ascii: ":"))
    } else {
      line.append(bytes, range)
    }
  }

  private mutating func takeHeldLine(
    _ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void
  ) {
    // Moved out and back, so that its storage stays in use.
    var held: [UInt8] = []
    swap(&held, &line)
    takeLine(held.span, 0..<held.count, onEvent)
    held.removeAll(keepingCapacity: true)
    swap(&held, &line)
  }

  /// Takes one line without its line break.
  private mutating func takeLine(
    _ bytes: Span<UInt8>, _ range: Range<Int>,
    _ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void
  ) {
    var start = range.lowerBound
    if atFirstLine {
      atFirstLine = false
      // A byte order mark may precede the stream.
      if ByteSearch.word(bytes, start) & 0xFF_FFFF == 0xBF_BBEF, range.count >= 3 { start &+= 3 }
    }
    if start == range.upperBound { return dispatch(onEvent) }
    if range.count > limit { drop() }
    guard !dropping else { return }
    var colon = start
    while colon < range.upperBound, ByteSearch.peek(bytes, colon) != UInt8(ascii: ":") {
      colon &+= 1
    }
    let value = min(valueStart(bytes, afterColon: colon &+ 1), range.upperBound)
    if Self.equals(bytes, start..<colon, "data") {
      if hasData { data.append(0x0A) }
      hasData = true
      data.append(bytes, value..<range.upperBound)
      if data.count > limit { drop() }
    } else if Self.equals(bytes, start..<colon, "event") {
      event.removeAll(keepingCapacity: true)
      event.append(bytes, value..<range.upperBound)
    }
  }

  /// Ends the event: hands it out if it has data.
  private mutating func dispatch(_ onEvent: (_ event: Span<UInt8>, _ data: Span<UInt8>) -> Void) {
    if dropping { droppedEvents += 1 }
    if hasData, !dropping { onEvent(event.span, data.span) }
    dropping = false
    hasData = false
    event.removeAll(keepingCapacity: true)
    data.removeAll(keepingCapacity: true)
  }

  private mutating func drop() {
    dropping = true
    data.removeAll(keepingCapacity: false)
  }

  /// Where a value starts: after the one space that may follow the colon.
  @inline(__always)
  private func valueStart(_ bytes: Span<UInt8>, afterColon offset: Int) -> Int {
    ByteSearch.peek(bytes, offset) == 0x20 ? offset &+ 1 : offset
  }

  private static func equals(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ name: StaticString
  ) -> Bool {
    guard range.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<range.count
    where ByteSearch.peek(bytes, range.lowerBound &+ index) != name.utf8Start[index] {
      return false
    }
    return true
  }

  private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.append(bytes, 0..<bytes.count)
    return out
  }
}

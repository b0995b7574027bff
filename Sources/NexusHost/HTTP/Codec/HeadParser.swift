import Text

/// Parses message heads from bytes that arrive in pieces. One value per connection and direction:
/// it remembers how far it has looked for the end of the head, so that a peer that sends one byte
/// at a time costs no more than one that sends all at once. Pure; not to be shared by threads.
public struct HeadParser: Sendable {
  private let limits: HTTPLimits
  /// Where the head starts, after the empty lines that may precede a request.
  private var start = 0
  /// Where the line starts that is being looked for the end of.
  private var line = 0
  /// Up to where there is no line feed.
  private var searched = 0

  /// Empty lines that are skipped before a request line (RFC 9112 §2.2): some old clients send one
  /// too many after a body.
  private static let maxEmptyLines = 4

  public init(limits: HTTPLimits = HTTPLimits()) {
    // Offsets of fields are 32 bits wide.
    self.limits = HTTPLimits(
      maxHeadBytes: min(max(limits.maxHeadBytes, 1), 1 << 30), maxFields: limits.maxFields)
  }

  /// Forgets the current head; the next call starts a new one. Done by itself after a whole head.
  public mutating func reset() {
    start = 0
    line = 0
    searched = 0
  }

  /// Parses the head of a request.
  ///
  /// - Parameters:
  ///   - bytes: everything received from the start of the message on: the same bytes as in the last
  ///     call, and more. May go on after the head.
  ///   - head: filled if a length is returned; its storage is reused.
  /// - Returns: the length of the head in bytes (the body starts there), or nil if more is needed.
  /// - Throws: what is wrong, with the status to answer; the connection should then be closed.
  public mutating func request(
    _ bytes: Span<UInt8>, into head: inout RequestHead
  ) throws(HTTPParseError) -> Int? {
    try skipEmptyLines(bytes)
    // Speaks the peer HTTP at all? A TLS greeting, say, would make us wait for a line end.
    let first = ByteSearch.peek(bytes, start)
    if start < bytes.count, !ByteSearch.isToken(first), first != 0x0D {
      throw HTTPParseError(.badStartLine, at: start)
    }
    // Most heads come whole: then one pass is enough. If it fails for whatever reason, `findEnd`
    // tells what is missing, and the second pass what is wrong.
    if searched == start, let end = try? parseRequest(bytes, into: &head), fits(end) {
      reset()
      return end
    }
    guard try findEnd(bytes, strict: true) else { return nil }
    let end = try parseRequest(bytes, into: &head)
    reset()
    return end
  }

  /// Parses the head of a response. Lines may end in LF alone.
  ///
  /// - Parameters:
  ///   - bytes: everything received from the start of the message on, as for `request`.
  ///   - toHead: whether the request was HEAD, so that no body follows whatever the fields say.
  ///   - head: filled if a length is returned; its storage is reused.
  /// - Returns: the length of the head in bytes, or nil if more is needed. After an interim
  ///   response (1xx but 101) call again for the next head, with the bytes after this one.
  /// - Throws: what is wrong, with status 502; the connection cannot be used any more.
  public mutating func response(
    _ bytes: Span<UInt8>, toHead: Bool, into head: inout ResponseHead
  ) throws(HTTPParseError) -> Int? {
    if searched == start, let end = try? parseResponse(bytes, toHead: toHead, into: &head),
      fits(end)
    {
      reset()
      return end
    }
    do throws(HTTPParseError) {
      if !bytes.isEmpty, ByteSearch.peek(bytes, 0) != UInt8(ascii: "H") {
        throw HTTPParseError(.badStartLine, at: 0)
      }
      guard try findEnd(bytes, strict: false) else { return nil }
      let end = try parseResponse(bytes, toHead: toHead, into: &head)
      reset()
      return end
    } catch { throw error.fromUpstream() }
  }

  private func parseRequest(
    _ bytes: Span<UInt8>, into head: inout RequestHead
  ) throws(HTTPParseError) -> Int {
    var facts = FieldFacts()
    let fields = try StartLine.request(bytes, from: start, into: &head)
    let end = try FieldSection.parse(
      bytes, from: fields, strict: true, limits: limits, into: &head.fields, facts: &facts)
    if !facts.hostSeen, !head.isHTTP10 { throw HTTPParseError(.missingHost, at: fields) }
    head.framing = try facts.framing(isHTTP10: head.isHTTP10) ?? .none
    head.keepAlive = facts.persists(isHTTP10: head.isHTTP10)
    head.expectsContinue = facts.expectsContinue && !head.isHTTP10
    head.hasUpgrade = facts.hasUpgrade && !head.isHTTP10
    return end
  }

  private func parseResponse(
    _ bytes: Span<UInt8>, toHead: Bool, into head: inout ResponseHead
  ) throws(HTTPParseError) -> Int {
    var facts = FieldFacts()
    let fields = try StartLine.response(bytes, from: start, into: &head)
    let end = try FieldSection.parse(
      bytes, from: fields, strict: false, limits: limits, into: &head.fields, facts: &facts)
    let framing = try facts.framing(isHTTP10: head.isHTTP10) ?? .untilClose
    let bodiless = toHead || head.status < 200 || head.status == 204 || head.status == 304
    head.framing = bodiless ? .none : framing
    head.keepAlive = facts.persists(isHTTP10: head.isHTTP10) && head.framing != .untilClose
    return end
  }

  /// Whether a head that ends before `end` is within the limit.
  private func fits(_ end: Int) -> Bool { end &- start <= limits.maxHeadBytes }

  /// Skips empty lines before a request line.
  private mutating func skipEmptyLines(_ bytes: Span<UInt8>) throws(HTTPParseError) {
    while line == start, ByteSearch.peek(bytes, start) == 0x0D, start &+ 1 < bytes.count {
      start = try FieldSection.lineEnd(bytes, at: start, strict: true)
      if start > Self.maxEmptyLines * 2 { throw HTTPParseError(.badStartLine, at: start) }
      line = start
      searched = start
    }
  }

  /// Looks for the empty line that ends the head, from where the last call stopped.
  private mutating func findEnd(_ bytes: Span<UInt8>, strict: Bool) throws(HTTPParseError) -> Bool {
    while true {
      let feed = ByteSearch.firstIndex(of: 0x0A, in: bytes, from: searched)
      if feed &- start >= limits.maxHeadBytes {
        throw HTTPParseError(
          strict && line == start ? .lineTooLong : .headTooLarge, at: start &+ limits.maxHeadBytes)
      }
      guard feed < bytes.count else {
        searched = bytes.count
        return false
      }
      let returned = feed > line && ByteSearch.peek(bytes, feed &- 1) == 0x0D
      if strict, !returned { throw HTTPParseError(.bareLineFeed, at: feed) }
      let empty = feed == (returned ? line &+ 1 : line)
      if empty, line > start { return true }
      line = feed &+ 1
      searched = line
    }
  }
}

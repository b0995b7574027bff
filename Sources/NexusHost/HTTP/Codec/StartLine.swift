import Text

/// The first line of a message (RFC 9112 §3 and §4). Each function starts at offset `start`, fills
/// its part of the head, and returns the offset after the line end.
enum StartLine {
  /// method SP request-target SP HTTP-version CR LF
  static func request(
    _ bytes: Span<UInt8>, from start: Int, into head: inout RequestHead
  ) throws(HTTPParseError) -> Int {
    let methodEnd = ByteSearch.tokenEnd(bytes, from: start)
    guard methodEnd > start, ByteSearch.peek(bytes, methodEnd) == 0x20 else {
      throw lineError(.badMethod, bytes, at: methodEnd)
    }
    head.methodRange = start..<methodEnd
    head.method = HTTPMethod(bytes, head.methodRange)
    let targetEnd = ByteSearch.visibleEnd(bytes, from: methodEnd &+ 1)
    head.target = (methodEnd &+ 1)..<targetEnd
    guard ByteSearch.peek(bytes, targetEnd) == 0x20 else {
      throw lineError(.badTarget, bytes, at: targetEnd)
    }
    try split(bytes, &head)
    let version = targetEnd &+ 1
    head.isHTTP10 = try isHTTP10(bytes, at: version)
    if ByteSearch.peek(bytes, version &+ 8) > 0x1F {
      throw HTTPParseError(.badVersion, at: version &+ 8)
    }
    return try FieldSection.lineEnd(bytes, at: version &+ 8, strict: true)
  }

  /// HTTP-version SP status-code [SP reason-phrase] line end
  static func response(
    _ bytes: Span<UInt8>, from start: Int, into head: inout ResponseHead
  ) throws(HTTPParseError) -> Int {
    head.isHTTP10 = try isHTTP10(bytes, at: start)
    guard ByteSearch.peek(bytes, start &+ 8) == 0x20 else {
      throw HTTPParseError(.badStartLine, at: start &+ 8)
    }
    var status = 0
    for offset in 9..<12 {
      let digit = ByteSearch.peek(bytes, start &+ offset) &- UInt8(ascii: "0")
      guard digit < 10 else { throw HTTPParseError(.badStatus, at: start &+ offset) }
      status = status &* 10 &+ Int(digit)
    }
    guard status >= 100 else { throw HTTPParseError(.badStatus, at: start &+ 9) }
    head.status = status
    // Many servers leave out the reason, and some the space before it.
    var reason = start &+ 12
    if ByteSearch.peek(bytes, reason) == 0x20 { reason &+= 1 }
    let end = reason == start &+ 12 ? reason : FieldSection.valueEnd(bytes, from: reason)
    head.reason = reason..<end
    let next = ByteSearch.peek(bytes, end)
    if end == start &+ 12, next != 0x0D, next != 0x0A { throw HTTPParseError(.badStatus, at: end) }
    return try FieldSection.lineEnd(bytes, at: end, strict: false)
  }

  /// Whether the version at `offset` is 1.0 and not 1.1; throws for all others.
  private static func isHTTP10(_ bytes: Span<UInt8>, at offset: Int) throws(HTTPParseError) -> Bool
  {
    if ByteSearch.holds(bytes, offset, "HTTP/1.1") { return false }
    let name: StaticString = "HTTP/"
    for index in 0..<5 where ByteSearch.peek(bytes, offset &+ index) != name.utf8Start[index] {
      throw lineError(.badVersion, bytes, at: offset &+ index)
    }
    let major = ByteSearch.peek(bytes, offset &+ 5) &- UInt8(ascii: "0")
    let minor = ByteSearch.peek(bytes, offset &+ 7) &- UInt8(ascii: "0")
    guard major < 10, ByteSearch.peek(bytes, offset &+ 6) == UInt8(ascii: "."), minor < 10 else {
      throw lineError(.badVersion, bytes, at: offset &+ 5)
    }
    guard major == 1, minor < 2 else { throw HTTPParseError(.unsupportedVersion, at: offset &+ 5) }
    return minor == 0
  }

  /// Finds path and authority in the target, which may have any of four forms (§3.2).
  private static func split(
    _ bytes: Span<UInt8>, _ head: inout RequestHead
  ) throws(HTTPParseError) {
    let target = head.target
    head.authority = nil
    guard !target.isEmpty else { throw HTTPParseError(.badTarget, at: target.lowerBound) }
    var start = target.lowerBound
    if head.method == .connect {
      try checkAuthority(bytes, target)
      head.authority = target
      head.path = target.upperBound..<target.upperBound
      return
    }
    let first = ByteSearch.peek(bytes, start)
    if first == UInt8(ascii: "*"), target.count == 1, head.method == .options {
      head.path = target
      return
    }
    if first != UInt8(ascii: "/") {
      start = try absolute(bytes, &head)
    }
    let end = ByteSearch.pathEnd(bytes, from: start)
    head.path = start..<end
    guard end < target.upperBound else { return }
    // A fragment never belongs into a request (RFC 9110 §7.1).
    let text = bytes.extracting(0..<target.upperBound)
    let mark = ByteSearch.firstIndex(of: UInt8(ascii: "#"), in: text, from: end)
    if mark < target.upperBound { throw HTTPParseError(.badTarget, at: mark) }
  }

  /// Where the path of an absolute-form target starts; notes its authority (§3.2.2).
  private static func absolute(
    _ bytes: Span<UInt8>, _ head: inout RequestHead
  ) throws(HTTPParseError) -> Int {
    let target = head.target
    let plain = target.lowerBound..<min(target.upperBound, target.lowerBound &+ 7)
    let secure = target.lowerBound..<min(target.upperBound, target.lowerBound &+ 8)
    let start: Int
    if ByteSearch.equalsIgnoringCase(bytes, plain, "http://") {
      start = plain.upperBound
    } else if ByteSearch.equalsIgnoringCase(bytes, secure, "https://") {
      start = secure.upperBound
    } else {
      throw HTTPParseError(.badTarget, at: target.lowerBound)
    }
    let end = ByteSearch.authorityEnd(bytes, from: start)
    let stop = end < target.upperBound ? ByteSearch.peek(bytes, end) : UInt8(ascii: "/")
    guard end > start, stop == UInt8(ascii: "/") || stop == UInt8(ascii: "?") else {
      throw HTTPParseError(.badTarget, at: end)
    }
    head.authority = start..<end
    return end
  }

  private static func checkAuthority(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(HTTPParseError) {
    let end = ByteSearch.authorityEnd(bytes, from: range.lowerBound)
    if end < range.upperBound { throw HTTPParseError(.badTarget, at: end) }
  }

  /// An error at `offset`, or the more exact one if a control character is there.
  private static func lineError(
    _ reason: HTTPParseError.Reason, _ bytes: Span<UInt8>, at offset: Int
  ) -> HTTPParseError {
    let byte = ByteSearch.peek(bytes, offset)
    if byte == 0x0D {
      let bare = ByteSearch.peek(bytes, offset &+ 1) != 0x0A
      return HTTPParseError(bare ? .bareCarriageReturn : .badStartLine, at: offset)
    }
    return HTTPParseError(byte < 0x20 || byte == 0x7F ? .controlByte : reason, at: offset)
  }
}

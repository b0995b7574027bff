import Text

/// What the field lines of one head say about host, framing and connection, gathered while they
/// are parsed. Refuses whatever two parsers could understand differently (RFC 9112 §11.2).
struct FieldFacts {
  private(set) var hostSeen = false
  private(set) var contentLength: UInt64?
  private(set) var chunked = false
  private(set) var close = false
  private(set) var keepAlive = false
  private(set) var expectsContinue = false
  private var upgradeField = false
  private var upgradeListed = false
  private var framingOffset = 0

  /// Whether Upgrade is there and Connection confirms it.
  var hasUpgrade: Bool { upgradeField && upgradeListed }

  /// Takes one field. Names are told apart by their length first, so that most cost one comparison.
  @inline(__always)
  mutating func note(_ field: HTTPField, _ bytes: Span<UInt8>) throws(HTTPParseError) {
    switch field.nameEnd &- field.nameStart {
    case 4 where ByteSearch.equalsIgnoringCase(bytes, field.name, "host"):
      try noteHost(field, bytes)
    case 6 where ByteSearch.equalsIgnoringCase(bytes, field.name, "expect"):
      expectsContinue = ByteSearch.equalsIgnoringCase(bytes, field.value, "100-continue")
    case 7 where ByteSearch.equalsIgnoringCase(bytes, field.name, "upgrade"):
      upgradeField = !field.value.isEmpty
    case 10 where ByteSearch.equalsIgnoringCase(bytes, field.name, "connection"):
      noteConnection(field.value, bytes)
    case 14 where ByteSearch.equalsIgnoringCase(bytes, field.name, "content-length"):
      try noteContentLength(field, bytes)
    case 17 where ByteSearch.equalsIgnoringCase(bytes, field.name, "transfer-encoding"):
      try noteTransferEncoding(field, bytes)
    default: break
    }
  }

  /// The framing that Content-Length and Transfer-Encoding agree on (§6.3), nil if there is neither.
  func framing(isHTTP10: Bool) throws(HTTPParseError) -> BodyFraming? {
    if chunked {
      if contentLength != nil {
        throw HTTPParseError(.contentLengthWithTransferEncoding, at: framingOffset)
      }
      if isHTTP10 { throw HTTPParseError(.transferEncodingInHTTP10, at: framingOffset) }
      return .chunked
    }
    return contentLength.map { .length($0) }
  }

  /// Whether the connection persists (§9.3).
  func persists(isHTTP10: Bool) -> Bool { !close && (!isHTTP10 || keepAlive) }

  private mutating func noteHost(
    _ field: HTTPField, _ bytes: Span<UInt8>
  ) throws(HTTPParseError) {
    if hostSeen { throw HTTPParseError(.repeatedHost, at: Int(field.nameStart)) }
    hostSeen = true
    for offset in field.value where !Authority.isAllowed(ByteSearch.peek(bytes, offset)) {
      throw HTTPParseError(.badHost, at: offset)
    }
  }

  private mutating func noteConnection(_ value: Range<Int>, _ bytes: Span<UInt8>) {
    var list = ListElements(value)
    while let element = list.next(bytes) {
      if ByteSearch.equalsIgnoringCase(bytes, element, "close") {
        close = true
      } else if ByteSearch.equalsIgnoringCase(bytes, element, "keep-alive") {
        keepAlive = true
      } else if ByteSearch.equalsIgnoringCase(bytes, element, "upgrade") {
        upgradeListed = true
      }
    }
  }

  private mutating func noteContentLength(
    _ field: HTTPField, _ bytes: Span<UInt8>
  ) throws(HTTPParseError) {
    if contentLength != nil {
      throw HTTPParseError(.repeatedContentLength, at: Int(field.nameStart))
    }
    framingOffset = Int(field.nameStart)
    var length: UInt64 = 0
    for offset in field.value {
      let digit = ByteSearch.peek(bytes, offset) &- UInt8(ascii: "0")
      // Also bounds the value, so that sums of it with other lengths cannot overflow.
      guard digit < 10, length < 100_000_000_000_000_000 else {
        throw HTTPParseError(.badContentLength, at: offset)
      }
      length = length &* 10 &+ UInt64(digit)
    }
    if field.value.isEmpty { throw HTTPParseError(.badContentLength, at: Int(field.valueStart)) }
    contentLength = length
  }

  private mutating func noteTransferEncoding(
    _ field: HTTPField, _ bytes: Span<UInt8>
  ) throws(HTTPParseError) {
    framingOffset = Int(field.nameStart)
    if !chunked, ByteSearch.equalsIgnoringCase(bytes, field.value, "chunked") {
      chunked = true
      return
    }
    // Refused in any case; an honest list of other codings gets the status that says so.
    var list = ListElements(field.value)
    while let element = list.next(bytes) {
      let name = element.lowerBound..<ByteSearch.tokenEnd(bytes, from: element.lowerBound)
      guard name == element else { break }
      if !ByteSearch.equalsIgnoringCase(bytes, name, "chunked") {
        throw HTTPParseError(.unknownTransferCoding, at: element.lowerBound)
      }
    }
    throw HTTPParseError(.badTransferEncoding, at: Int(field.valueStart))
  }
}

/// The characters of "host" or "host:port" (RFC 3986 §3.2.2).
enum Authority {
  /// Whether a byte may stand there. User information is not allowed in HTTP (RFC 9110 §4.2.4).
  static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["),
      UInt8(ascii: "]"), UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "~"),
      UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ";"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}

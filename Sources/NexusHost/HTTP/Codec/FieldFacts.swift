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

  /// Takes one field, and sets its reach. Names are told apart by their length first, so that most
  /// cost one comparison.
  @inline(__always)
  mutating func note(_ field: inout HTTPField, _ bytes: Span<UInt8>) throws(HTTPParseError) {
    let name = Int(field.nameStart)
    switch field.nameEnd &- field.nameStart {
    case 4 where ByteSearch.holdsIgnoringCase(bytes, name, "host"): try noteHost(field, bytes)
    case 6 where ByteSearch.holdsIgnoringCase(bytes, name, "expect"):
      expectsContinue = ByteSearch.equalsIgnoringCase(bytes, field.value, "100-continue")
    case 7 where ByteSearch.holdsIgnoringCase(bytes, name, "upgrade"):
      upgradeField = !field.value.isEmpty
      field.reach = .hopByHop
    case 10 where ByteSearch.holdsIgnoringCase(bytes, name, "connection"):
      field.reach = noteConnection(field.value, bytes) ? .namingOthers : .hopByHop
    case 14 where ByteSearch.holdsIgnoringCase(bytes, name, "content-length"):
      try noteContentLength(field, bytes)
    case 17 where ByteSearch.holdsIgnoringCase(bytes, name, "transfer-encoding"):
      try noteTransferEncoding(field, bytes)
      field.reach = .hopByHop
    case 2, 5, 7, 10, 16, 18, 19: if isForOneHop(field, bytes) { field.reach = .hopByHop }
    default: break
    }
  }

  /// Whether the field is one of the known hop-by-hop fields that say nothing to this parser.
  private func isForOneHop(_ field: HTTPField, _ bytes: Span<UInt8>) -> Bool {
    let name = Int(field.nameStart)
    return switch field.nameEnd &- field.nameStart {
    case 2: ByteSearch.holdsIgnoringCase(bytes, name, "te")
    // Not a field in use, but what "Connection: close" would name.
    case 5: ByteSearch.holdsIgnoringCase(bytes, name, "close")
    case 7: ByteSearch.holdsIgnoringCase(bytes, name, "trailer")
    case 10: ByteSearch.holdsIgnoringCase(bytes, name, "keep-alive")
    case 16: ByteSearch.holdsIgnoringCase(bytes, name, "proxy-connection")
    case 18: ByteSearch.holdsIgnoringCase(bytes, name, "proxy-authenticate")
    case 19: ByteSearch.holdsIgnoringCase(bytes, name, "proxy-authorization")
    default: false
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
    let end = ByteSearch.authorityEnd(bytes, from: Int(field.valueStart))
    if end < Int(field.valueEnd) { throw HTTPParseError(.badHost, at: end) }
  }

  /// Returns whether the value names fields that are not known to be hop-by-hop anyway.
  private mutating func noteConnection(_ value: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
    // What nearly every Connection field says.
    if ByteSearch.equalsIgnoringCase(bytes, value, "keep-alive") {
      keepAlive = true
      return false
    }
    var namesFields = false
    var list = ListElements(value)
    while let element = list.next(bytes) {
      if ByteSearch.equalsIgnoringCase(bytes, element, "close") {
        close = true
      } else if ByteSearch.equalsIgnoringCase(bytes, element, "keep-alive") {
        keepAlive = true
      } else if ByteSearch.equalsIgnoringCase(bytes, element, "upgrade") {
        upgradeListed = true
      } else {
        namesFields = true
      }
    }
    return namesFields
  }

  private mutating func noteContentLength(
    _ field: HTTPField, _ bytes: Span<UInt8>
  ) throws(HTTPParseError) {
    if contentLength != nil {
      throw HTTPParseError(.repeatedContentLength, at: Int(field.nameStart))
    }
    framingOffset = Int(field.nameStart)
    var length: UInt64 = 0
    var offset = Int(field.valueStart)
    let end = Int(field.valueEnd)
    if offset == end { throw HTTPParseError(.badContentLength, at: offset) }
    while offset < end {
      let digit = ByteSearch.peek(bytes, offset) &- UInt8(ascii: "0")
      // Also bounds the value, so that sums of it with other lengths cannot overflow.
      guard digit < 10, length < 100_000_000_000_000_000 else {
        throw HTTPParseError(.badContentLength, at: offset)
      }
      length = length &* 10 &+ UInt64(digit)
      offset &+= 1
    }
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

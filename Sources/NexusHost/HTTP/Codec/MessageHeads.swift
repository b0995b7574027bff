import Text

/// The head of a request (RFC 9112 §2 to §6), as offsets into the bytes that were parsed. Reuse one
/// value for all requests of a connection: the storage of `fields` is kept.
public struct RequestHead: Sendable {
  /// The method; `.other` for a token that is none of the known ones.
  public internal(set) var method = HTTPMethod.other
  /// The bytes of the method.
  public internal(set) var methodRange = 0..<0
  /// The request target as received (§3.2).
  public internal(set) var target = 0..<0
  /// The target without scheme, authority and query. Empty means "/" (`http://host`), or that the
  /// target has no path (`CONNECT host:port`).
  public internal(set) var path = 0..<0
  /// The authority of an absolute-form target, which then counts instead of Host (§3.2.2).
  public internal(set) var authority: Range<Int>?
  /// The field lines in order.
  public internal(set) var fields: [HTTPField] = []
  /// Whether the version is 1.0.
  public internal(set) var isHTTP10 = false
  /// Whether the client wants to use the connection again (RFC 9112 §9.3).
  public internal(set) var keepAlive = false
  /// How long the body is; never `.untilClose`.
  public internal(set) var framing = BodyFraming.none
  /// Whether the client waits for "100 Continue" before it sends the body (RFC 9110 §10.1.1).
  public internal(set) var expectsContinue = false
  /// Whether the client offers to switch protocols: Upgrade, confirmed by Connection (§7.8).
  public internal(set) var hasUpgrade = false

  public init() {}

  /// The value of the first field with that name, which is given in lower case.
  public func value(_ lowercaseName: StaticString, in bytes: Span<UInt8>) -> Range<Int>? {
    fields.value(lowercaseName, in: bytes)
  }

  /// How many fields have that name, which is given in lower case.
  public func count(of lowercaseName: StaticString, in bytes: Span<UInt8>) -> Int {
    fields.count(of: lowercaseName, in: bytes)
  }
}

/// The head of a response (RFC 9112 §4 to §6), as offsets into the bytes that were parsed. Reuse
/// one value for all responses of a connection: the storage of `fields` is kept.
public struct ResponseHead: Sendable {
  /// The status code, 100...999. Below 200 another head follows, except after 101.
  public internal(set) var status = 0
  /// The reason phrase, often empty.
  public internal(set) var reason = 0..<0
  /// The field lines in order.
  public internal(set) var fields: [HTTPField] = []
  /// Whether the version is 1.0.
  public internal(set) var isHTTP10 = false
  /// Whether the connection can be used again after the body (RFC 9112 §9.3).
  public internal(set) var keepAlive = false
  /// How long the body is.
  public internal(set) var framing = BodyFraming.none

  public init() {}

  /// The value of the first field with that name, which is given in lower case.
  public func value(_ lowercaseName: StaticString, in bytes: Span<UInt8>) -> Range<Int>? {
    fields.value(lowercaseName, in: bytes)
  }

  /// How many fields have that name, which is given in lower case.
  public func count(of lowercaseName: StaticString, in bytes: Span<UInt8>) -> Int {
    fields.count(of: lowercaseName, in: bytes)
  }
}

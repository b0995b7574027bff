import Text

/// How large a message head may be.
public struct HTTPLimits: Sendable {
  /// Most bytes of a head, from the start line to the empty line; also of a trailer section.
  public var maxHeadBytes: Int = 32 * 1024
  /// Most fields of a head.
  public var maxFields: Int = 100

  public init() {}

  public init(maxHeadBytes: Int, maxFields: Int) {
    self.maxHeadBytes = maxHeadBytes
    self.maxFields = maxFields
  }
}

/// A request method (RFC 9110 §9); `other` is any other token.
public enum HTTPMethod: UInt8, Sendable {
  case get, head, post, put, delete, options, patch, trace, connect, other

  /// The method that `bytes[range]` names. Methods are case-sensitive.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    let start = range.lowerBound
    let known: HTTPMethod =
      switch range.count {
      case 3: ByteSearch.holds(bytes, start, "GET") ? .get : .put
      case 4: ByteSearch.holds(bytes, start, "POST") ? .post : .head
      case 5: ByteSearch.holds(bytes, start, "PATCH") ? .patch : .trace
      case 6: .delete
      case 7: ByteSearch.holds(bytes, start, "OPTIONS") ? .options : .connect
      default: .other
      }
    self = ByteSearch.holds(bytes, start, known.name) ? known : .other
  }

  /// As it is written in a request line; empty for `other`.
  public var name: StaticString {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    case .trace: "TRACE"
    case .connect: "CONNECT"
    case .other: ""
    }
  }
}

/// Where one field line of a head lies, as offsets into the bytes that were parsed. 20 bytes.
public struct HTTPField: Sendable, Equatable {
  public var nameStart: Int32
  public var nameEnd: Int32
  /// Start of the value, without blanks around it.
  public var valueStart: Int32
  public var valueEnd: Int32

  /// How far the field goes, as far as its own line tells.
  var reach = Reach.endToEnd

  /// Whether a field is passed on (RFC 9110 §7.6.1).
  enum Reach: UInt8, Sendable {
    /// To the other end, unless a Connection field names it.
    case endToEnd
    /// For this connection only.
    case hopByHop
    /// The same, and it is a Connection field that names other fields.
    case namingOthers
  }

  /// A field whose parts lie at these offsets.
  public init(nameStart: Int, nameEnd: Int, valueStart: Int, valueEnd: Int) {
    self.nameStart = Int32(truncatingIfNeeded: nameStart)
    self.nameEnd = Int32(truncatingIfNeeded: nameEnd)
    self.valueStart = Int32(truncatingIfNeeded: valueStart)
    self.valueEnd = Int32(truncatingIfNeeded: valueEnd)
  }

  /// The bytes of the name, in the case in which they arrived.
  public var name: Range<Int> { Int(nameStart)..<Int(max(nameStart, nameEnd)) }
  /// The bytes of the value.
  public var value: Range<Int> { Int(valueStart)..<Int(max(valueStart, valueEnd)) }
  /// Name, colon and value as they stand: with a line end after them they can be passed on.
  public var line: Range<Int> { Int(nameStart)..<Int(max(nameStart, valueEnd)) }
}

/// How the end of a message body is found (RFC 9112 §6.3).
public enum BodyFraming: Equatable, Sendable {
  /// There is no body.
  case none
  /// So many bytes follow.
  case length(UInt64)
  /// Chunks follow (§7.1).
  case chunked
  /// Everything until the connection closes; responses only.
  case untilClose
}

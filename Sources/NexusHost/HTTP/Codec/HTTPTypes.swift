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
    self = .other
    for known in Self.all where Self.equals(bytes, range, known.name) {
      self = known
      return
    }
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

  private static let all: [HTTPMethod] = [
    .post, .get, .head, .put, .delete, .options, .patch, .trace, .connect,
  ]

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
}

/// Where one field line of a head lies, as offsets into the bytes that were parsed. 16 bytes.
public struct HTTPField: Sendable, Equatable {
  public var nameStart: Int32
  public var nameEnd: Int32
  /// Start of the value, without blanks around it.
  public var valueStart: Int32
  public var valueEnd: Int32

  init(name: Range<Int>, value: Range<Int>) {
    nameStart = Int32(truncatingIfNeeded: name.lowerBound)
    nameEnd = Int32(truncatingIfNeeded: name.upperBound)
    valueStart = Int32(truncatingIfNeeded: value.lowerBound)
    valueEnd = Int32(truncatingIfNeeded: value.upperBound)
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

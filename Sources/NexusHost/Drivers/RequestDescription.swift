/// An upstream request as a driver described it and the host checked it.
///
/// It names a path and never an authority: scheme, host, port and key are added by the host when
/// the request is sent. All bytes are valid HTTP: a token as method and field names, a visible
/// ASCII path, values without control characters.
public struct RequestDescription: Sendable {
  /// A header field, as ranges into `fieldLines`.
  public struct Field: Sendable {
    /// The name, as the driver wrote it.
    public let name: Range<Int>
    /// The value, which may be empty.
    public let value: Range<Int>
    /// The whole line, with its CR LF.
    public let line: Range<Int>
    /// Whether the value holds `{credential}`.
    public let takesCredential: Bool
  }

  /// A piece of the body.
  public enum BodyPart: Equatable, Sendable {
    /// A range of `literal`.
    case literal(Range<Int>)
    /// A range of the client's body as received.
    case client(offset: Int, length: Int)
  }

  /// The method, e.g. "POST"; empty while no request is described.
  public internal(set) var method: [UInt8] = []
  /// The path with its query; begins with "/".
  public internal(set) var path: [UInt8] = []
  /// Every field as `name: value` CR LF, one after the other.
  public internal(set) var fieldLines: [UInt8] = []
  /// The fields in order.
  public internal(set) var fields: [Field] = []
  /// Body bytes that the driver wrote.
  public internal(set) var literal: [UInt8] = []
  /// The pieces of the body in order.
  public internal(set) var parts: [BodyPart] = []
  /// Length of the whole body in bytes.
  public internal(set) var bodyLength = 0
  /// Whether some field takes the credential.
  public internal(set) var takesCredential = false

  init() {}

  /// Whether a request is described.
  public var isDescribed: Bool { !method.isEmpty }

  /// Forgets the request and keeps the arrays' room.
  mutating func reset() {
    method.removeAll(keepingCapacity: true)
    path.removeAll(keepingCapacity: true)
    fieldLines.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    literal.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    bodyLength = 0
    takesCredential = false
  }

  /// The marker that stands for the backend's key in a header value.
  public static let credentialMarker: [UInt8] = Array("{credential}".utf8)

  /// Appends the header fields as lines to `head`, the key put where the driver asked for it.
  ///
  /// Without a key, or with an empty one, fields that need it are left out. `credential` must hold
  /// no control characters; the fleet checks that where it reads the key.
  public func appendFields(to head: inout [UInt8], credential: [UInt8]?) {
    guard takesCredential else {
      head.append(contentsOf: fieldLines)
      return
    }
    for field in fields {
      guard field.takesCredential else {
        head.append(contentsOf: fieldLines[field.line])
        continue
      }
      guard let credential, !credential.isEmpty else { continue }
      head.append(contentsOf: fieldLines[field.line.lowerBound..<field.value.lowerBound])
      Self.append(fieldLines[field.value], filledWith: credential, to: &head)
      head.append(contentsOf: [0x0D, 0x0A])
    }
  }

  private static func append(
    _ value: ArraySlice<UInt8>, filledWith credential: [UInt8], to head: inout [UInt8]
  ) {
    let marker = credentialMarker
    var index = value.startIndex
    while index < value.endIndex {
      if value[index...].starts(with: marker) {
        head.append(contentsOf: credential)
        index += marker.count
      } else {
        head.append(value[index])
        index += 1
      }
    }
  }

  /// The whole body as one array, for requests that are built aside of the relay path.
  public func assembledBody(clientBody: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(bodyLength)
    for part in parts {
      switch part {
      case .literal(let range): body.append(contentsOf: literal[range])
      case .client(let offset, let length):
        guard offset >= 0, length >= 0, offset <= clientBody.count - length else { continue }
        body.append(contentsOf: clientBody[offset..<(offset + length)])
      }
    }
    return body
  }

  /// The value of the first field called `name` (lower case), for logs and tests.
  public func value(of name: String) -> [UInt8]? {
    let wanted = Array(name.utf8)
    for field in fields where fieldLines[field.name].map(HTTPBytes.lowered) == wanted {
      return Array(fieldLines[field.value])
    }
    return nil
  }
}

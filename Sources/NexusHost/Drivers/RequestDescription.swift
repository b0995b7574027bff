import Net

/// An upstream request as a driver described it and the host checked it.
///
/// It names a path and never an authority: scheme, host, port and key are added by the host when
/// the request is sent. All bytes are valid HTTP: a token as method and field names, a visible
/// ASCII path, values without control characters.
///
/// Belongs to its sink, and is used again for the next request.
public final class RequestDescription {
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

  /// Method and path, one behind the other.
  let startLine = ByteBuffer()
  private(set) var methodLength = 0
  /// Every field as `name: value` CR LF, one after the other.
  let lines = ByteBuffer()
  /// The fields in order.
  public internal(set) var fields: [Field] = []
  /// Body bytes that the driver wrote.
  let literals = ByteBuffer()
  /// The pieces of the body in order.
  public internal(set) var parts: [BodyPart] = []
  /// Length of the whole body in bytes.
  public internal(set) var bodyLength = 0
  /// Whether some field takes the credential.
  public internal(set) var takesCredential = false

  init() {}

  /// Whether a request is described.
  public var isDescribed: Bool { methodLength > 0 }
  /// Whether the method is HEAD, whose answer has no body.
  var isHead: Bool { methodLength == 4 && startLine[0] == UInt8(ascii: "H") }
  /// Whether the method is one whose requests always have a body (RFC 9110 §8.6).
  var isPost: Bool { methodLength == 4 && startLine[0] == UInt8(ascii: "P") }

  /// The method, e.g. "POST"; empty while no request is described.
  public var method: [UInt8] { startLine.bytes(0..<methodLength) }
  /// The path with its query; begins with "/".
  public var path: [UInt8] { startLine.bytes(methodLength..<startLine.count) }
  /// The header fields as lines.
  public var fieldLines: [UInt8] { lines.bytes(0..<lines.count) }
  /// The driver's own body bytes.
  public var literal: [UInt8] { literals.bytes(0..<literals.count) }
  /// Length of method, path and field lines together.
  var headLength: Int { startLine.count + lines.count }

  /// Begins the description.
  func start(method: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer) {
    startLine.append(method)
    methodLength = method.count
    startLine.append(path)
  }

  /// Forgets the request and keeps the room.
  func reset() {
    startLine.removeAll()
    methodLength = 0
    lines.removeAll()
    literals.removeAll()
    // A few elements: taking them one by one is cheaper than the general replacement.
    while fields.popLast() != nil {}
    while parts.popLast() != nil {}
    bodyLength = 0
    takesCredential = false
  }

  /// The marker that stands for the backend's key in a header value.
  public static let credentialMarker: [UInt8] = Array("{credential}".utf8)

  /// Appends the header fields as lines to `head`, the key put where the driver asked for it.
  ///
  /// Without a key, or with an empty one, fields that need it are left out. `credential` must hold
  /// no control characters; the fleet checks that where it reads the key.
  public func appendFields(to head: ByteBuffer, credential: [UInt8]?) {
    guard takesCredential else { return head.append(lines, 0..<lines.count) }
    for field in fields {
      guard field.takesCredential else {
        head.append(lines, field.line)
        continue
      }
      guard let credential, !credential.isEmpty else { continue }
      head.append(lines, field.line.lowerBound..<field.value.lowerBound)
      append(field.value, filledWith: credential, to: head)
      head.append("\r\n")
    }
  }

  private func append(_ value: Range<Int>, filledWith credential: [UInt8], to head: ByteBuffer) {
    let marker = Self.credentialMarker
    let bytes = lines.bytes(value)
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: marker) {
        head.append(credential)
        index += marker.count
      } else {
        head.append(byte: bytes[index])
        index += 1
      }
    }
  }

  /// The whole body as one array, for requests that are built aside of the relay path.
  public func assembledBody(clientBody: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    let literal = literal
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
    let fieldLines = fieldLines
    for field in fields where fieldLines[field.name].map(HTTPBytes.lowered) == wanted {
      return Array(fieldLines[field.value])
    }
    return nil
  }
}

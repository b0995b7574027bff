/// One value of a JSON text: what it is and where its bytes are. Offsets count bytes from the
/// beginning of the text that was parsed.
public struct JSONNode: Sendable, Equatable {
  /// The kinds of JSON value (RFC 8259 §3).
  public enum Kind: UInt8, Sendable {
    case object, array, string, number, bool, null

    /// The kind of the value that begins with `byte`, if one can.
    init?(first byte: UInt8) {
      switch byte {
      case UInt8(ascii: "{"): self = .object
      case UInt8(ascii: "["): self = .array
      case UInt8(ascii: "\""): self = .string
      case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
      case UInt8(ascii: "n"): self = .null
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
      default: return nil
      }
    }
  }

  /// What the value is.
  public let kind: Kind
  /// Offset of its first byte: the opening quote, brace or bracket where it has one.
  public let start: Int
  /// Offset after its last byte: after the closing quote, brace or bracket.
  public let end: Int

  public init(kind: Kind, start: Int, end: Int) {
    self.kind = kind
    self.start = start
    self.end = end
  }

  /// The bytes of the value, quotes included.
  public var range: Range<Int> { start..<max(start, end) }
}

/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Sendable, Equatable {
  /// What is wrong at `offset`.
  public enum Reason: UInt8, Sendable {
    case endOfInput, expectedValue, expectedKey, expectedColon, expectedCommaOrBrace
    case expectedCommaOrBracket, badLiteral, badNumber, controlCharacter, badEscape, badUTF8
    case tooDeep, trailingBytes, notObject, duplicateKey

    /// One phrase for people, without the offset.
    public var message: StaticString {
      switch self {
      case .endOfInput: "the JSON text ends too early"
      case .expectedValue: "expected a JSON value"
      case .expectedKey: "expected a key in double quotes"
      case .expectedColon: "expected ':' after the key"
      case .expectedCommaOrBrace: "expected ',' or '}'"
      case .expectedCommaOrBracket: "expected ',' or ']'"
      case .badLiteral: "expected true, false or null"
      case .badNumber: "not a valid number"
      case .controlCharacter: "control character inside a string"
      case .badEscape: "not a valid escape sequence"
      case .badUTF8: "not valid UTF-8"
      case .tooDeep: "nested more than 128 levels deep"
      case .trailingBytes: "unexpected bytes after the JSON value"
      case .notObject: "expected a JSON object"
      case .duplicateKey: "this key occurs twice"
      }
    }
  }

  /// Offset of the byte that is wrong; the length of the text if it ends too early.
  public let offset: Int
  /// What is wrong there.
  public let reason: Reason

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// One phrase for people, without the offset.
  public var message: StaticString { reason.message }
}

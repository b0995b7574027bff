import Config
import Net
import Text

/// How a log writes its lines.
struct LogStyle: Equatable {
  var format = LogFormat.pretty
  /// Whether lines for people are coloured.
  var isColored = false
}

/// One line of the log while it is written: moment, level, component, message and fields.
///
/// What a peer sent cannot forge a line: control characters are escaped. A line is never longer than
/// `longest`; a text that does not fit is cut and ends with "...", and the fields behind it are left
/// out. Used again from line to line; confined to one thread at a time.
public final class LogLine {
  /// Longest line in bytes, its end included; a pipe takes that much at once or not at all.
  static let longest = 4_096
  /// Where texts are cut: the longest escape, the dots and what ends a line fit behind it.
  private static let room = longest - 16

  let bytes = ByteBuffer()
  private var style = LogStyle()
  private var stamp = LogStamp()
  private var isFull = false

  public init() {}

  /// Begins a line; a message follows, then fields, then `finish`.
  func start(
    _ style: LogStyle, _ level: LogLevel, _ component: LogComponent, unixNanoseconds now: Int64
  ) {
    self.style = style
    isFull = false
    bytes.removeAll()
    switch style.format {
    case .json:
      bytes.append("{\"timestamp\":\"")
      stamp.append(now, .microseconds, to: bytes)
      bytes.append("\",\"level\":\"", level.upperCased, "\",\"target\":\"nexus.")
      bytes.append(component.name)
      bytes.append("\",\"message\":\"")
    case .pretty:
      paint("\u{1B}[2m")
      stamp.append(now, .milliseconds, to: bytes)
      paint("\u{1B}[0m")
      bytes.append(byte: 0x20)
      paint(level.color)
      pad(level.upperCased, to: 6)
      paint("\u{1B}[0m")
      pad(component.name, to: 10)
    }
  }

  func message(_ text: StaticString) {
    bytes.append(text)
    if style.format == .json { bytes.append(byte: UInt8(ascii: "\"")) }
  }

  func message(_ text: String) {
    let text = SecretScrub.clean(text).utf8
    append(text.span, quoted: style.format == .json)
    if style.format == .json { bytes.append(byte: UInt8(ascii: "\"")) }
  }

  func finish() { bytes.append(style.format == .json ? "}\n" : "\n") }

  // MARK: Fields

  /// A text without the secrets that can be recognised; an empty one is left out.
  public func field(_ name: StaticString, _ value: String) {
    guard !value.isEmpty else { return }
    let text = SecretScrub.clean(value).utf8
    field(name, text: text.span)
  }

  /// A short text that a peer wrote, such as a name, without the secrets that can be recognised.
  public func field(_ name: StaticString, from peer: Span<UInt8>) {
    guard SecretScrub.isSuspicious(peer) else { return field(name, text: peer) }
    field(name, peer.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
  }

  /// A text as it is, for what cannot hold a secret. An empty one is left out, and bytes that are
  /// not UTF-8 become U+FFFD.
  public func field(_ name: StaticString, text: Span<UInt8>) {
    guard !text.isEmpty, begin(name) else { return }
    let isPlain =
      ByteSearch.plainTextEnd(text, from: 0) == text.count
      && text.count <= Self.room - bytes.count
    let quoted = style.format == .json || !isPlain || Self.needsQuotes(text)
    if isPlain, quoted { return bytes.append(quoted: text) }
    if isPlain { return bytes.append(text) }
    bytes.append(byte: UInt8(ascii: "\""))
    append(text, quoted: true)
    bytes.append(byte: UInt8(ascii: "\""))
  }

  /// A fixed text without blanks and characters to escape.
  public func field(_ name: StaticString, fixed value: StaticString) {
    guard value.utf8CodeUnitCount > 0, begin(name) else { return }
    if style.format == .json { bytes.append("\"", value, "\"") } else { bytes.append(value) }
  }

  public func field(_ name: StaticString, _ value: Int64) {
    guard begin(name) else { return }
    if value < 0 { bytes.append(byte: UInt8(ascii: "-")) }
    bytes.append(decimal: value.magnitude)
  }

  /// JSON has no word for infinity and NaN: they are left out.
  public func field(_ name: StaticString, _ value: Double) {
    guard value.isFinite, begin(name) else { return }
    bytes.append(Array(value.description.utf8))
  }

  public func field(_ name: StaticString, _ value: Bool) {
    guard begin(name) else { return }
    bytes.append(value ? "true" : "false")
  }

  /// Writes what stands before a value. False if the line has no room for the field.
  private func begin(_ name: StaticString) -> Bool {
    // The longest number, and what surrounds a name.
    guard !isFull, bytes.count + name.utf8CodeUnitCount + 40 <= Self.room else {
      isFull = true
      return false
    }
    if style.format == .json {
      bytes.append(",\"", name, "\":")
    } else if style.isColored {
      bytes.append(" \u{1B}[2m", name, "=\u{1B}[0m")
    } else {
      bytes.append(" ", name, "=")
    }
    return true
  }

  // MARK: Texts

  /// In lines for people, a value that could be taken for more than one thing stands in quotes.
  private static func needsQuotes(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] == 0x20 || text[index] == 0x3D { return true }
    return false
  }

  private func append(_ text: Span<UInt8>, quoted: Bool) {
    let text = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    for scalar in text.unicodeScalars {
      guard bytes.count <= Self.room else {
        bytes.append("...")
        isFull = true
        return
      }
      if quoted, scalar == "\"" || scalar == "\\" {
        bytes.append(byte: UInt8(ascii: "\\"))
        bytes.append(byte: UInt8(truncatingIfNeeded: scalar.value))
      } else if Self.isHarmful(scalar.value) {
        bytes.append("\\u")
        for shift in [12, 8, 4, 0] { bytes.append(byte: Self.hexDigit(scalar.value >> shift & 15)) }
      } else {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          bytes.append(byte: byte)
        }
      }
    }
  }

  /// Controls of terminals (C0, DEL, C1), and what breaks lines or turns the direction of writing.
  private static func isHarmful(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private static func hexDigit(_ value: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: value < 10 ? 0x30 + value : 0x57 + value)
  }

  // MARK: Columns

  private func paint(_ code: StaticString) { if style.isColored { bytes.append(code) } }

  private func pad(_ text: StaticString, to width: Int) {
    bytes.append(text)
    for _ in text.utf8CodeUnitCount..<width { bytes.append(byte: 0x20) }
  }
}

extension LogLevel {
  var upperCased: StaticString {
    switch self {
    case .error: "ERROR"
    case .warn: "WARN"
    case .info: "INFO"
    case .debug: "DEBUG"
    case .trace: "TRACE"
    }
  }

  /// The escape sequence that begins its colour (ECMA-48 §8.3.117).
  fileprivate var color: StaticString {
    switch self {
    case .error: "\u{1B}[31m"
    case .warn: "\u{1B}[33m"
    case .info: "\u{1B}[32m"
    case .debug: "\u{1B}[36m"
    case .trace: "\u{1B}[35m"
    }
  }
}

/// A position in a TOML text that knows its line and column.
struct TOMLCursor {
  /// The start of something. Its end comes later, see `place(from:)`.
  struct Mark {
    let offset: Int
    let line: Int
    let column: Int

    /// The place from here to the byte before `end`.
    func upTo(_ end: Int) -> TOMLPlace {
      TOMLPlace(line: line, column: column, bytes: offset..<max(end, offset))
    }
  }

  let bytes: [UInt8]
  private(set) var offset: Int
  /// The last mark. Lines and columns are counted from there on, so that each byte counts once.
  private var last: Mark

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    last = Mark(offset: offset, line: 1, column: 1)
  }

  var isAtEnd: Bool { offset >= bytes.count }

  /// The next byte, or nil at the end.
  var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// The byte `distance` bytes from here, or nil outside of the text.
  func peek(_ distance: Int) -> UInt8? {
    let wanted = offset + distance
    return bytes.indices.contains(wanted) ? bytes[wanted] : nil
  }

  /// Whether `text` stands here.
  func holds(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { wanted in
      wanted.count <= bytes.count - offset
        && wanted.indices.allSatisfy { bytes[offset + $0] == wanted[$0] }
    }
  }

  mutating func advance(_ count: Int = 1) { offset = min(offset + count, bytes.count) }

  /// Steps over `byte` if it stands here.
  mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    offset += 1
    return true
  }

  /// Steps over the end of a line if it stands here: a line feed, or carriage return and line feed.
  mutating func takeNewline() -> Bool {
    if take(.lineFeed) { return true }
    guard peek == .carriageReturn, peek(1) == .lineFeed else { return false }
    offset += 2
    return true
  }

  /// Whether a line ends here, also by the end of the text.
  var isAtLineEnd: Bool {
    guard let byte = peek else { return true }
    return byte == .lineFeed || (byte == .carriageReturn && peek(1) == .lineFeed)
  }

  /// Steps over spaces and tabs.
  mutating func skipBlanks() {
    while let byte = peek, byte == .space || byte == .tab { offset += 1 }
  }

  /// Steps on to the first byte for which `isEnd` holds, or to the end.
  mutating func skip(to isEnd: (UInt8) -> Bool) {
    while let byte = peek, !isEnd(byte) { offset += 1 }
  }

  /// This position. Costs what lies between the last mark and here.
  mutating func mark() -> Mark {
    var (line, column) = (last.line, last.column)
    var counted = last.offset
    while counted < offset {
      let byte = bytes[counted]
      if byte == .lineFeed {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
      counted += 1
    }
    let mark = Mark(offset: offset, line: line, column: column)
    last = mark
    return mark
  }

  /// The place from `mark` to the byte before this position.
  func place(from mark: Mark) -> TOMLPlace { mark.upTo(offset) }

  /// Goes back to `mark`.
  mutating func rewind(to mark: Mark) {
    offset = mark.offset
    last = mark
  }
}

extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")

  /// A letter, digit, `_` or `-`: what a TOML key without quotes is made of.
  var isBareKey: Bool {
    isDigit || self == UInt8(ascii: "_") || self == UInt8(ascii: "-") || isLetter
  }

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var isLetter: Bool { self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z") }

  /// A control character that TOML never takes: all of ASCII's but tab, and line feed and carriage
  /// return, which are the caller's business.
  var isControl: Bool {
    (self < .space && self != .tab && self != .lineFeed && self != .carriageReturn) || self == 0x7F
  }
}

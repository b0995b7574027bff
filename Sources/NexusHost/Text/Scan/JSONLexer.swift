/// The grammar of RFC 8259 over bytes: each function takes the offset where a thing starts and
/// returns the offset after it, or throws where it breaks the rules. Nothing is copied or decoded,
/// nothing recurses. Pure; may be called on any thread.
enum JSONLexer {
  /// Offset of the first byte from `from` that is not white space (RFC 8259 §2).
  @inline(__always)
  static func blankEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    var offset = from
    while isBlank(ByteSearch.peek(bytes, offset)) { offset &+= 1 }
    return offset
  }

  /// Offset after the closing quote of the string whose first byte after the opening quote is at
  /// `from` (§7). The text inside must be UTF-8 without control characters, escapes must be known.
  @inline(__always)
  static func stringEnd(_ bytes: Span<UInt8>, from: Int) throws(JSONError) -> Int {
    let end = plainStringEnd(bytes, from: from)
    if end > 0 { return end }
    var dropped = 0
    return try longStringEnd(bytes, from: from &- end, &dropped)
  }

  /// The same for a string of at most 31 bytes of plain ASCII: nearly all keys and many values. For
  /// any other, how many bytes of it are surely plain, as a negative number or 0.
  @inline(__always)
  static func plainStringEnd(_ bytes: Span<UInt8>, from: Int) -> Int {
    guard bytes.count &- from >= 16 else { return 0 }
    var mark = ByteSearch.firstMark(ByteSearch.textMarks(ByteSearch.block(bytes, from)))
    if mark == 16, bytes.count &- from >= 32 {
      mark &+= ByteSearch.firstMark(ByteSearch.textMarks(ByteSearch.block(bytes, from &+ 16)))
    }
    // Whatever byte it is, all before it are plain: also if it lies beyond the blocks.
    guard ByteSearch.peek(bytes, from &+ mark) == UInt8(ascii: "\"") else {
      return 0 &- mark
    }
    return from &+ mark &+ 1
  }

  /// The general case of `stringEnd`. Adds to `dropped` how many bytes the string is longer here than
  /// decoded, of lone surrogates about.
  static func longStringEnd(
    _ bytes: Span<UInt8>, from: Int, _ dropped: inout Int
  ) throws(JSONError) -> Int {
    var offset = from
    while true {
      offset = ByteSearch.plainTextEnd(bytes, from: offset)
      guard offset < bytes.count else { throw JSONError(.endOfInput, at: bytes.count) }
      let byte = ByteSearch.peek(bytes, offset)
      if byte == UInt8(ascii: "\"") { return offset &+ 1 }
      if byte == UInt8(ascii: "\\") {
        offset = try escapesEnd(bytes, at: offset, &dropped)
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: offset)
      } else {
        let end = UTF8Sequence.textEnd(bytes, from: offset)
        if end == offset { throw JSONError(.badUTF8, at: offset) }
        offset = end
      }
    }
  }

  /// Offset after the escape at `start` and those that follow it in text of plain ASCII, at most that
  /// of what ends such text. Blocks are looked at in their order whatever is in them, so that no look
  /// has to wait for the end of the escape before.
  private static func escapesEnd(
    _ bytes: Span<UInt8>, at start: Int, _ dropped: inout Int
  ) throws(JSONError) -> Int {
    var block = start
    // What comes before it has been read.
    var offset = start
    var clean = 0
    while bytes.count &- block >= 16, clean < 4 {
      var (low, high) = ByteSearch.lanes(ByteSearch.textMarks(ByteSearch.block(bytes, block)))
      clean = low | high == 0 ? clean &+ 1 : 0
      while low | high != 0 {
        let lane = low != 0 ? low.trailingZeroBitCount &>> 3 : 8 &+ high.trailingZeroBitCount &>> 3
        if low != 0 { low &= low &- 1 } else { high &= high &- 1 }
        let mark = block &+ lane
        if mark < offset { continue }
        guard ByteSearch.peek(bytes, mark) == UInt8(ascii: "\\") else { return mark }
        offset = try escapeEnd(bytes, at: mark, &dropped)
      }
      block &+= 16
    }
    return offset == start ? try escapeEnd(bytes, at: start, &dropped) : max(offset, block)
  }

  /// Offset after the escape whose backslash is at `start` (§7). A lone surrogate is allowed: the
  /// grammar has it, and only decoding has to find an answer.
  @inline(__always)
  private static func escapeEnd(
    _ bytes: Span<UInt8>, at start: Int, _ dropped: inout Int
  ) throws(JSONError) -> Int {
    switch ByteSearch.peek(bytes, start &+ 1) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      dropped &+= 1
      return start &+ 2
    case UInt8(ascii: "u"):
      var value: UInt32 = 0
      for offset in (start &+ 2)..<(start &+ 6) {
        guard let digit = hexDigit(ByteSearch.peek(bytes, offset)) else {
          throw failure(.badEscape, bytes, at: offset)
        }
        value = value &<< 4 | digit
      }
      // A pair of surrogates stands for four bytes.
      let isSurrogate = value & 0xF800 == 0xD800
      dropped &+= 6 &- (value < 0x80 ? 1 : value < 0x800 || isSurrogate ? 2 : 3)
      return start &+ 6
    default:
      throw failure(.badEscape, bytes, at: start &+ 1)
    }
  }

  /// Offset after the number that starts at `start` (§6).
  @inline(__always)
  static func numberEnd(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
    var offset = start
    if ByteSearch.peek(bytes, offset) == UInt8(ascii: "-") { offset &+= 1 }
    if ByteSearch.peek(bytes, offset) == UInt8(ascii: "0") {
      offset &+= 1
    } else {
      offset = try digitsEnd(bytes, at: offset)
    }
    if ByteSearch.peek(bytes, offset) == UInt8(ascii: ".") {
      offset = try digitsEnd(bytes, at: offset &+ 1)
    }
    if ByteSearch.peek(bytes, offset) | 0x20 == UInt8(ascii: "e") {
      offset &+= 1
      let sign = ByteSearch.peek(bytes, offset)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset &+= 1 }
      offset = try digitsEnd(bytes, at: offset)
    }
    return offset
  }

  /// Offset after the one or more digits at `start`.
  @inline(__always)
  private static func digitsEnd(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
    var offset = start
    while ByteSearch.peek(bytes, offset) &- UInt8(ascii: "0") < 10 { offset &+= 1 }
    if offset == start { throw failure(.badNumber, bytes, at: offset) }
    return offset
  }

  /// Offset after `true`, `false` or `null` at `start` (§3).
  @inline(__always)
  static func literalEnd(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
    if ByteSearch.holds(bytes, start, "null") || ByteSearch.holds(bytes, start, "true") {
      return start &+ 4
    }
    if ByteSearch.holds(bytes, start, "false") { return start &+ 5 }
    throw badLiteral(bytes, at: start)
  }

  /// Finds the byte that is wrong in something that begins like a literal.
  private static func badLiteral(_ bytes: Span<UInt8>, at start: Int) -> JSONError {
    let word: StaticString =
      switch ByteSearch.peek(bytes, start) {
      case UInt8(ascii: "t"): "true"
      case UInt8(ascii: "f"): "false"
      default: "null"
      }
    var index = 0
    while index < word.utf8CodeUnitCount,
      ByteSearch.peek(bytes, start &+ index) == word.utf8Start[index]
    {
      index &+= 1
    }
    return failure(.badLiteral, bytes, at: start &+ index)
  }

  /// Offset after the colon that should follow at `start`, and after the white space around it.
  @inline(__always)
  static func colonEnd(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
    let offset = blankEnd(bytes, from: start)
    guard ByteSearch.peek(bytes, offset) == UInt8(ascii: ":") else {
      throw failure(.expectedColon, bytes, at: offset)
    }
    return blankEnd(bytes, from: offset &+ 1)
  }

  /// An error at `offset`, or "ends too early" if that is where the text ends.
  static func failure(
    _ reason: JSONError.Reason, _ bytes: Span<UInt8>, at offset: Int
  ) -> JSONError {
    offset < bytes.count ? JSONError(reason, at: offset) : JSONError(.endOfInput, at: bytes.count)
  }

  /// The value of a hexadecimal digit, or nil.
  static func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
    default: nil
    }
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
  }
}

import Text

/// The field lines of a head (RFC 9112 §5).
enum FieldSection {
  /// Parses the lines from `start` up to and including the empty line, and returns the offset after
  /// it. Throws as well if the empty line is not there yet.
  ///
  /// - Parameter strict: whether lines must end in CR LF, and not in LF alone.
  static func parse(
    _ bytes: Span<UInt8>, from start: Int, strict: Bool, limits: HTTPLimits,
    into fields: inout [HTTPField], facts: inout FieldFacts
  ) throws(HTTPParseError) -> Int {
    while fields.popLast() != nil {}
    var offset = start
    while true {
      // Room for some fields at a time: appending each on its own would ask each time whether the
      // array is shared and has room.
      let portion = min(16, max(limits.maxFields &- fields.count, 0))
      try fields.append(addingCapacity: portion) {
        (room: inout OutputSpan<HTTPField>) throws(HTTPParseError) in
        while !room.isFull {
          let first = ByteSearch.peek(bytes, offset)
          if first == 0x0D || first == 0x0A { return }
          room.append(try field(bytes, &offset, strict, &facts))
        }
      }
      let first = ByteSearch.peek(bytes, offset)
      if first == 0x0D || first == 0x0A { return try lineEnd(bytes, at: offset, strict: strict) }
      if fields.count >= limits.maxFields { throw HTTPParseError(.tooManyFields, at: offset) }
    }
  }

  /// Parses the field line at `offset` and moves it to the next line.
  @inline(__always)
  private static func field(
    _ bytes: Span<UInt8>, _ offset: inout Int, _ strict: Bool, _ facts: inout FieldFacts
  ) throws(HTTPParseError) -> HTTPField {
    let nameEnd = ByteSearch.tokenEnd(bytes, from: offset)
    guard nameEnd > offset, ByteSearch.peek(bytes, nameEnd) == UInt8(ascii: ":") else {
      throw nameError(bytes, line: offset, at: nameEnd)
    }
    let end = valueEnd(bytes, from: nameEnd &+ 1)
    let next = try lineEnd(bytes, at: end, strict: strict)
    let value = trimmed(bytes, (nameEnd &+ 1)..<end)
    var field = HTTPField(
      nameStart: offset, nameEnd: nameEnd, valueStart: value.lowerBound,
      valueEnd: value.upperBound)
    try facts.note(&field, bytes)
    offset = next
    return field
  }

  /// The offset after the line end at `offset`; throws if what is there is none (RFC 9112 §2.2).
  @inline(__always)
  static func lineEnd(
    _ bytes: Span<UInt8>, at offset: Int, strict: Bool
  ) throws(HTTPParseError) -> Int {
    let byte = ByteSearch.peek(bytes, offset)
    if byte == 0x0D {
      if ByteSearch.peek(bytes, offset &+ 1) == 0x0A { return offset &+ 2 }
      throw HTTPParseError(.bareCarriageReturn, at: offset)
    }
    if byte == 0x0A {
      if !strict { return offset &+ 1 }
      throw HTTPParseError(.bareLineFeed, at: offset)
    }
    throw HTTPParseError(.controlByte, at: offset)
  }

  /// Where the value that starts at `start` ends: at the first control character but tab, which is
  /// a blank inside of values.
  @inline(__always)
  static func valueEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = ByteSearch.controlIndex(bytes, from: start)
    while ByteSearch.peek(bytes, offset) == 0x09 {
      offset = ByteSearch.controlIndex(bytes, from: offset &+ 1)
    }
    return offset
  }

  /// The range without the blanks around it.
  @inline(__always)
  static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, isBlank(ByteSearch.peek(bytes, start)) { start &+= 1 }
    while end > start, isBlank(ByteSearch.peek(bytes, end &- 1)) { end &-= 1 }
    return start..<end
  }

  /// What is wrong with a line whose name ends at `offset` without a colon.
  private static func nameError(
    _ bytes: Span<UInt8>, line: Int, at offset: Int
  ) -> HTTPParseError {
    switch ByteSearch.peek(bytes, offset) {
    case 0x20, 0x09:
      HTTPParseError(offset == line ? .foldedLine : .spaceBeforeColon, at: offset)
    case 0x0D where ByteSearch.peek(bytes, offset &+ 1) != 0x0A:
      HTTPParseError(.bareCarriageReturn, at: offset)
    case 0x0D, 0x0A: HTTPParseError(.missingColon, at: offset)
    case 0x00..<0x20, 0x7F: HTTPParseError(.controlByte, at: offset)
    default: HTTPParseError(.badFieldName, at: offset)
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

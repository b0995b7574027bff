/// Looks for bytes that are not UTF-8, which TOML demands.
struct TOMLEncoding {
  private(set) var faults: [TOMLFault] = []
  private var cursor: TOMLCursor

  init(_ bytes: [UInt8]) { cursor = TOMLCursor(bytes) }

  /// Reports each line that is not UTF-8. False if the whole text has another encoding.
  mutating func check() -> Bool {
    if isUTF16 {
      report(to: 2, "The file is in UTF-16; save it as UTF-8.")
      return false
    }
    while faults.count < TOMLDocument.faultLimit {
      cursor.skip { $0 >= 0x80 }
      guard let byte = cursor.peek else { break }
      let length = UTF8Sequence.length(word)
      if length > 0 {
        cursor.advance(length)
      } else {
        let code = String(byte, radix: 16, uppercase: true)
        report(to: 1, "The byte 0x\(code) is not UTF-8; save the file as UTF-8.")
        cursor.skip { $0 == .lineFeed }
      }
    }
    return true
  }

  /// Editors of Windows call it "Unicode". Its marks, or a NUL beside an ASCII character.
  private var isUTF16: Bool {
    guard let first = cursor.peek, let second = cursor.peek(1) else { return false }
    return (first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF)
      || (first == 0) != (second == 0)
  }

  /// The next four bytes, little-endian, zeros after the end.
  private var word: UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(cursor.peek($1) ?? 0) << UInt32(8 * $1) }
  }

  private mutating func report(to length: Int, _ message: String) {
    let mark = cursor.mark()
    cursor.advance(length)
    faults.append(TOMLFault(place: cursor.place(from: mark), message: message))
  }
}

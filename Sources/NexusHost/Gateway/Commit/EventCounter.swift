import Text

/// Counts the events of a stream that carry data, however it is cut: a stand-in for tokens, of which
/// servers send about one in each. A value.
struct EventCounter {
  /// The first byte of the present line, once it has come.
  private var lineStart: UInt8?

  /// How many lines of data end in the next bytes of the stream.
  mutating func count(_ bytes: Span<UInt8>) -> Int {
    var events = 0
    var offset = 0
    while offset < bytes.count {
      if lineStart == nil { lineStart = ByteSearch.peek(bytes, offset) }
      let end = ByteSearch.lineBreak(in: bytes, from: offset)
      guard end < bytes.count else { break }
      // Of the fields of an event only "data" begins so.
      if lineStart == UInt8(ascii: "d") { events += 1 }
      lineStart = nil
      offset = end + 1
    }
    return events
  }
}

import Text

/// What of a broken stream its client may still get: the whole events before the first that tells a
/// failure. That one is told in the host's own words, once.
enum SoundEvents {
  /// How many bytes that is. `stream` begins with an event.
  static func length(_ stream: Span<UInt8>) -> Int {
    var sound = 0
    var lineStart = 0
    while let end = lineEnd(stream, from: lineStart) {
      let isEmpty = lineStart == end.line
      lineStart = end.next
      guard isEmpty else { continue }
      if tellsFailure(stream.extracting(sound..<end.next)) { break }
      sound = end.next
    }
    return sound
  }

  private static func tellsFailure(_ event: Span<UInt8>) -> Bool {
    var scanner = SSEScanner()
    var isFailure = false
    scanner.scan(event) { name, data in
      if EventJudge.kind(name, data) == .failure { isFailure = true }
    }
    return isFailure
  }

  /// Where a line ends and the next begins (LF, CR LF or CR); nil if it has no end.
  private static func lineEnd(
    _ stream: Span<UInt8>, from start: Int
  ) -> (line: Int, next: Int)? {
    for index in start..<stream.count {
      switch stream[index] {
      case 0x0A: return (index, index + 1)
      case 0x0D:
        let isPair = index + 1 < stream.count && stream[index + 1] == 0x0A
        return (index, index + (isPair ? 2 : 1))
      default: break
      }
    }
    return nil
  }
}

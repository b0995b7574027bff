/// Takes the payload of one body out of the bytes of a connection.
struct BodyReader {
  private var framing: Framing
  /// Bytes of the current chunk or body that are still to come.
  private var left = 0
  private var inChunk = false
  /// The body has come to its proper end.
  private(set) var isComplete = false

  init(_ framing: Framing) {
    self.framing = framing
    if case .length(let length) = framing {
      left = length
      isComplete = length == 0
    }
  }

  /// Moves what is payload from the front of `buffer` to the end of `payload`.
  mutating func read(
    from buffer: inout [UInt8], ended: Bool, into payload: inout [UInt8]
  ) throws(CaseFailure) {
    switch framing {
    case .length:
      move(from: &buffer, into: &payload)
      isComplete = left == 0
    case .untilClose:
      payload += buffer
      buffer = []
      isComplete = ended
    case .chunked:
      while !isComplete, try readChunk(from: &buffer, into: &payload) {}
    }
  }

  private mutating func move(from buffer: inout [UInt8], into payload: inout [UInt8]) {
    let count = min(left, buffer.count)
    payload += buffer.prefix(count)
    buffer.removeFirst(count)
    left -= count
  }

  /// One step through the chunked coding, strictly (RFC 9112 §7.1); false when bytes are missing.
  private mutating func readChunk(
    from buffer: inout [UInt8], into payload: inout [UInt8]
  ) throws(CaseFailure) -> Bool {
    if inChunk {
      move(from: &buffer, into: &payload)
      guard left == 0, buffer.count >= 2 else { return false }
      guard buffer.starts(with: [0x0D, 0x0A]) else {
        throw CaseFailure("a chunk does not end with CRLF:\n\(readable(buffer.prefix(40)))")
      }
      buffer.removeFirst(2)
      inChunk = false
    }
    guard let end = firstIndex(of: [0x0D, 0x0A], in: buffer) else { return false }
    let line = String(decoding: buffer[..<end], as: UTF8.self)
    let digits = line.prefix { $0 != ";" }
    guard digits.first?.isHexDigit == true, let size = Int(digits, radix: 16) else {
      throw CaseFailure("not a chunk size: '\(line)'")
    }
    if size > 0 {
      buffer.removeFirst(end + 2)
      left = size
      inChunk = true
      return true
    }
    guard buffer.count >= end + 4 else { return false }
    guard buffer[(end + 2)...].starts(with: [0x0D, 0x0A]) else {
      throw CaseFailure("bytes after the last chunk:\n\(readable(buffer.prefix(80)))")
    }
    buffer.removeFirst(end + 4)
    isComplete = true
    return true
  }
}

import Foundation

/// A whole answer off a client's connection, its framing undone strictly.
struct StreamedAnswer {
  let head: Head
  private(set) var payload: [UInt8] = []
  /// Whether the body came to its proper end, not only to that of the connection.
  private(set) var isComplete = false

  var text: String { String(decoding: payload, as: UTF8.self) }

  /// Reads to the end of the answer, at most `piece` bytes at a time.
  init(from client: LoadClient, piece: Int = 65536) throws(CaseFailure) {
    var buffer: [UInt8] = []
    var ended = false
    var found: (Head, length: Int)?
    while found == nil {
      let more = client.readPiece(piece)
      guard !more.isEmpty else {
        throw CaseFailure("the connection ended after:\n\(readable(buffer))")
      }
      buffer += more
      found = try Head.parse(buffer)
    }
    guard let (head, length) = found else { throw CaseFailure("no head") }
    self.head = head
    buffer.removeFirst(length)
    let framing = try head.framing()
    var reader = BodyReader(framing)
    while true {
      try reader.read(from: &buffer, ended: ended, into: &payload)
      if reader.isComplete || ended { break }
      let more = client.readPiece(piece)
      ended = more.isEmpty
      buffer += more
    }
    isComplete = reader.isComplete
    guard buffer.isEmpty || !isComplete else {
      throw CaseFailure("bytes after the answer:\n\(readable(buffer))")
    }
  }

  /// Takes the end of a stream that broke (an event with the error and the closing mark) off the
  /// payload, and returns whether it was there.
  mutating func dropErrorEnd() -> Bool {
    let mark = "\n\ndata: [DONE]\n\n"
    guard payload.suffix(mark.utf8.count).elementsEqual(mark.utf8) else { return false }
    let body = payload.dropLast(mark.utf8.count)
    let opening = Array(#"data: {"error":{"#.utf8)
    var start = body.count - opening.count
    while start >= 0, !body[start..<start + opening.count].elementsEqual(opening) { start -= 1 }
    guard start >= 0 else { return false }
    let event = Array(body[(start + 6)...])
    do { try JSONCheck.checkEnvelope(event) } catch { return false }
    payload.removeLast(payload.count - start)
    return true
  }
}

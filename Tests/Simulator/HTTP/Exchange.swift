/// One request and its answer. Servers write here; faults bend what they write on its way out.
final class Exchange {
  private enum Piece {
    case head([UInt8])
    /// A unit is what faults count: an event, or a half of an answer that is not streamed.
    case body([UInt8], isUnit: Bool)
    case end
  }

  let request: Request
  let record: Record
  let connection: Connection
  let fault: Fault?
  /// Called once if the client goes away before the end, or a fault ends the exchange.
  var onGone: (() -> Void)?
  /// The server's own words for an error after the stream has begun, framing included.
  var streamError: () -> [String] = { [] }

  /// Whether the connection stays open after this answer.
  private(set) var keepsAlive: Bool
  private var isChunked = false
  private var isStream = false
  private var units = 0
  private var waiting: [Piece] = []
  private var isGateShut = false
  private var hasStruck = false
  private var headWritten = false
  private(set) var isOver = false

  init(_ request: Request, _ record: Record, on connection: Connection, fault: Fault? = nil) {
    self.request = request
    self.record = record
    self.connection = connection
    self.fault = fault
    keepsAlive = connection.keepsAlive(after: request) && request.version != "HTTP/1.0"
    record.fault = fault?.kind.rawValue
  }

  var loop: Loop { connection.loop }
  /// True while the client reads more slowly than the server writes.
  var isCongested: Bool { connection.pending > 64 * 1024 || waiting.count > 64 }

  // MARK: What servers call

  /// Answers with a whole body, with its length unless the server sends even those in chunks.
  func respond(
    _ status: Int, type: String?, _ body: [UInt8], extra: [(String, String)] = [],
    chunked: Bool = false
  ) {
    guard !isOver, !headWritten else { return }
    isChunked = chunked
    writeHead(status, type, extra, chunked ? .chunked : .length(body.count))
    finish(with: body)
  }

  /// Sends the head of an answer whose body is not known yet, as exo does.
  func beginWhole(_ status: Int, type: String) {
    guard !isOver, !headWritten else { return }
    isChunked = true
    writeHead(status, type, [], .chunked)
  }

  /// Sends the body that belongs to a head which has gone out.
  func finish(with body: [UInt8]) {
    if request.method != "HEAD" {
      for part in parts(of: body) {
        push(.body(isChunked ? Exchange.chunk(part) : part, isUnit: true))
      }
    }
    push(.end)
  }

  /// Begins a stream of chunks.
  func begin(
    _ status: Int, type: String, extra: [(String, String)] = [], closes: Bool = false
  ) {
    guard !isOver, !headWritten else { return }
    if closes { keepsAlive = false }
    isStream = true
    isChunked = request.version != "HTTP/1.0"
    writeHead(status, type, extra, isChunked ? .chunked : .untilClose)
  }

  /// Writes events; several go out as one chunk, as llama.cpp does with its first two.
  func events(_ texts: [String]) {
    if fault == nil, texts.count > 1 {
      record.events += texts.count - 1
      return push(.body(framed(texts.joined()), isUnit: true))
    }
    for text in texts { push(.body(framed(text), isUnit: true)) }
  }

  /// Writes bytes of the stream that are no event, such as a comment.
  func comment(_ text: String) { push(.body(framed(text), isUnit: false)) }

  func end() { push(.end) }

  /// Closes without the final chunk: how a stream fails at servers that have no words for it.
  func breakOff(reset: Bool = false) {
    guard !isOver else { return }
    finish(.aborted)
    if reset { connection.reset() } else { connection.closeAfterOutput() }
  }

  /// Writes bytes as they are and closes: for answers that are not HTTP.
  func raw(_ bytes: [UInt8]) {
    connection.send(bytes)
    breakOff()
  }

  // MARK: What the connection calls

  func clientGone() { finish(.clientGone) }
  func connectionClosed() { finish(.aborted) }

  private func finish(_ state: Record.State) {
    guard !isOver else { return }
    isOver = true
    waiting = []
    record.end(state)
    let gone = onGone
    onGone = nil
    if state != .completed { gone?() }
  }

  // MARK: The way out

  private func writeHead(
    _ status: Int, _ type: String?, _ extra: [(String, String)], _ framing: HeadStyle.Framing
  ) {
    headWritten = true
    record.status = status
    let head = HeadStyle.Head(
      status: status, type: type, extra: extra, framing: framing,
      keepsAlive: keepsAlive)
    push(.head(connection.style.bytes(head)))
  }

  /// A whole body is cut where a fault may strike: in its middle, or everywhere if it is slow.
  private func parts(of body: [UInt8]) -> [[UInt8]] {
    switch fault?.kind {
    case .slow: return body.map { [$0] }
    case .some(let kind) where kind.isInside:
      return [Array(body.prefix(body.count / 2)), Array(body.dropFirst(body.count / 2))]
    default: return [body]
    }
  }

  private func framed(_ text: String) -> [UInt8] {
    isChunked ? Exchange.chunk(Array(text.utf8)) : Array(text.utf8)
  }

  private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    bytes.isEmpty ? [] : Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10]
  }

  private func push(_ piece: Piece) {
    guard !isOver else { return }
    if isGateShut { return waiting.append(piece) }
    if fault?.kind == .slow, case .body = piece {
      waiting.append(piece)
      return pause(fault?.milliseconds ?? 0)
    }
    write(piece)
  }

  private func write(_ piece: Piece) {
    switch piece {
    case .head(let bytes): put(bytes)
    case .body(let bytes, let isUnit):
      if isUnit, strikesNow { return strike(then: piece) }
      put(bytes)
      if isUnit { units += 1 }
      if isUnit, isStream { record.events += 1 }
    case .end:
      if isChunked { put(Array("0\r\n\r\n".utf8)) }
      finish(.completed)
      connection.finished(self, keepsAlive: keepsAlive)
    }
  }

  private func put(_ bytes: [UInt8]) {
    record.bytes += bytes.count
    connection.send(bytes)
  }

  // MARK: Faults inside the body

  private var strikesNow: Bool {
    guard let fault, fault.kind.isInside, !hasStruck else { return false }
    return units >= (isStream ? fault.afterEvents ?? 2 : 1)
  }

  private func strike(then piece: Piece) {
    hasStruck = true
    switch fault?.kind {
    case .reset: breakOff(reset: true)
    case .cut: breakOff()
    case .halfClose:
      isGateShut = true
      record.end(.aborted)
      connection.halfClose()
    case .errorInStream:
      for text in streamError() { put(framed(text)) }
      write(.end)
    default:
      waiting.append(piece)
      isGateShut = true
      if let pause = fault?.milliseconds, pause > 0 { self.pause(pause) }
    }
  }

  private func pause(_ milliseconds: Double) {
    isGateShut = true
    loop.after(milliseconds) { [self] in drain() }
  }

  private func drain() {
    isGateShut = false
    guard !waiting.isEmpty, !isOver else { return }
    if fault?.kind == .slow {
      write(waiting.removeFirst())
      if !waiting.isEmpty { pause(fault?.milliseconds ?? 0) }
      return
    }
    let pieces = waiting
    waiting = []
    for piece in pieces { push(piece) }
  }
}

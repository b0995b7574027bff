import CLinux
import Glibc

/// Who answers the requests of a listener's connections.
protocol ConnectionOwner: AnyObject {
  var style: HeadStyle { get }
  /// Milliseconds after which an idle connection is closed; nil = never.
  var idleLimit: Double? { get }
  func serve(_ request: Request, on connection: Connection) -> Exchange
  func sawIncomplete(_ request: Request)
  func closed(_ connection: Connection)
}

/// One accepted connection: reads requests in order, writes one answer at a time.
final class Connection: Watcher {
  let loop: Loop
  let descriptor: Int32
  private let owner: any ConnectionOwner
  private var parser = RequestParser()
  private var output: [UInt8] = []
  private var written = 0
  private var interest = Loop.readable | Loop.hangUp
  private var current: Exchange?
  private var answers = 0
  private var closesAfterOutput = false
  private var isAdvancing = false
  private var idleTimer: TimerHeap.ID?
  private(set) var isOpen = true

  init(_ loop: Loop, _ descriptor: Int32, owner: any ConnectionOwner) {
    self.loop = loop
    self.descriptor = descriptor
    self.owner = owner
    loop.watch(descriptor, interest, self)
    startIdleTimer()
  }

  var isIdle: Bool { current == nil && !parser.isInsideRequest && output.isEmpty }
  /// Bytes that the kernel has not taken yet.
  var pending: Int { output.count - written }
  var style: HeadStyle { owner.style }

  func ready(_ events: UInt32) {
    if events & Loop.broken != 0 { return peerGone() }
    if events & Loop.writable != 0 { flush() }
    if isOpen, events & (Loop.readable | Loop.hangUp) != 0 { readAvailable() }
  }

  // MARK: Reading

  private func readAvailable() {
    let count = recv(descriptor, loop.scratch.baseAddress, loop.scratch.count, 0)
    if count > 0 {
      parser.append(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
      return advance()
    }
    if count == 0 || (errno != EAGAIN && errno != EINTR) { peerGone() }
  }

  /// Serves the requests that have arrived, as long as each is answered at once.
  private func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while isOpen, current == nil, !closesAfterOutput {
      switch parser.next() {
      case .needMore: return startIdleTimer()
      case .wantsContinue: send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
      case .bad(let reason): return refuse(reason)
      case .request(let request):
        loop.cancel(idleTimer)
        answers += 1
        let exchange = owner.serve(request, on: self)
        if !exchange.isOver { current = exchange }
      }
    }
  }

  /// Whether this answer leaves the connection open, by the client's wish and the server's habit.
  func keepsAlive(after request: Request) -> Bool {
    request.keepsAlive && answers < style.answersPerConnection
  }

  private func refuse(_ reason: String) {
    let body = Array("bad request: \(reason)\n".utf8)
    let head = HeadStyle.Head(
      status: 400, type: "text/plain", framing: .length(body.count), keepsAlive: false)
    send(style.bytes(head) + body)
    closeAfterOutput()
  }

  // MARK: Writing

  func send(_ bytes: [UInt8]) {
    guard isOpen else { return }
    output += bytes
    flush()
  }

  private func flush() {
    while pending > 0 {
      let count = output.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress?.advanced(by: written), pending, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN { return want(Loop.readable | Loop.hangUp | Loop.writable) }
        return peerGone()
      }
      written += count
    }
    output.removeAll(keepingCapacity: output.capacity < 1 << 20)
    written = 0
    want(Loop.readable | Loop.hangUp)
    if closesAfterOutput { close() }
  }

  private func want(_ events: UInt32) {
    guard events != interest, isOpen else { return }
    interest = events
    loop.rewatch(descriptor, events)
  }

  // MARK: Ends

  /// The exchange on this connection has written its last byte.
  func finished(_ exchange: Exchange, keepsAlive: Bool) {
    current = nil
    if keepsAlive { advance() } else { closeAfterOutput() }
  }

  func closeAfterOutput() {
    closesAfterOutput = true
    if pending == 0 { close() }
  }

  /// Sends FIN after what has been written, and goes on reading.
  func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

  func close() {
    guard isOpen else { return }
    drop()
    Glibc.close(descriptor)
  }

  func reset() {
    guard isOpen else { return }
    drop()
    Sockets.reset(descriptor)
  }

  private func drop() {
    isOpen = false
    loop.cancel(idleTimer)
    loop.forget(descriptor)
    owner.closed(self)
    let exchange = current
    current = nil
    exchange?.connectionClosed()
  }

  private func peerGone() {
    if let exchange = current {
      exchange.clientGone()
    } else if let partial = parser.partial {
      owner.sawIncomplete(partial)
    }
    close()
  }

  private func startIdleTimer() {
    loop.cancel(idleTimer)
    guard let limit = owner.idleLimit, isIdle else { return }
    idleTimer = loop.after(limit) { [weak self] in if self?.isIdle == true { self?.close() } }
  }
}

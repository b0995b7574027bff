import CLinux
import Glibc

/// One connection of the cheap mode: reads, recognises, sends; nothing is allocated per request.
final class CheapConnection: Watcher {
  private let server: CheapServer
  private let replies: CheapReplies
  private let loop: Loop
  let descriptor: Int32
  /// The start of a request that has not arrived whole; empty nearly always.
  private var stash: [UInt8] = []
  private var bodyLeft = 0
  private var kindOfBody = CheapReplies.Kind.chat
  /// What the kernel would not take; events are skipped until it is gone.
  private var unsent: [UInt8] = []
  private var isOpen = true
  /// Events sent of an open stream; -1 = no stream.
  private var eventsSent = -1
  private var streams: CheapStreams?
  fileprivate(set) var place = 0
  fileprivate(set) var phase = 0

  init(_ server: CheapServer, _ descriptor: Int32) {
    self.server = server
    self.descriptor = descriptor
    replies = server.replies
    loop = server.loop
    loop.watch(descriptor, Loop.readable | Loop.hangUp, self)
  }

  var isStreaming: Bool { eventsSent >= 0 }

  func ready(_ events: UInt32) {
    if events & Loop.broken != 0 { return close() }
    if events & Loop.writable != 0 { sendRest() }
    guard isOpen, events & (Loop.readable | Loop.hangUp) != 0 else { return }
    if bodyLeft > 0 { discardBody() } else { readRequest() }
  }

  private func readRequest() {
    let count = recv(descriptor, loop.scratch.baseAddress, loop.scratch.count, 0)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
    let arrived = UnsafeRawBufferPointer(rebasing: loop.scratch[..<count])
    if stash.isEmpty { return consume(arrived) }
    stash.append(contentsOf: arrived)
    let whole = stash
    stash = []
    whole.withUnsafeBytes { consume($0) }
  }

  private func consume(_ input: UnsafeRawBufferPointer) {
    var rest = input
    while isOpen, !rest.isEmpty {
      switch CheapRequest.read(rest) {
      case .unreadable: return close()
      case .needMore: return stash.append(contentsOf: rest)
      case .request(let request):
        let available = rest.count - request.bodyStart
        if available < request.bodyLength {
          bodyLeft = request.bodyLength - available
          kindOfBody = request.kind
          return
        }
        reply(request.kind)
        rest = UnsafeRawBufferPointer(rebasing: rest[(request.bodyStart + request.bodyLength)...])
      }
    }
  }

  /// Linux drops bytes of a TCP stream without copying them when asked with MSG_TRUNC.
  private func discardBody() {
    let count = recv(descriptor, nil, bodyLeft, Int32(MSG_TRUNC))
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
    bodyLeft -= count
    if bodyLeft == 0 { reply(kindOfBody) }
  }

  private func reply(_ kind: CheapReplies.Kind) {
    server.requests += 1
    switch kind {
    case .chat: put(replies.chat)
    case .models: put(replies.modelList)
    case .health: put(replies.health)
    case .notFound: put(replies.notFound)
    case .burst: burst()
    case .stream: startStream(server.streams)
    case .slowStream: startStream(server.slowStreams)
    }
  }

  /// 64 events as fast as the kernel takes them, each written on its own, as servers do that flush
  /// after every token.
  private func burst() {
    replies.stampHead()
    put(UnsafeRawBufferPointer(replies.streamHead))
    for _ in 1..<CheapReplies.eventsPerBurst {
      replies.stampEvent()
      put(UnsafeRawBufferPointer(replies.event))
    }
    put(replies.streamEnd)
  }

  private func startStream(_ streams: CheapStreams) {
    guard !isStreaming else { return close() }
    eventsSent = 1
    replies.stampHead()
    put(UnsafeRawBufferPointer(replies.streamHead))
    guard isOpen else { return }
    self.streams = streams
    streams.add(self)
  }

  /// Sends one event; false when the stream has ended.
  func tick() -> Bool {
    guard isOpen else { return false }
    guard eventsSent < CheapReplies.longestStream else {
      eventsSent = -1
      put(replies.streamEnd)
      return false
    }
    eventsSent += 1
    guard unsent.isEmpty else { return true }
    replies.stampEvent()
    put(UnsafeRawBufferPointer(replies.event))
    return isOpen
  }

  private func put(_ bytes: UnsafeRawBufferPointer) {
    guard unsent.isEmpty else { return unsent.append(contentsOf: bytes) }
    let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if count == bytes.count { return }
    if count < 0, errno != EAGAIN, errno != EINTR { return close() }
    unsent.append(contentsOf: bytes[max(0, count)...])
    loop.rewatch(descriptor, Loop.readable | Loop.hangUp | Loop.writable)
  }

  private func sendRest() {
    let count = unsent.withUnsafeBytes {
      send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0, errno != EAGAIN, errno != EINTR { return close() }
    unsent.removeFirst(max(0, count))
    if unsent.isEmpty { loop.rewatch(descriptor, Loop.readable | Loop.hangUp) }
  }

  private func close() {
    guard isOpen else { return }
    isOpen = false
    streams?.remove(self)
    streams = nil
    eventsSent = -1
    loop.forget(descriptor)
    Glibc.close(descriptor)
    server.openConnections -= 1
  }
}

/// The open streams of one period, spread over its milliseconds so that each has its equal share.
final class CheapStreams {
  private var phases: [[CheapConnection]]
  private let loop: Loop
  private var nextPhase = 0
  private var now = 0
  private var isTicking = false
  private(set) var count = 0

  init(_ loop: Loop, period milliseconds: Int) {
    self.loop = loop
    phases = Array(repeating: [], count: milliseconds)
  }

  func add(_ connection: CheapConnection) {
    connection.phase = nextPhase
    connection.place = phases[nextPhase].count
    phases[nextPhase].append(connection)
    nextPhase = (nextPhase + 1) % phases.count
    count += 1
    guard !isTicking else { return }
    isTicking = true
    loop.every(1) { [self] in tick() }
  }

  func remove(_ connection: CheapConnection) {
    let phase = connection.phase
    let place = connection.place
    guard place < phases[phase].count, phases[phase][place] === connection else { return }
    let last = phases[phase].removeLast()
    if last !== connection {
      phases[phase][place] = last
      last.place = place
    }
    count -= 1
  }

  private func tick() -> Bool {
    now = (now + 1) % phases.count
    var index = phases[now].count - 1
    while index >= 0 {
      let connection = phases[now][index]
      if !connection.tick() { remove(connection) }
      index -= 1
    }
    isTicking = count > 0
    return isTicking
  }
}

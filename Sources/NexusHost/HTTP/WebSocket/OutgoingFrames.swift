/// What a server still has to send over a WebSocket. A value.
///
/// Messages are references to bytes that all who are sent them share. Of pings and pongs at most one
/// each waits, the newest: a client that asks a thousand times without listening is answered once
/// (RFC 6455 §5.5.3).
struct OutgoingFrames {
  /// Whole frames, one or more in each. They are few: a client that takes none is given up.
  private var messages: [[UInt8]] = []
  private var ping: [UInt8]?
  private var pong: [UInt8]?
  private var close: [UInt8]?
  /// What is being sent, and how much of it is; nil between frames.
  private var current: (bytes: [UInt8], sent: Int, end: Int)?
  private var isClosing = false

  /// Bytes of messages that wait.
  private(set) var waiting = 0

  var isEmpty: Bool {
    current == nil && waiting == 0 && ping == nil && pong == nil && close == nil
  }

  /// Whole frames to be sent when all before them are.
  mutating func add(_ frames: [UInt8]) {
    guard !isClosing, !frames.isEmpty else { return }
    messages.append(frames)
    waiting += frames.count
  }

  mutating func ping(_ payload: [UInt8]) {
    if !isClosing { ping = FrameWriter.frame(.ping, payload) }
  }

  mutating func pong(_ payload: [UInt8]) {
    if !isClosing { pong = FrameWriter.frame(.pong, payload) }
  }

  /// The last frame: what has not been begun before it is dropped.
  mutating func close(_ code: CloseCode, _ reason: String) {
    guard !isClosing else { return }
    isClosing = true
    messages = []
    waiting = 0
    ping = nil
    pong = nil
    close = FrameWriter.close(code, reason)
    guard var current else { return }
    current.end = FrameWriter.frameEnd(current.bytes, at: current.sent)
    self.current = current.sent < current.end ? current : nil
  }

  /// The bytes to be sent next, which are those from `start` to `end`; nil if there is nothing.
  mutating func next() -> (bytes: [UInt8], start: Int, end: Int)? {
    if current == nil, let bytes = takeNext() { current = (bytes, 0, bytes.count) }
    return current.map { ($0.bytes, $0.sent, $0.end) }
  }

  /// So many of them have been sent.
  mutating func advance(_ count: Int) {
    guard var current else { return }
    current.sent += count
    self.current = current.sent < current.end ? current : nil
  }

  private mutating func takeNext() -> [UInt8]? {
    if let pong {
      self.pong = nil
      return pong
    }
    if let ping {
      self.ping = nil
      return ping
    }
    if !messages.isEmpty {
      let bytes = messages.removeFirst()
      waiting -= bytes.count
      return bytes
    }
    defer { close = nil }
    return close
  }
}

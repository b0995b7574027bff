import Text

/// Reads what a client sends after the handshake (RFC 6455 §5), fed with bytes as they come.
///
/// A value. What it holds is bounded: the data of one message up to the limit, and that of one control
/// frame; what would be more is refused when the head of a frame says so.
public struct FrameReader: Sendable {
  /// What the client said.
  public enum Event: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// It closes; `code` is nil if it gives none.
    case close(CloseCode?)
  }

  /// What comes next.
  private enum Stage {
    /// The first byte of a frame: what it is.
    case kind
    /// The second: whether it is masked, and how long it is.
    case length
    /// So many more bytes of a long length.
    case longLength(left: Int)
    /// So many more bytes of the mask.
    case mask(left: Int)
    /// So many more bytes of data.
    case data(left: Int)
    /// Nothing that counts: the client has closed, or broken the protocol.
    case nothing
  }

  private let limit: Int
  private var stage = Stage.kind
  /// The present frame.
  private var opcode: UInt8 = 0
  private var isFinal = false
  private var length: UInt64 = 0
  private var mask: UInt32 = 0
  /// Offset of the next byte of data in its frame.
  private var position = 0
  /// The message that has begun: text or binary; 0 between messages.
  private var message: UInt8 = 0
  private var data: [UInt8] = []
  private var text = UTF8Check()
  /// Data of the present control frame, which may come between the frames of a message (§5.4).
  private var control: [UInt8] = []

  /// Messages may be of so many bytes.
  public init(limit: Int = 16 * 1024) { self.limit = limit }

  /// Whether a frame has begun and not ended.
  public var isInsideFrame: Bool {
    switch stage {
    case .kind, .nothing: false
    default: true
    }
  }

  /// Takes bytes from `offset` on, which it moves, up to the end of the next thing that the client
  /// said; nil if that is not there yet. After a close and after a failure it takes everything and
  /// says nothing.
  public mutating func next(
    _ bytes: Span<UInt8>, _ offset: inout Int
  ) throws(WebSocketFault) -> Event? {
    do throws(WebSocketFault) {
      while offset < bytes.count {
        if case .nothing = stage { offset = bytes.count; return nil }
        if case .data(let left) = stage {
          let end = offset + min(left, bytes.count - offset)
          try take(bytes.extracting(offset..<end))
          stage = .data(left: left - (end - offset))
          offset = end
        } else {
          try takeHead(bytes[offset])
          offset += 1
        }
        if case .data(left: 0) = stage, let event = try endFrame() { return event }
      }
      return nil
    } catch {
      stage = .nothing
      data = []
      throw error
    }
  }

  // MARK: Heads

  private mutating func takeHead(_ byte: UInt8) throws(WebSocketFault) {
    switch stage {
    case .kind: try begin(byte)
    case .length: try takeLength(byte)
    case .longLength(let left):
      length = length << 8 | UInt64(byte)
      if left > 1 { stage = .longLength(left: left - 1) } else { try endLongLength() }
    case .mask(let left):
      mask = mask << 8 | UInt32(byte)
      stage = left > 1 ? .mask(left: left - 1) : .data(left: Int(length))
    case .data, .nothing: break
    }
  }

  private mutating func begin(_ byte: UInt8) throws(WebSocketFault) {
    guard byte & 0x70 == 0 else { throw .init(.protocolError, "a reserved bit is set") }
    opcode = byte & 0x0F
    isFinal = byte & 0x80 != 0
    switch opcode {
    case Code.continuation:
      guard message != 0 else { throw .init(.protocolError, "nothing is there to be continued") }
    case Code.text, Code.binary:
      guard message == 0 else { throw .init(.protocolError, "a message begins inside another") }
      message = opcode
      text = UTF8Check()
    case Code.close, Code.ping, Code.pong:
      guard isFinal else { throw .init(.protocolError, "a control frame is fragmented") }
    default: throw .init(.protocolError, "the opcode is reserved")
    }
    stage = .length
  }

  private mutating func takeLength(_ byte: UInt8) throws(WebSocketFault) {
    guard byte & 0x80 != 0 else { throw .init(.protocolError, "the frame has no mask") }
    length = UInt64(byte & 0x7F)
    mask = 0
    position = 0
    guard length > 125 else { return try checkLength() }
    guard !isControl else { throw .init(.protocolError, "a control frame is too long") }
    stage = .longLength(left: length == 126 ? 2 : 8)
    isShortForm = length == 126
    length = 0
  }

  private mutating func endLongLength() throws(WebSocketFault) {
    guard length >> 63 == 0 else { throw .init(.protocolError, "the length is negative") }
    guard length > (isShortForm ? 125 : 0xFFFF) else {
      throw .init(.protocolError, "the length has a shorter form")
    }
    try checkLength()
  }

  /// Before a byte of the data is kept.
  private mutating func checkLength() throws(WebSocketFault) {
    if !isControl, length > UInt64(max(0, limit - data.count)) {
      throw .init(.tooBig, "the message is too long")
    }
    if opcode == Code.close, length == 1 {
      throw .init(.protocolError, "half a close code is none")
    }
    stage = .mask(left: 4)
  }

  /// Whether a long length has two bytes and not eight.
  private var isShortForm = false

  private var isControl: Bool { opcode & 0x8 != 0 }

  // MARK: Data

  private mutating func take(_ bytes: Span<UInt8>) throws(WebSocketFault) {
    for index in bytes.indices {
      let byte = bytes[index] ^ UInt8(truncatingIfNeeded: mask >> UInt32(24 - position % 4 * 8))
      position += 1
      if isControl { control.append(byte) } else { data.append(byte) }
      let isText = opcode == Code.close ? position > 2 : !isControl && message == Code.text
      if isText, !text(of: opcode, takes: byte) {
        throw .init(.badText, opcode == Code.close ? "the reason is no UTF-8" : "no UTF-8")
      }
      if opcode == Code.close, position == 2 { try checkCode() }
    }
  }

  /// The reason of a close ends everything: the text of a message that it interrupts goes on no more.
  private mutating func text(of opcode: UInt8, takes byte: UInt8) -> Bool {
    if opcode == Code.close, position == 3 { text = UTF8Check() }
    return text.take(byte)
  }

  private func checkCode() throws(WebSocketFault) {
    let code = CloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1]))
    guard code.mayBeSent else { throw .init(.protocolError, "there is no such close code") }
  }

  /// All data of a frame is there.
  private mutating func endFrame() throws(WebSocketFault) -> Event? {
    stage = .kind
    guard isControl else { return isFinal ? try endMessage() : nil }
    defer { control = [] }
    switch opcode {
    case Code.ping: return .ping(control)
    case Code.pong: return .pong(control)
    default:
      if control.count > 2, !text.isComplete {
        throw .init(.badText, "the reason is no UTF-8")
      }
      stage = .nothing
      data = []
      guard control.count >= 2 else { return .close(nil) }
      return .close(CloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1])))
    }
  }

  private mutating func endMessage() throws(WebSocketFault) -> Event {
    let isText = message == Code.text
    guard !isText || text.isComplete else { throw .init(.badText, "no UTF-8") }
    message = 0
    defer { data = [] }
    return isText ? .text(data) : .binary(data)
  }

  /// What a frame can be (§5.2).
  private enum Code {
    static let continuation: UInt8 = 0x0
    static let text: UInt8 = 0x1
    static let binary: UInt8 = 0x2
    static let close: UInt8 = 0x8
    static let ping: UInt8 = 0x9
    static let pong: UInt8 = 0xA
  }
}

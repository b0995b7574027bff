@testable import HTTP

/// What a stream of a client's frames says, read in one go and without any cleverness: the other
/// opinion about `FrameReader`.
struct ReferenceReader {
  enum Outcome: Equatable {
    /// More may come.
    case open
    case closed
    case failed(CloseCode)
  }

  private(set) var events: [FrameReader.Event] = []
  private(set) var outcome = Outcome.open
  private var message: (isText: Bool, data: [UInt8])?

  init(_ bytes: [UInt8], limit: Int) {
    var rest = bytes[...]
    while outcome == .open, !rest.isEmpty {
      guard let taken = frame(rest, limit) else { return }
      rest = rest.dropFirst(taken)
    }
  }

  /// The length of the frame at the front; nil if it is not whole, or there is none.
  private mutating func frame(_ bytes: ArraySlice<UInt8>, _ limit: Int) -> Int? {
    let bytes = Array(bytes)
    let opcode = bytes[0] & 15
    let isFinal = bytes[0] >= 128
    let isControl = opcode >= 8
    if bytes[0] & 0x70 != 0 || ![0, 1, 2, 8, 9, 10].contains(opcode) {
      return fail(.protocolError)
    }
    if isControl && !isFinal { return fail(.protocolError) }
    if opcode == 0 && message == nil { return fail(.protocolError) }
    if [1, 2].contains(opcode) && message != nil { return fail(.protocolError) }
    guard bytes.count > 1 else { return nil }
    if bytes[1] < 128 { return fail(.protocolError) }
    var length = Int(bytes[1] & 127)
    var start = 2
    if length > 125 {
      if isControl { return fail(.protocolError) }
      start = length == 126 ? 4 : 10
      guard bytes.count >= start else { return nil }
      if start == 10 && bytes[2] >= 128 { return fail(.protocolError) }
      length = bytes[2..<start].reduce(0) { $0 << 8 | Int($1) }
      if length < (start == 4 ? 126 : 65_536) { return fail(.protocolError) }
    }
    if !isControl && length > limit - (message?.data.count ?? 0) { return fail(.tooBig) }
    if opcode == 8 && length == 1 { return fail(.protocolError) }
    guard bytes.count >= start + 4 else { return nil }
    let mask = bytes[start..<start + 4]
    let data = bytes.dropFirst(start + 4).prefix(length).enumerated().map {
      $1 ^ mask[start + $0 % 4]
    }
    let isWhole = data.count == length
    return take(opcode, data, isFinal: isFinal, isWhole: isWhole) && isWhole
      ? start + 4 + length : nil
  }

  /// Returns whether it goes on. A frame that is not whole can be wrong already.
  private mutating func take(
    _ opcode: UInt8, _ data: [UInt8], isFinal: Bool, isWhole: Bool
  ) -> Bool {
    switch opcode {
    case 9, 10:
      if isWhole { events.append(opcode == 9 ? .ping(data) : .pong(data)) }
    case 8:
      if data.count >= 2 {
        let code = Int(data[0]) << 8 | Int(data[1])
        let isKnown = [1000...1003, 1007...1014, 3000...4999].contains { $0.contains(code) }
        if !isKnown { return fail(.protocolError) != nil }
        if !Self.isText(data.dropFirst(2), mayGoOn: !isWhole) { return fail(.badText) != nil }
      }
      guard isWhole else { return false }
      let code = data.count < 2 ? nil : UInt16(data[0]) << 8 | UInt16(data[1])
      events.append(.close(code.map { CloseCode(rawValue: $0) }))
      outcome = .closed
    default:
      var now = message ?? (opcode == 1, [])
      now.data += data
      let isLast = isFinal && isWhole
      if now.isText, !Self.isText(now.data[...], mayGoOn: !isLast) {
        return fail(.badText) != nil
      }
      guard isWhole else { return false }
      message = isFinal ? nil : now
      if isFinal { events.append(now.isText ? .text(now.data) : .binary(now.data)) }
    }
    return true
  }

  /// By the standard library: a text that may go on is one if some ending makes it one.
  static func isText(_ bytes: ArraySlice<UInt8>, mayGoOn: Bool) -> Bool {
    if String(validating: bytes, as: UTF8.self) != nil { return true }
    guard mayGoOn else { return false }
    let endings: [[UInt8]] = [
      [0x80], [0xA0], [0x90], [0x80, 0x80], [0xA0, 0x80], [0x90, 0x80], [0x80, 0x80, 0x80],
      [0x90, 0x80, 0x80],
    ]
    return endings.contains { String(validating: Array(bytes) + $0, as: UTF8.self) != nil }
  }

  private mutating func fail(_ code: CloseCode) -> Int? {
    outcome = .failed(code)
    return nil
  }
}

/// Writes frames as a server sends them: whole messages, without a mask (RFC 6455 §5.1, §5.2).
public enum FrameWriter {
  /// What a frame is (RFC 6455 §11.8).
  public enum Opcode: UInt8, Sendable {
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA
  }

  /// Appends one frame that is a whole message. Control frames carry 125 bytes at most, which the
  /// caller sees to.
  public static func append(_ opcode: Opcode, _ payload: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(0x80 | opcode.rawValue)
    let count = payload.count
    switch count {
    case ...125: bytes.append(UInt8(count))
    case ...0xFFFF: bytes += [126, UInt8(count >> 8), UInt8(count & 0xFF)]
    default:
      bytes.append(127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: UInt64(count) >> UInt64(shift)))
      }
    }
    bytes += payload
  }
}

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

  /// One frame.
  static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 10)
    append(opcode, payload, to: &bytes)
    return bytes
  }

  /// A frame that closes; `reason` is ASCII.
  static func close(_ code: CloseCode, _ reason: String) -> [UInt8] {
    let code = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
    return frame(.close, code + reason.utf8.prefix(123))
  }

  /// Where the frame ends in which the byte at `offset` lies, or that ends right before it; `frames`
  /// were written by this type, one behind the other.
  static func frameEnd(_ frames: [UInt8], at offset: Int) -> Int {
    var end = 0
    while end < offset, end + 2 <= frames.count {
      let short = Int(frames[end + 1])
      switch short {
      case 126 where end + 4 <= frames.count:
        end += 4 + Int(frames[end + 2]) << 8 + Int(frames[end + 3])
      case 127 where end + 10 <= frames.count:
        end += 10 + frames[end + 2..<end + 10].reduce(0) { $0 << 8 | Int($1) }
      default: end += 2 + short
      }
    }
    return min(end, frames.count)
  }
}

@testable import HTTP

/// What a reader made of some bytes.
struct FrameReading: Equatable {
  var events: [FrameReader.Event] = []
  var outcome = ReferenceReader.Outcome.open
  /// How many bytes were given to it before it knew.
  var known = 0

  var withoutPlace: FrameReading { FrameReading(events: events, outcome: outcome) }
}

/// Feeds a reader with the bytes, cut at these places.
func readFrames(_ bytes: [UInt8], cuts: [Int] = [], limit: Int = 200) -> FrameReading {
  var reader = FrameReader(limit: limit)
  var reading = FrameReading()
  var start = 0
  for end in (cuts + [bytes.count]) where end > start || bytes.isEmpty {
    let piece = Array(bytes[start..<end])
    start = end
    var offset = 0
    do {
      while let event = try reader.next(piece.span, &offset) {
        reading.events.append(event)
        if case .close = event {
          reading.outcome = .closed
          reading.known = end
        }
      }
    } catch {
      reading.outcome = .failed(error.code)
      reading.known = end
    }
  }
  return reading
}

/// A client's frame.
func frame(
  _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, mask: [UInt8] = [1, 2, 3, 4]
) -> [UInt8] {
  let count = payload.count
  var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
  switch count {
  case ...125: bytes.append(0x80 | UInt8(count))
  case ...0xFFFF: bytes += [0xFE, UInt8(count >> 8), UInt8(count & 0xFF)]
  default: bytes += [0xFF] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
  }
  return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

func frame(_ opcode: UInt8, _ text: String, isFinal: Bool = true) -> [UInt8] {
  frame(opcode, Array(text.utf8), isFinal: isFinal)
}

func closeFrame(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
  frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
}

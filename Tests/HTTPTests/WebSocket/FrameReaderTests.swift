import Seeded
import Testing

@testable import HTTP

/// What clients send is understood as RFC 6455 §5 says, however it is cut, and nothing else is.
@Suite struct FrameReaderTests {
  /// Streams of frames, good ones and bad ones.
  static let streams: [[UInt8]] = [
    // RFC 6455 §5.7: a masked "Hello".
    [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
    frame(1, "") + frame(2, [0, 255, 128]) + frame(9, "ping") + frame(10, "") + closeFrame(1000),
    frame(1, "Hel", isFinal: false) + frame(9, "in between") + frame(0, "lo", isFinal: false)
      + frame(10, "still") + frame(0, "") + frame(1, "next"),
    // A character cut by frames, and a control frame inside it.
    frame(1, [0xE2], isFinal: false) + frame(9, "x") + frame(0, [0x82, 0xAC]),
    frame(2, [UInt8](repeating: 7, count: 126)) + frame(2, [UInt8](repeating: 9, count: 200)),
    frame(9, [UInt8](repeating: 1, count: 125)) + frame(8, []),
    closeFrame(4000, Array("bye €".utf8)) + frame(1, "not read any more"),
    // Text cut inside a character; overlong; surrogate; beyond.
    frame(1, [0x41, 0xE2, 0x82]), frame(1, [0xC0, 0x80]), frame(1, [0xED, 0xA0, 0x80]),
    frame(1, [0xF4, 0x90, 0x80, 0x80]), frame(1, [0xE2, 0x82], isFinal: false) + frame(0, "A"),
    frame(1, "A", isFinal: false) + closeFrame(1001, [0xFF]), closeFrame(1000, [0xE2, 0x82]),
    frame(1, [0xE2], isFinal: false) + closeFrame(1000, Array("fine".utf8)),
    // No mask, wrong lengths, half a code.
    [0x81, 0x02, 0x68, 0x69], [0x82, 0xFE, 0x00, 0x7D], [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
    [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], [0x89, 0xFE, 0x00, 0x7E], frame(8, [3]),
    // Too long: in one frame, and by a continuation.
    [0x82, 0xFE, 0x00, 0xC9], [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    frame(2, [UInt8](repeating: 0, count: 199), isFinal: false) + [0x80, 0x82],
    frame(2, [UInt8](repeating: 0, count: 199), isFinal: false) + frame(0, [1]),
    // Continuations of nothing, messages inside others, fragmented control.
    frame(0, "x"), frame(1, "x", isFinal: false) + frame(1, "y"), frame(9, "", isFinal: false),
    frame(1, "x") + frame(0, "y"), [0xC1, 0x80], [0x83, 0x80], [0x8B, 0x80], [0x91, 0x80],
  ]

  @Test func streamsAreTheSameAtEveryCut() {
    for bytes in Self.streams {
      let whole = readFrames(bytes)
      for cut in 0...bytes.count {
        #expect(readFrames(bytes, cuts: [cut]).withoutPlace == whole.withoutPlace, "\(bytes)")
      }
      let bytewise = readFrames(bytes, cuts: Array(1..<max(bytes.count, 1)))
      #expect(bytewise.withoutPlace == whole.withoutPlace, "\(bytes)")
    }
  }

  @Test func streamsMeanWhatAnotherReaderSays() {
    for bytes in Self.streams {
      for end in 0...bytes.count {
        let part = Array(bytes[..<end])
        let reference = ReferenceReader(part, limit: 200)
        let reading = readFrames(part)
        #expect(reading.events == reference.events, "\(part)")
        #expect(reading.outcome == reference.outcome, "\(part)")
      }
    }
  }

  @Test func examplesAreRead() {
    #expect(readFrames(Self.streams[0]).events == [.text(Array("Hello".utf8))])
    #expect(
      readFrames(Self.streams[2]).events == [
        .ping(Array("in between".utf8)), .pong(Array("still".utf8)), .text(Array("Hello".utf8)),
        .text(Array("next".utf8)),
      ])
    #expect(readFrames(Self.streams[3]).events.last == .text(Array("€".utf8)))
    #expect(readFrames(Self.streams[6]).events == [.close(CloseCode(rawValue: 4000))])
  }

  /// Every first byte, inside a message and outside.
  @Test func everyKindOfFrameIsJudged() {
    for isInside in [false, true] {
      let before = isInside ? frame(2, "a", isFinal: false) : []
      for byte in UInt8.min...UInt8.max {
        let bytes = before + [byte]
        let opcode = byte & 0x0F
        let isGood =
          byte & 0x70 == 0
          && (isInside
            ? opcode == 0 || (8...10).contains(opcode) && byte >= 0x80
            : (1...2).contains(opcode) || (8...10).contains(opcode) && byte >= 0x80)
        let reading = readFrames(bytes)
        #expect(reading.outcome == (isGood ? .open : .failed(.protocolError)), "\(byte)")
      }
    }
  }

  /// Every second byte of every kind: without a mask nothing goes on.
  @Test func everyLengthIsJudged() {
    for opcode in [1, 2, 8, 9, 10] as [UInt8] {
      for byte in UInt8.min...UInt8.max {
        let length = byte & 0x7F
        let isBad = byte < 0x80 || opcode >= 8 && length > 125 || opcode == 8 && length == 1
        let reading = readFrames([0x80 | opcode, byte])
        #expect(reading.outcome == (isBad ? .failed(.protocolError) : .open), "\(opcode) \(byte)")
      }
    }
  }

  /// All 65,536 codes.
  @Test func everyCloseCodeIsJudged() {
    for code in 0...0xFFFF {
      let outcome = readFrames(closeFrame(code)).outcome
      let isGood =
        (1000...1003).contains(code) || (1007...1014).contains(code)
        || (3000...4999).contains(code)
      if outcome != (isGood ? .closed : .failed(.protocolError)) { Issue.record("\(code)") }
    }
  }

  /// Every length in both long forms around their edges.
  @Test func lengthsHaveTheirShortestForm() {
    for length in 0...0xFFFF {
      let bytes: [UInt8] = [0x82, 0xFE, UInt8(length >> 8), UInt8(length & 0xFF)]
      let outcome = readFrames(bytes, limit: 70_000).outcome
      if outcome != (length < 126 ? .failed(.protocolError) : .open) { Issue.record("\(length)") }
    }
    for (length, code) in [
      (0, .protocolError), (65_535, .protocolError), (65_536, nil), (70_000, nil),
      (70_001, .tooBig), (.max >> 1, .tooBig),
    ] as [(UInt64, CloseCode?)] {
      let form = (0..<8).reversed().map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
      let outcome = readFrames([0x82, 0xFF] + form, limit: 70_000).outcome
      #expect(outcome == (code.map { .failed($0) } ?? .open), "\(length)")
    }
    #expect(readFrames([0x82, 0xFF, 0x80]).outcome == .open)
    let huge = [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8)
    #expect(readFrames(huge).outcome == .failed(.protocolError))
  }

  /// A head says no before a byte of what it announces is there.
  @Test func tooMuchIsRefusedByTheHead() {
    let announced: [UInt8] = [0x81, 0xFE, 0x00, 0xC9]
    let reading = readFrames(announced + [9, 9, 9, 9], cuts: [1, 2, 3, 4])
    #expect(reading.outcome == .failed(.tooBig))
    #expect(reading.known == 4)
    let second = frame(1, [UInt8](repeating: 65, count: 190), isFinal: false) + [0x80, 0x8B]
    #expect(readFrames(second).outcome == .failed(.tooBig))
  }

  /// A text that is none is refused at the byte that makes it so, in the middle of a frame.
  @Test func badTextIsRefusedAtOnce() {
    var bytes = frame(1, Array("good ".utf8) + [0xC3, 0x28] + Array("more".utf8))
    let bad = 2 + 4 + 5 + 2
    let reading = readFrames(bytes, cuts: Array(1..<bytes.count))
    #expect(reading.outcome == .failed(.badText))
    #expect(reading.known == bad)
    bytes = frame(1, [0xF0, 0x90], isFinal: false) + frame(0, [0x28])
    #expect(readFrames(bytes).outcome == .failed(.badText))
  }

  /// After its end a reader takes everything and says nothing.
  @Test(arguments: [closeFrame(1000), [0x83]]) func nothingIsReadAfterTheEnd(_ end: [UInt8]) throws
  {
    var reader = FrameReader()
    var offset = 0
    _ = try? reader.next(end.span, &offset)
    #expect(!reader.isInsideFrame)
    let more = frame(9, "x") + [0x83, 0x00, 0xFF]
    offset = 0
    #expect(try reader.next(more.span, &offset) == nil)
    #expect(offset == more.count)
  }

  @Test func insideOfFramesIsKnown() throws {
    var reader = FrameReader()
    let bytes = frame(1, "ab", isFinal: false)
    for index in bytes.indices {
      var offset = 0
      _ = try reader.next([bytes[index]].span, &offset)
      #expect(reader.isInsideFrame == (index < bytes.count - 1), "\(index)")
    }
  }

  /// Damaged streams of many frames: the same as the other reader says, at random cuts.
  @Test(arguments: 0..<12) func damagedStreamsMeanTheSame(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var failures = 0
    for round in 0..<400 {
      var bytes = (0..<1 + random.below(6)).flatMap { _ in random.pick(Self.streams) }
      for _ in 0..<random.below(3) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8(random.below(256)), at: place)
        }
      }
      let cuts = (0..<random.below(5)).map { _ in random.below(bytes.count + 1) }.sorted()
      let reference = ReferenceReader(bytes, limit: 200)
      let reading = readFrames(bytes, cuts: cuts)
      #expect(
        reading.events == reference.events && reading.outcome == reference.outcome,
        "seed \(seed), round \(round): \(bytes) cut at \(cuts)")
      if case .failed = reading.outcome { failures += 1 }
    }
    #expect(failures > 50)
  }
}

import Seeded
import Testing

@testable import HTTP

/// What a watcher is sent, in which order, and how little is kept for one who takes nothing.
@Suite struct OutgoingFramesTests {
  private func text(_ text: String) -> [UInt8] { FrameWriter.frame(.text, Array(text.utf8)) }

  /// Takes so many bytes at a time until nothing is left, or up to a limit.
  private func drain(
    _ frames: inout OutgoingFrames, step: Int = .max, upTo limit: Int = .max
  ) -> [UInt8] {
    var sent: [UInt8] = []
    while sent.count < limit, let (bytes, start, end) = frames.next() {
      let count = min(step, end - start, limit - sent.count)
      sent += bytes[start..<start + count]
      frames.advance(count)
    }
    return sent
  }

  @Test func allIsSentInOrderHoweverItIsTaken() {
    for step in 1...9 {
      var frames = OutgoingFrames()
      #expect(frames.isEmpty)
      frames.add(text("one") + text("two"))
      frames.add(text("three"))
      #expect(frames.waiting == 17)
      #expect(drain(&frames, step: step) == text("one") + text("two") + text("three"))
      #expect(frames.isEmpty)
      #expect(frames.waiting == 0)
    }
  }

  /// However many pings come, one pong is sent, the newest; and it does not wait behind messages that
  /// have not begun.
  @Test func onlyTheNewestPongWaits() {
    var frames = OutgoingFrames()
    frames.add(text("begun"))
    frames.add(text("not begun"))
    #expect(drain(&frames, upTo: 2).count == 2)
    for number in 0..<100_000 { frames.pong(Array("\(number)".utf8)) }
    let rest = text("begun").dropFirst(2)
    let pong = FrameWriter.frame(.pong, Array("99999".utf8))
    #expect(drain(&frames) == rest + pong + text("not begun"))
  }

  /// A close frame is the last, behind the rest of the frame that was begun and no other.
  @Test func aCloseFollowsTheFrameThatWasBegun() {
    let batch = text("one") + text("two") + text(String(repeating: "x", count: 300)) + text("four")
    let ends = [5, 10, 314, 320]
    let close = FrameWriter.close(.tryAgainLater, "slow")
    for sent in 0...batch.count {
      var frames = OutgoingFrames()
      frames.add(batch)
      frames.add(text("later"))
      frames.ping([1])
      let ping = FrameWriter.frame(.ping, [1])
      let before = drain(&frames, upTo: ping.count + sent)
      #expect(before == ping + batch.prefix(sent))
      frames.close(.tryAgainLater, "slow")
      frames.add(text("too late"))
      frames.pong([2])
      frames.close(.normal, "not this one")
      let end = sent == 0 ? 0 : ends.first { $0 >= sent } ?? 0
      #expect(drain(&frames) == batch[sent..<max(sent, end)] + close, "\(sent)")
      #expect(frames.isEmpty)
    }
  }

  /// A watcher that takes nothing shares what waits for it with all others.
  @Test func framesAreNotCopied() {
    let batch = text(String(repeating: "x", count: 100_000))
    var watchers = (0..<3).map { _ in OutgoingFrames() }
    for index in watchers.indices { watchers[index].add(batch) }
    let place = batch.withUnsafeBufferPointer { $0.baseAddress }
    for index in watchers.indices {
      let next = watchers[index].next()
      #expect(next?.bytes.withUnsafeBufferPointer { $0.baseAddress } == place)
      watchers[index].advance(1_000)
      #expect(watchers[index].next()?.bytes.withUnsafeBufferPointer { $0.baseAddress } == place)
    }
  }

  /// Lengths in all three forms come out as they went in.
  @Test func writtenFramesHaveTheShortestLengths() {
    for (count, head) in [
      (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
      (65_535, [0x81, 126, 255, 255]), (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])] {
      let frame = FrameWriter.frame(.text, [UInt8](repeating: 65, count: count))
      #expect(Array(frame.prefix(head.count)) == head)
      #expect(frame.count == head.count + count)
      #expect(FrameWriter.frameEnd(frame + [0x81, 0], at: 1) == frame.count)
      #expect(FrameWriter.frameEnd(frame + [0x81, 0], at: frame.count) == frame.count)
    }
  }

  /// Random takers get whole frames, each message once and in order.
  @Test(arguments: 0..<8) func whatIsTakenAreWholeFrames(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var frames = OutgoingFrames()
    var sent: [UInt8] = []
    var expected: [[UInt8]] = []
    for number in 0..<300 {
      switch random.below(4) {
      case 0:
        let batch = (0..<1 + random.below(3)).map { text("\(number).\($0)") }
        expected += batch
        frames.add(batch.flatMap { $0 })
      case 1: frames.pong([UInt8(random.below(256))])
      case 2: frames.ping([UInt8(random.below(256))])
      default: sent += drain(&frames, step: 1 + random.below(5), upTo: random.below(20))
      }
    }
    sent += drain(&frames)
    var messages: [[UInt8]] = []
    var start = 0
    while start < sent.count {
      let end = FrameWriter.frameEnd(sent, at: start + 1)
      #expect(end > start)
      if sent[start] == 0x81 { messages.append(Array(sent[start..<end])) }
      start = end
    }
    #expect(messages == expected, "seed \(seed)")
  }
}

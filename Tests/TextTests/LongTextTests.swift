import Seeded
import Testing

@testable import Text

/// Long strings of all kinds of text, which are looked at in blocks.
@Suite struct LongTextTests {
  private static let words = [
    "plain words of ASCII text, ", "größer ñ ", "天地玄黄", "😀", "\\n", "\\\"", "\\\\", "\\u20ac",
    "x", "\u{7FF}\u{800}", "\u{FFFF}", "\u{10FFFF}",
    "A long run of plain text without a mark in it, really. ",
  ]

  private func text(_ random: inout SeededRandom) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 0...24, using: &random) {
      text += Array((Self.words.randomElement(using: &random) ?? "").utf8)
    }
    return text
  }

  private func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONDocument.parse(bytes)
      return nil
    } catch { return error }
  }

  @Test func validTextIsAcceptedAndItsLengthKnown() throws {
    for seed in 1...1_500 as ClosedRange<UInt64> {
      var random = SeededRandom(state: seed)
      let inside = text(&random)
      let body = Array(#"{"model":"m","prompt":""#.utf8) + inside + Array(#""}"#.utf8)
      var outline = RequestOutline()
      try RequestScan.read(body.span, into: &outline)
      let node = JSONNode(kind: .string, start: 22, end: body.count - 1)
      #expect(outline.size.bytes == node.text(in: body.span)?.count, "seed \(seed)")
    }
  }

  @Test func brokenTextIsRefusedAtTheRightByte() {
    for seed in 1...6_000 as ClosedRange<UInt64> {
      var random = SeededRandom(state: seed)
      var inside = text(&random)
      guard let at = inside.indices.randomElement(using: &random) else { continue }
      switch Int.random(in: 0...2, using: &random) {
      case 0: inside.remove(at: at)
      case 1: inside[at] = UInt8.random(in: 0...255, using: &random)
      default: inside.insert(UInt8.random(in: 0x80...255, using: &random), at: at)
      }
      let whole = Array("[\"".utf8) + inside + Array("\"]".utf8)
      let error = error(whole)
      #expect((error == nil) == ReferenceJSON.accepts(whole), "seed \(seed)")
      guard let error, error.reason == .badUTF8 else { continue }
      // All before it is well-formed, and what follows is not.
      let good = whole[..<error.offset]
      #expect(String(validating: good, as: UTF8.self) != nil, "seed \(seed)")
      let next = whole[error.offset...].prefix(4)
      #expect((1...4).allSatisfy { String(validating: next.prefix($0), as: UTF8.self) == nil })
    }
  }

  /// Every beginning of a sequence in every lane, with every byte behind it.
  @Test func everyPairInEveryLane() {
    let tails: [[UInt8]] = [[], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80]]
    for lead in 0xC0...0xFF as ClosedRange<UInt8> {
      for second in stride(from: UInt8(0x70), through: 0xFE, by: 1) {
        for tail in tails {
          let lane = Int(lead &+ second) & 15
          let sequence = [lead, second] + tail
          let text =
            Array(repeating: UInt8(ascii: "a"), count: lane) + Array("ä".utf8) + sequence
            + Array(repeating: UInt8(ascii: "b"), count: 40)
          let whole = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
          let isValid = String(validating: whole, as: UTF8.self) != nil
          if (error(whole) == nil) != isValid { Issue.record("\(sequence) in lane \(lane)") }
        }
      }
    }
  }
}

import Seeded
import Testing

@testable import Text

@Suite struct JSONGrammarTests {
  @Test(arguments: JSONCorpus.good) func acceptsValid(_ text: String) {
    #expect(ReferenceJSON.accepts(Array(text.utf8)))
    #expect(throws: Never.self) { try JSONDocument.parse(Array(text.utf8)) }
  }

  @Test func refusesInvalidAtTheRightByte() {
    for (text, offset) in JSONCorpus.bad {
      #expect(!ReferenceJSON.accepts(Array(text.utf8)), "\(text)")
      #expect(parseError(Array(text.utf8))?.offset == offset, "\(text)")
    }
    for (bytes, offset) in JSONCorpus.badUTF8 {
      #expect(!ReferenceJSON.accepts(bytes), "\(bytes)")
      #expect(parseError(bytes) == JSONError(.badUTF8, at: offset), "\(bytes)")
    }
  }

  @Test func namesTheReason() {
    #expect(parseError(Array("[1,2".utf8)) == JSONError(.endOfInput, at: 4))
    #expect(parseError(Array("[1 2]".utf8)) == JSONError(.expectedCommaOrBracket, at: 3))
    #expect(parseError(Array("\"\\q\"".utf8)) == JSONError(.badEscape, at: 2))
    #expect(parseError(Array("{} x".utf8)) == JSONError(.trailingBytes, at: 3))
    #expect("\(JSONError(.badUTF8, at: 0).message)" == "not valid UTF-8")
  }

  @Test func everyProperPrefixOfAnObjectFails() {
    for text in JSONCorpus.good where text.hasPrefix("{") || text.hasPrefix("[") {
      let bytes = Array(text.utf8)
      for end in bytes.indices {
        let error = parseError(Array(bytes[..<end]))
        #expect(error != nil, "\(text) cut at \(end)")
        #expect((error?.offset ?? 0) <= end)
      }
    }
  }

  @Test func aStringOfEveryLengthEndsWhereItEnds() {
    for length in 0..<200 {
      for mark in ["\\\"", "é", "😀", ""] {
        let text = "\"" + String(repeating: "a", count: length) + mark + "\""
        #expect(JSONDocument(Array(text.utf8))?.root.end == text.utf8.count)
        for bad: UInt8 in [0x00, 0x1F, 0x80, 0xFF] {
          var bytes = Array(text.utf8)
          bytes.insert(bad, at: 1 + length)
          #expect(parseError(bytes)?.offset == 1 + length, "\(length) \(bad)")
        }
      }
    }
  }

  @Test func hugeNestingIsRefusedWithoutOverflow() {
    for unit in ["[", "{\"a\":", "[{\"a\":"] {
      let bytes = Array(String(repeating: unit, count: 100_000).utf8)
      #expect(parseError(bytes)?.reason == .tooDeep)
    }
  }

  @Test(arguments: 0..<20) func corruptedTextsAreJudgedLikeTheReference(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let marks = Array("{}[]\",:\\u0e-.+ \ntfn".utf8) + [0x00, 0x80, 0xC3, 0xE2, 0xED, 0xF0, 0xFF]
    for round in 0..<1500 {
      var bytes = Array(
        JSONCorpus.good[Int.random(in: 0..<JSONCorpus.good.count, using: &random)].utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let byte =
          Bool.random(using: &random)
          ? marks[Int.random(in: 0..<marks.count, using: &random)]
          : UInt8.random(in: 0...255, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.insert(byte, at: at)
        case 1 where at < bytes.count: bytes[at] = byte
        case 2 where at < bytes.count: bytes.remove(at: at)
        default: bytes.append(byte)
        }
      }
      let error = parseError(bytes)
      #expect(
        (error == nil) == ReferenceJSON.accepts(bytes), "seed \(seed) round \(round): \(bytes)")
      #expect((0...bytes.count).contains(error?.offset ?? 0))
    }
  }

  private func parseError(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONDocument.parse(bytes)
      return nil
    } catch { return error }
  }
}

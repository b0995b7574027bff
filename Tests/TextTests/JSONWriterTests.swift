import Seeded
import Testing

@testable import Text

@Suite struct JSONWriterTests {
  @Test func escapesWhatMustBeEscaped() {
    #expect(
      written(Array("a\"b\\c/d\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}é😀".utf8))
        == #""a\"b\\c/d\b\t\n\f\r\u0001\u001f"# + "\u{7F}é😀\"")
    #expect(written([]) == #""""#)
  }

  @Test func badBytesBecomeReplacementCharacters() {
    #expect(written([0x61, 0x80, 0x62]) == "\"a\u{FFFD}b\"")
    #expect(written([0xE2, 0x82]) == "\"\u{FFFD}\u{FFFD}\"")
    #expect(written([0xC3, 0xA9, 0xED, 0xA0, 0x80]) == "\"é\u{FFFD}\u{FFFD}\u{FFFD}\"")
  }

  @Test(arguments: 0..<10) func whatIsWrittenIsReadBack(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    for _ in 0..<300 {
      let raw = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        Bool.random(using: &random)
          ? UInt8.random(in: 0...0x7F, using: &random) : UInt8.random(in: 0...255, using: &random)
      }
      var out: [UInt8] = []
      JSONWriter.appendString(raw, to: &out)
      let document = JSONDocument(out)
      let back = document?.string(document?.root)
      #expect(back != nil, "seed \(seed): \(raw)")
      if let text = String(validating: raw, as: UTF8.self) {
        #expect(back == Array(text.utf8), "seed \(seed)")
      }
    }
  }

  @Test func writesIntegersAndTruthValues() {
    for value: Int64 in [0, 7, -7, 10, 1234567890, .max, .min] {
      var out: [UInt8] = []
      JSONWriter.appendInteger(value, to: &out)
      #expect(String(decoding: out, as: UTF8.self) == "\(value)")
    }
    var out: [UInt8] = []
    JSONWriter.appendBool(true, to: &out)
    JSONWriter.appendBool(false, to: &out)
    JSONWriter.appendString("x", to: &out)
    #expect(out == Array("truefalse\"x\"".utf8))
  }

  private func written(_ raw: [UInt8]) -> String {
    var out: [UInt8] = []
    JSONWriter.appendString(raw, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}

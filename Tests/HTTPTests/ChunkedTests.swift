import Seeded
import Testing

@testable import HTTP

@Suite struct ChunkedTests {
  private let body = Array(
    "5\r\nhello\r\n00A;x=\"y;z\" \t\r\n0123456789\r\n1\r\n!\r\n0\r\nA: b\r\nC:\r\n\r\nnext".utf8)

  @Test func decodesAtEveryCut() {
    let whole = decodeChunked(body)
    #expect(whole == .ended(Array("hello0123456789!".utf8), body.count - 4))
    for cut in 0...body.count {
      #expect(decodeChunked(body, cuts: [cut]) == whole, "cut at \(cut)")
    }
    #expect(decodeChunked(body, cuts: Array(0..<body.count)) == whole)
  }

  @Test func everyProperPrefixNeedsMore() {
    for end in 0..<(body.count - 4) {
      guard case .more = decodeChunked(Array(body[..<end])) else {
        Issue.record("prefix of \(end) bytes")
        continue
      }
    }
  }

  @Test func tellsWhetherFramingCanBePassedOn() throws {
    for (text, seen) in [
      ("1\r\na\r\n0\r\n\r\n", false), ("1;x\r\na\r\n0\r\n\r\n", true), ("0\r\nA: b\r\n\r\n", true),
      ("0;\r\n\r\n", true), ("000\r\n\r\n", false),
    ] {
      var decoder = ChunkedDecoder()
      let bytes = Array(text.utf8)
      var offset = 0
      while case .data(let range) = try decoder.next(bytes.span, from: offset) {
        offset = range.upperBound
      }
      #expect(decoder.sawExtensionOrTrailer == seen, "\(text.debugDescription)")
      #expect(decoder.isEnded)
    }
  }

  @Test func refusesWhatOthersCouldUnderstandDifferently() {
    let cases: [(text: String, reason: HTTPParseError.Reason, offset: Int)] = [
      ("\r\n", .badChunkSize, 0), ("x\r\n", .badChunkSize, 0), ("-1\r\n", .badChunkSize, 0),
      ("+1\r\n", .badChunkSize, 0), ("0x1\r\n", .badChunkSize, 1), (" 1\r\n", .badChunkSize, 0),
      ("1 \r\na", .badChunkSize, 1), ("1 ;x\r\na", .badChunkSize, 1), ("1\t\r\n", .badChunkSize, 1),
      ("1\na", .badChunkSize, 1), ("1\rXa", .badChunkSize, 2), (";x\r\n", .badChunkSize, 0),
      ("1_0\r\n", .badChunkSize, 1), ("g\r\n", .badChunkSize, 0),
      ("10000000000000000\r\n", .chunkSizeTooLarge, 15),
      ("FFFFFFFFFFFFFFFF\r\n", .chunkSizeTooLarge, 15),
      ("1;x\ny\r\na", .bareLineFeed, 3), ("1;x\rya", .badChunkSize, 4),
      ("1;x\u{0}\r\na", .controlByte, 3),
      ("1\r\nab", .badChunkEnd, 4), ("1\r\na\n0\r\n\r\n", .badChunkEnd, 4),
      ("1\r\na\rx", .badChunkEnd, 5), ("2\r\na\r\n0\r\n\r\n", .badChunkEnd, 5),
      ("0\r\n\n", .badTrailer, 3), ("0\r\n\rx", .badTrailer, 4), ("0\r\n A: b\r\n", .badTrailer, 3),
      ("0\r\nA b\r\n\r\n", .badTrailer, 4), ("0\r\nA: b\n\r\n", .badTrailer, 7),
      ("0\r\nA: b\r\n c\r\n", .badTrailer, 9), ("0\r\nA\r\n", .badTrailer, 4),
      ("0\r\nA: \u{0}\r\n", .badTrailer, 6), ("0\r\nA: b\rc\r\n", .badTrailer, 8),
    ]
    for (text, reason, offset) in cases {
      let bytes = Array(text.utf8)
      #expect(decodeChunked(bytes) == .failed(reason, offset), "\(text.debugDescription)")
      #expect(
        decodeChunked(bytes, cuts: Array(0..<bytes.count)) == .failed(reason, offset),
        "\(text.debugDescription)")
    }
  }

  @Test func longLinesAndTrailersAreRefused() {
    let fits = "1;" + String(repeating: "x", count: 4093) + "\r\na\r\n0\r\n\r\n"
    #expect(decodeChunked(Array(fits.utf8)) == .ended([0x61], fits.utf8.count))
    let long = "1;" + String(repeating: "x", count: 4095)
    #expect(decodeChunked(Array(long.utf8)) == .failed(.chunkLineTooLong, 4096))
    let zeros = String(repeating: "0", count: 5000)
    #expect(decodeChunked(Array(zeros.utf8)) == .failed(.chunkLineTooLong, 4096))
    let trailers = "0\r\n" + String(repeating: "A: b\r\n", count: 10_000)
    guard case .failed(.headTooLarge, _) = decodeChunked(Array(trailers.utf8)) else {
      Issue.record("an endless trailer section was taken")
      return
    }
  }

  @Test(arguments: 0..<5) func whatIsEncodedIsDecoded(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    var out: [UInt8] = []
    var payload: [UInt8] = []
    for length in [1, 15, 16, 255, 256, 4096]
      + (0..<20).map({ _ in Int.random(in: 1...700, using: &random) })
    {
      let piece = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      ChunkedEncoder.appendPrefix(length: length, to: &out)
      out += piece
      ChunkedEncoder.appendSuffix(to: &out)
      payload += piece
    }
    ChunkedEncoder.appendEnd(to: &out)
    let cuts = (0..<50).map { _ in Int.random(in: 0...out.count, using: &random) }.sorted()
    #expect(decodeChunked(out) == .ended(payload, out.count))
    #expect(decodeChunked(out, cuts: cuts) == .ended(payload, out.count), "seed \(seed)")
  }

  @Test func sizesAreWrittenInHexadecimal() {
    for length in [1, 9, 10, 15, 16, 255, 256, 65535, 1 << 40] {
      var out: [UInt8] = []
      ChunkedEncoder.appendPrefix(length: length, to: &out)
      #expect(text(out, 0..<out.count) == String(length, radix: 16) + "\r\n")
    }
    var out: [UInt8] = []
    ChunkedEncoder.appendPrefix(length: 0, to: &out)
    #expect(out.isEmpty)
  }
}

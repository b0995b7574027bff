import Foundation
import Seeded
import Testing

@testable import Text

@Suite struct SSEScannerTests {
  struct Event: Equatable {
    var name = ""
    var data: String
  }

  static let streams: [(text: String, events: [Event])] = [
    ("data: a\n\n", [Event(data: "a")]), ("data:a\r\n\r\n", [Event(data: "a")]),
    ("data: a\r\r", [Event(data: "a")]), ("data:  a \n\n", [Event(data: " a ")]),
    ("data: a\n\ndata: b\n\n", [Event(data: "a"), Event(data: "b")]),
    (
      "data: a\r\n\r\ndata: b\r\rdata: c\n\n",
      [Event(data: "a"), Event(data: "b"), Event(data: "c")]
    ),
    ("data: a\ndata: b\ndata\ndata:\n\n", [Event(data: "a\nb\n\n")]),
    ("data\n\n", [Event(data: "")]), ("data:\n\n", [Event(data: "")]),
    (": comment\n\n:\n\n: ping\n\ndata: x\n\n", [Event(data: "x")]),
    ("data: a\n: inside\ndata: b\n\n", [Event(data: "a\nb")]),
    ("event: e\ndata: x\n\ndata: y\n\n", [Event(name: "e", data: "x"), Event(data: "y")]),
    ("data: x\nevent: e\n\n", [Event(name: "e", data: "x")]),
    ("event: lost\n\ndata: y\n\n", [Event(data: "y")]),
    ("event: one\nevent:two\ndata: y\n\n", [Event(name: "two", data: "y")]),
    ("id: 7\nretry: 10\nfoo: bar\ndata: x\n\n", [Event(data: "x")]),
    ("data : no\ndatax: no\nDATA: no\n data: no\n\n", []),
    ("\u{FEFF}data: x\n\n\u{FEFF}data: y\n\n", [Event(data: "x")]),
    ("\n\n\r\n\rdata: x\n\n", [Event(data: "x")]), ("data: a:b: c\n\n", [Event(data: "a:b: c")]),
    ("data: é天😀\n\n", [Event(data: "é天😀")]), ("data: unfinished\n", []), ("", []),
    ("data: a\r\n\ndata: b\n\r\n", [Event(data: "a"), Event(data: "b")]),
    ("data: [DONE]\n\n\n\n", [Event(data: "[DONE]")]),
  ]

  @Test func splitsByTheRules() {
    for (text, events) in Self.streams {
      #expect(scan(Array(text.utf8)) == events, "\(text.debugDescription)")
    }
  }

  @Test func cutsChangeNothing() {
    for (text, events) in Self.streams {
      let bytes = Array(text.utf8)
      for cut in 0...bytes.count {
        #expect(scan(bytes, cuts: [cut]) == events, "\(text.debugDescription) cut at \(cut)")
      }
      #expect(scan(bytes, cuts: Array(0..<bytes.count)) == events, "\(text.debugDescription)")
    }
  }

  @Test(arguments: 0..<20) func randomStreamsAreTheSameForAllCuts(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let parts = [
      "data", "event", ":", ": ", "\n", "\n", "\r", "\r\n", "x", "é", "data: y\n\n", " ",
      "\u{FEFF}",
    ]
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        bytes += Array(parts[Int.random(in: 0..<parts.count, using: &random)].utf8)
      }
      let whole = scan(bytes, limit: 12)
      let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      #expect(scan(bytes, cuts: cuts, limit: 12) == whole, "seed \(seed): \(bytes)")
      #expect(
        scan(bytes, cuts: Array(0..<bytes.count), limit: 12) == whole, "seed \(seed): \(bytes)")
    }
  }

  @Test func eventsThatAreTooLargeAreLeftOut() {
    let long = String(repeating: "x", count: 100)
    let text =
      "data: a\n\ndata: \(long)\ndata: b\n\ndata: c\n\ndata: 12345678\ndata: 12345678\n\ndata: d\n\n"
    let bytes = Array(text.utf8)
    for cuts in [[], [30], Array(0..<bytes.count)] {
      var scanner = SSEScanner(maxEventBytes: 16)
      var seen: [String] = []
      var start = 0
      for end in cuts + [bytes.count] {
        scanner.feed(Array(bytes[start..<end]).span) {
          seen.append(String(decoding: $1, as: UTF8.self))
        }
        start = end
      }
      #expect(seen == ["a", "c", "d"])
      #expect(scanner.droppedEvents == 2)
    }
  }

  @Test func theEndOfTheStreamCanEndAnEvent() {
    for text in ["data: x", "data: x\n", "data: x\r", "data: x\n\n"] {
      var scanner = SSEScanner()
      var count = 0
      scanner.scan(Array(text.utf8).span) { _, _ in count += 1 }
      scanner.finish { _, data in
        #expect(data.count == 1)
        count += 1
      }
      scanner.finish { _, _ in count += 1 }
      #expect(count == 1, "\(text.debugDescription)")
    }
  }

  @Test func recordedStreamsAreTheSameAtEveryCut() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/llamacpp")
    var streams = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    where name.hasSuffix("_stream.http") {
      // The chunk framing of the recording stands between the lines; to the splitter that is noise
      // like any other.
      let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(name)).prefix(20_000))
      let whole = scan(bytes)
      guard whole.count > 1 else { continue }
      streams += 1
      #expect(scan(bytes, cuts: Array(0..<bytes.count)) == whole, "\(name)")
      for cut in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 400)) {
        #expect(scan(bytes, cuts: [cut]) == whole, "\(name) cut at \(cut)")
      }
    }
    #expect(streams > 5)
  }

  private func scan(_ bytes: [UInt8], cuts: [Int] = [], limit: Int = 1 << 20) -> [Event] {
    var scanner = SSEScanner(maxEventBytes: limit)
    var events: [Event] = []
    var start = 0
    for end in cuts + [bytes.count] {
      scanner.feed(Array(bytes[start..<end]).span) { name, data in
        events.append(
          Event(
            name: String(decoding: name, as: UTF8.self), data: String(decoding: data, as: UTF8.self)
          ))
      }
      start = end
    }
    return events
  }
}

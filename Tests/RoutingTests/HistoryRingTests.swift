import Testing
import Text

@testable import Gateway

/// Which requests of the past are kept, and in which order they are read.
@Suite struct HistoryRingTests {
  private func entry(_ id: String, ended: UInt64) -> HistoryEntry {
    let record = RequestRecord()
    record.begin(at: 0)
    record.end(at: ended)
    return HistoryEntry(record, id: Array(id.utf8), unixSeconds: 0)
  }

  private func ids(_ history: RequestHistory, _ count: Int = .max) -> [String] {
    var found: [String] = []
    history.forEach(ofLast: count) {
      found.append(String(decoding: $0.id.bytes, as: UTF8.self))
      return true
    }
    return found
  }

  @Test func theNewestStayAcrossChangesOfSize() {
    for size in [1, 2, 31, 32, 33, 100] {
      let history = RequestHistory()
      let ring = history.newRing(size: size)
      #expect(ids(history).isEmpty)
      func newest(_ end: Int, _ count: Int) -> [String] {
        (max(0, end - count)..<end).reversed().map { "\($0)" }
      }
      for number in 0..<150 {
        ring.add(entry("\(number)", ended: UInt64(number)))
        #expect(ids(history) == newest(number + 1, size))
      }
      for (round, other) in [size / 2 + 1, size * 2, 0, 3].enumerated() {
        let before = ids(history)
        ring.resize(to: other)
        #expect(ids(history) == Array(before.prefix(other)))
        for number in 0..<(other * 2) {
          ring.add(entry("\(round)-\(number)", ended: 1_000))
        }
        let expected = newest(other * 2, other).map { "\(round)-\($0)" }
        #expect(ids(history) == expected)
      }
    }
  }

  @Test func workersAreMergedByTheMomentOfTheEnd() {
    let history = RequestHistory()
    let rings = (0..<3).map { _ in history.newRing(size: 50) }
    var random = SystemRandomNumberGenerator()
    var expected: [String] = []
    for moment in 0..<120 {
      let ring = Int.random(in: 0..<3, using: &random)
      rings[ring].add(entry("\(moment)", ended: UInt64(moment * 10)))
      expected.insert("\(moment)", at: 0)
    }
    // Fifty of each are kept, so that the last fifty of all are there.
    #expect(ids(history, 50) == Array(expected.prefix(50)))
    #expect(history.version == 120)
    // Several that end in one turn of a loop keep their order, and each has a place of its own.
    for number in 0..<3 { rings[0].add(entry("same-\(number)", ended: 5_000)) }
    #expect(ids(history, 3) == ["same-2", "same-1", "same-0"])
  }

  @Test func writersAndReadersAtOnce() async {
    let history = RequestHistory()
    let rings = (0..<2).map { _ in history.newRing(size: 64) }
    await withTaskGroup(of: Void.self) { group in
      for ring in rings {
        group.addTask {
          for number in 1...2_000 { ring.add(self.entry("x", ended: UInt64(number))) }
        }
      }
      group.addTask {
        while history.version < 4_000 {
          var last: HistoryEntry.Place?
          history.forEach(ofLast: 64) { entry in
            if let last { #expect(entry.place < last) }
            last = entry.place
            return true
          }
          await Task.yield()
        }
      }
    }
    #expect(history.version == 4_000)
  }

  @Test func placesAreReadAsTheyAreWritten() {
    for place in [
      HistoryEntry.Place(), .init(moment: .max, worker: 12), .init(moment: 255, worker: 0),
    ] { #expect(HistoryEntry.Place(place.text) == place) }
    for text in ["", "-", "00ff-0", "00000000000000ff", "00000000000000ff--1", "x"] {
      #expect(HistoryEntry.Place(text) == nil)
    }
  }

  @Test func textIsCutBetweenCharacters() {
    #expect("abc".cut(to: 3) == "abc")
    #expect("ab\u{E9}".cut(to: 3) == "ab")
    #expect("\u{1F600}\u{1F600}".cut(to: 7) == "\u{1F600}")
    #expect([UInt8](repeating: 0x80, count: 9).cut(to: 4).isEmpty)
  }

  @Test func tagsAreComparedWithoutTheirMark() {
    let tag = EntityTag("W/\"a\"")
    for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\"", "*"] {
      #expect(tag.isKnown(known), "\(known)")
    }
    for other in ["", "a", "\"A\"", "\"b\"", "W/a"] { #expect(!tag.isKnown(other), "\(other)") }
    #expect(!tag.isKnown(nil))
  }

  @Test func timesAreReadAsRFC3339WritesThem() {
    #expect(UTCTime.unixSeconds("1970-01-01T00:00:00Z") == 0)
    #expect(UTCTime.unixSeconds("2026-11-24t05:44:00.123z") == 1_795_499_040)
    #expect(UTCTime.unixSeconds("2026-11-24T06:44:00+01:00") == 1_795_499_040)
    #expect(UTCTime.unixSeconds("2026-11-23T19:44:00-10:00") == 1_795_499_040)
    for seconds: Int64 in stride(from: -40_000_000_000, to: 40_000_000_000, by: 777_777_777) {
      let text = UTCTime(unixSeconds: seconds).text
      #expect(UTCTime.unixSeconds(text) == seconds, "\(text)")
    }
    for text in [
      "", "now", "2026-11-24", "2026-11-24T05:44:00", "2026-13-24T05:44:00Z",
      "2026-11-24T25:44:00Z", "2026-11-24T05:44:00Zx", "2026-11-24T05:44:00.Z",
      "2026-11-24T05:44:00+0100",
    ] { #expect(UTCTime.unixSeconds(text) == nil, "\(text)") }
  }
}

import Foundation

import Seeded
import Testing

@testable import Control

/// A damaged journal never prevents a start, and loses no record but those that were touched.
@Suite struct StateDamageTests {
  /// Each record has a key of its own, so that what is kept can be told.
  static let records = [
    record("gpu1", "{\"url\":\"http://gpu1:11434\"}"), record("größe", "\"ß\""),
    record("gpu1", "true", kind: "drain"), record("empty", ""), record("last", "[1,2]"),
  ]
  static let bytes = journal(records)

  /// Where each record's frame is; the first is the header's.
  static let frames: [Range<Int>] = {
    var offset = 0
    return ([StateFrame.header] + records.map(StateFrame.encode)).map { frame in
      defer { offset += frame.count }
      return offset..<offset + frame.count
    }
  }()

  /// The records whose frames no damage touches.
  private func untouched(_ isTouched: (Range<Int>) -> Bool) -> [StateRecord] {
    zip(Self.records, Self.frames.dropFirst()).filter { !isTouched($0.1) }.map(\.0)
  }

  @Test func keepsWholeRecordsWhereverTheFileIsCut() throws {
    for length in 0..<Self.bytes.count {
      let place = try TestDirectory()
      try place.write(Array(Self.bytes[..<length]))
      let whole = untouched { $0.upperBound > length }
      let isCut = !Self.frames.contains { $0.upperBound == length }
      try place.open { store, report in
        #expect(store.records == whole, "cut at \(length)")
        #expect(report.records == whole.count)
        #expect(report.notes.isEmpty != isCut, "cut at \(length)")
        #expect((report.discardedBytes > 0) == (isCut && length > 0))
        try store.put(record("new", "1"))
      }
      try place.open { store, report in
        #expect(store.records == whole + [record("new", "1")], "cut at \(length)")
        #expect(report.notes == [])
      }
    }
  }

  @Test func keepsEveryRecordThatAFlippedBitDoesNotTouch() throws {
    for bit in 0..<Self.bytes.count * 8 {
      var bytes = Self.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let scan = JournalScan(bytes)
      #expect(scan.records == untouched { $0.contains(bit / 8) }, "bit \(bit)")
      #expect(!scan.isWhole && scan.lostRecords == 1, "bit \(bit)")
      let frame = Self.frames.first { $0.contains(bit / 8) }
      #expect(scan.damage == [try #require(frame)], "bit \(bit)")
    }
  }

  @Test func opensAfterAFlippedBit() throws {
    for bit in stride(from: 0, to: Self.bytes.count * 8, by: 7) {
      let place = try TestDirectory()
      var bytes = Self.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      try place.write(bytes)
      let kept = untouched { $0.contains(bit / 8) }
      try place.open { store, report in
        #expect(store.records == kept, "bit \(bit)")
        #expect(report.discardedRecords == 1 && report.discardedBytes > 0)
        #expect(report.notes.count == 1)
        #expect(report.notes.first?.contains("kept as 'journal.damaged-1'") == true)
      }
      #expect(try place.read("journal.damaged-1") == bytes)
      #expect(try place.read() == journal(kept))
    }
  }

  @Test func findsEveryUntouchedRecordAmongManyDamages() {
    for seed in 0..<300 { findsEveryUntouchedRecord(seed: UInt64(seed)) }
  }

  private func findsEveryUntouchedRecord(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var expected: [StateRecord] = []
    var bytes: [UInt8] = []
    for number in 0..<40 {
      let value = String(repeating: "v", count: random.below(60))
      let next = record("\(number)", "\"\(value)\"")
      var frame = StateFrame.encode(next)
      if random.isOne(in: 3) {
        Self.damage(&frame, &random)
      } else {
        expected.append(next)
      }
      bytes += frame
    }
    #expect(JournalScan(bytes).records == expected, "seed \(seed)")
  }

  private static func damage(_ frame: inout [UInt8], _ random: inout SeededRandom) {
    let place = random.below(frame.count)
    switch random.below(5) {
    case 0: frame[place] ^= 1 << UInt8(random.below(8))
    case 1: frame.removeSubrange(place...)
    case 2: frame.removeFirst(place + 1)
    case 3:
      // Noise with markers in it, and the start of a frame that claims to be long.
      frame = (0..<random.below(90)).map { _ in UInt8(random.below(256)) }
      frame += StateFrame.marker + [200, 0, 0, 0, 1, 2, 3]
    default:
      for index in place..<min(place + 40, frame.count) { frame[index] = 0 }
    }
  }

  @Test func looksAtEachByteAFewTimesOnly() {
    // Every marker claims a megabyte, so a naive reader sums up the rest of the file each time.
    let head: [UInt8] = StateFrame.marker + [0xF0, 0xFF, 0x0F, 0, 1, 2, 3, 4]
    let bytes = Array(repeatElement(head, count: 200_000).joined())
    let scan = JournalScan(bytes + StateFrame.encode(Self.records[0]))
    #expect(scan.records == [Self.records[0]])
    #expect(scan.damage == [0..<bytes.count])
  }

  @Test func setsForeignFilesAside() throws {
    let foreign: [[UInt8]] = [
      Array("{\"backends\":[]}\n".utf8), [UInt8](repeating: 0, count: 5000), [0xFF],
      Array("\u{7F}ELF".utf8) + (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 31) },
    ]
    for bytes in foreign {
      let place = try TestDirectory()
      try place.write(bytes)
      try place.open { store, report in
        #expect(store.records.isEmpty)
        #expect(report.discardedBytes == bytes.count)
        try store.put(record("new", "1"))
      }
      #expect(try place.read("journal.damaged-1") == bytes)
      try place.open { store, report in
        #expect(store.records == [record("new", "1")])
        #expect(report.notes == [])
      }
    }
  }

  @Test func setsAsideWhatIsNoFile() throws {
    for make in [
      { mkdir($0, 0o700) }, { mkfifo($0, 0o600) }, { symlink("/dev/zero", $0) },
    ] as [(String) -> Int32] {
      let place = try TestDirectory()
      try place.write([], "lock")
      #expect(make(place.journal) == 0)
      try place.open { store, report in
        #expect(report.notes.count == 1)
        try store.put(record("new", "1"))
      }
      #expect(place.names == ["journal", "journal.damaged-1", "lock"])
    }
  }

  @Test func keepsTheFileOfALaterVersion() throws {
    let place = try TestDirectory()
    let later = StateFrame.frame(.format, kind: StateFrame.formatKind, key: "2", value: [])
    let bytes = later + StateFrame.encode(Self.records[0])
    try place.write(bytes)
    for _ in 0..<2 {
      try place.open { store, report in
        #expect(store.records.isEmpty)
        #expect(report.notes.first?.contains("later version") == true)
      }
      #expect(try place.read() == bytes)
    }
    try place.open { store, _ in try store.put(record("new", "1")) }
    #expect(try place.read("journal.damaged-1") == bytes)
    try place.open { store, _ in #expect(store.records == [record("new", "1")]) }
  }

  @Test func keepsAFewDamagedFiles() throws {
    let place = try TestDirectory()
    for number in 0..<9 {
      try place.write(Array("damage \(number)".utf8))
      try place.open { _, _ in }
    }
    let kept = try #require(place.names).filter { $0.hasPrefix("journal.damaged") }
    #expect(kept == (6...9).map { "journal.damaged-\($0)" })
    #expect(try place.read("journal.damaged-9") == Array("damage 8".utf8))
  }

  @Test func readsTheBeginningOfAHugeFile() throws {
    let place = try TestDirectory()
    try place.write(Self.bytes)
    #expect(truncate(place.journal, 1 << 36) == 0)
    try place.open { store, report in
      #expect(store.records == Self.records)
      #expect(report.discardedBytes == 1 << 36 - Self.bytes.count)
    }
    #expect(try place.read() == Self.bytes)
  }
}

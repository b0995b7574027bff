import Seeded
import Testing
import Text

/// Texts that are cut or damaged: no crash, and all places inside of the file.
@Suite struct TOMLDamageTests {
  /// Every cut of these is tried; longer ones are cut at random places.
  private let wholeLimit = 700

  @Test func readsEveryCut() {
    for test in TOMLSuite.valid where test.bytes.count <= wholeLimit {
      for end in 0..<test.bytes.count {
        check(Array(test.bytes[..<end]), "\(test) cut after \(end) bytes")
      }
    }
  }

  @Test func readsCutsOfLongTexts() {
    var random = SeededBytes(seed: 5)
    for test in TOMLSuite.valid where test.bytes.count > wholeLimit {
      for _ in 0..<200 {
        let end = random.below(test.bytes.count)
        check(Array(test.bytes[..<end]), "\(test) cut after \(end) bytes")
      }
    }
  }

  @Test(arguments: 1...20)
  func readsDamage(seed: Int) {
    var random = SeededBytes(seed: UInt64(seed))
    for test in TOMLSuite.valid + TOMLSuite.invalid where test.bytes.count <= 2_000 {
      check(random.damage(test.bytes), "\(test) with seed \(seed)")
    }
  }

  private func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) {
    let document = TOMLDocument.parse(bytes)
    var places = document.faults.map(\.place)
    Self.collect(document.root, &places)
    let isInside = places.allSatisfy { place in
      (0...bytes.count).contains(place.bytes.lowerBound)
        && place.bytes.upperBound <= bytes.count && place.line >= 1 && place.column >= 1
    }
    #expect(isInside, "\(what())")
    for fault in document.faults {
      let start = fault.place.bytes.lowerBound
      let lines = bytes[..<start].split(separator: 10, omittingEmptySubsequences: false)
      var column = (lines.last ?? []).count { $0 & 0xC0 != 0x80 } + 1
      if lines.count == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { column -= 1 }
      #expect(fault.place.line == lines.count, "\(what()): \(fault)")
      #expect(fault.place.column == column, "\(what()): \(fault)")
      let shown = SourceExcerpt.render(
        file: "f", bytes: bytes, place: fault.place, message: fault.message)
      #expect(shown.utf8.split(separator: 10).count == 3, "\(what()): \(shown)")
    }
  }

  private static func collect(_ table: TOMLTable, _ places: inout [TOMLPlace]) {
    places.append(table.place)
    for entry in table.entries {
      places.append(entry.keyPlace)
      collect(entry.node, &places)
    }
  }

  private static func collect(_ node: TOMLNode, _ places: inout [TOMLPlace]) {
    places.append(node.place)
    switch node.value {
    case .table(let table): collect(table, &places)
    case .array(let nodes): for node in nodes { collect(node, &places) }
    default: return
    }
  }
}

/// Damage whose sequence depends on the seed alone.
struct SeededBytes {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func below(_ bound: Int) -> Int { random.below(bound) }

  /// One to four bytes changed, removed, added or doubled.
  mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
    let signs = Array("\"'[]{}=.,#\\\r\n -+_0eux:TZ\u{0}\u{7F}é“".utf8)
    var damaged = bytes
    for _ in 0...below(4) {
      let place = below(damaged.count + 1)
      switch below(4) {
      case 0 where place < damaged.count: damaged[place] = UInt8(below(256))
      case 1 where place < damaged.count: damaged.remove(at: place)
      case 2:
        let end = min(damaged.count, place + below(40))
        damaged.insert(contentsOf: damaged[place..<end], at: below(damaged.count + 1))
      default: damaged.insert(signs[below(signs.count)], at: place)
      }
    }
    return damaged
  }
}

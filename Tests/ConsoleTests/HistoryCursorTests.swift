import Console
import Seeded
import Testing

/// The rings of a gateway with several workers, of which the last so many entries can be had.
private struct Rings {
  private var entries: [Entry] = []
  private var numbers: [Int: Int64] = [:]
  let size: Int

  init(size: Int) { self.size = size }

  var total: Int { entries.count }

  mutating func add(worker: Int) {
    numbers[worker, default: 0] += 1
    entries.append(Entry(worker: worker, number: numbers[worker] ?? 0))
  }

  /// What is there, the oldest first.
  var present: [HistoryItem] { entries.suffix(size).compactMap(\.item) }
}

@Suite struct HistoryCursorTests {
  /// Nothing twice, nothing lost that is not counted, whatever the order in which workers add.
  @Test(arguments: 0..<12) func everyRequestIsSeenOrCounted(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var rings = Rings(size: 20)
    for _ in 0..<random.below(30) { rings.add(worker: random.below(3)) }
    // From some on nobody knows whether all that there ever was is still there.
    let atStart = rings.total
    var cursor = HistoryCursor(at: rings.present)
    for item in rings.present { #expect(cursor.isPast(item)) }
    var seen: Set<String> = []
    var count = 0
    var missed: Int64 = 0
    for _ in 0..<30 {
      for _ in 0..<random.below(random.pick([3, 60])) { rings.add(worker: random.below(3)) }
      let news = cursor.take(rings.present)
      missed += news.missed
      count += news.fresh.count
      for item in news.fresh { #expect(seen.insert(item.id).inserted, "twice; seed \(seed)") }
      #expect(cursor.take(rings.present).fresh.isEmpty)
    }
    for worker in 0..<3 { rings.add(worker: worker) }
    let news = cursor.take(rings.present)
    missed += news.missed
    count += news.fresh.count
    let gone = rings.total - atStart - count
    if atStart <= 20 {
      #expect(missed == Int64(gone), "seed \(seed)")
    } else {
      #expect(missed <= Int64(gone), "seed \(seed)")
    }
  }

  @Test func anEntryOfAnotherWorkerMayComeLater() {
    let first = [Entry(worker: 0, number: 1), Entry(worker: 1, number: 1)].compactMap(\.item)
    var cursor = HistoryCursor(at: first)
    #expect(cursor.after == "10001-0,10001-1")
    let late = [
      Entry(worker: 0, number: 2), Entry(worker: 1, number: 2), Entry(worker: 0, number: 3),
    ].compactMap(\.item)
    #expect(cursor.take([late[0], late[2]]).fresh.map(\.id) == [late[0].id, late[2].id])
    let news = cursor.take(late)
    #expect(news.fresh.map(\.id) == [late[1].id] && news.missed == 0)
    #expect(cursor.after == "10003-0,10002-1")
  }

  @Test func filtersAreThoseOfTheGateway() throws {
    let item = try #require(
      Entry(model: "m", requested: "gone", status: 503, attempts: ["attic", "box"]).item)
    let none = try #require(Entry(backend: nil, attempts: []).item)
    #expect(HistoryFilter().matches(item) && HistoryFilter().isOff)
    #expect(HistoryFilter(model: "m").matches(item) && HistoryFilter(model: "gone").matches(item))
    #expect(!HistoryFilter(model: "go").matches(item))
    for name in ["attic", "box", "id-box"] {
      #expect(HistoryFilter(backend: name).matches(item), "\(name)")
      #expect(!HistoryFilter(backend: name).matches(none), "\(name)")
    }
    #expect(HistoryFilter(backend: "none").matches(none))
    #expect(!HistoryFilter(backend: "none").matches(item))
    #expect(HistoryFilter(errorsOnly: true).matches(item))
    #expect(!HistoryFilter(errorsOnly: true).matches(none))
  }
}

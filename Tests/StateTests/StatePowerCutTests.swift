import Glibc

import Seeded
import Testing

@testable import Control

/// Power cuts and failing operations at each step of everything that the store does.
@Suite struct StatePowerCutTests {
  /// What may be read, as far as a user who was told of each success and failure can tell.
  private struct Expectation {
    var acknowledged = StateContents()
    /// Records whose writing failed since; each may or may not have reached the disk.
    var doubtful: [StateRecord] = []

    func allows(_ records: [StateRecord]) -> Bool {
      let found = Dictionary(uniqueKeysWithValues: records.map { ("\($0.kind) \($0.key)", $0) })
      let known = Dictionary(
        uniqueKeysWithValues: acknowledged.records.map { ("\($0.kind) \($0.key)", $0) })
      let names = Set(found.keys).union(known.keys)
      return names.allSatisfy { name in
        let doubts = doubtful.filter { "\($0.kind) \($0.key)" == name }
        return ([known[name]?.value] + doubts.map(\.value)).contains(found[name]?.value)
      }
    }
  }

  /// Puts records until one fails because the power is gone, or `count` are done.
  private static func work(
    _ store: StateStore, _ expectation: inout Expectation, from number: inout Int, count: Int
  ) {
    for _ in 0..<count {
      let next = TortureRecord.number(number)
      number += 1
      do throws(StateError) {
        try store.put(next)
        let changes = expectation.acknowledged.apply(next)
        // What is on the disk now is what the store knows.
        if changes { expectation.doubtful = [] }
      } catch {
        expectation.doubtful.append(next)
      }
      #expect(store.records == expectation.acknowledged.records)
    }
  }

  /// Each life ends by a power cut, a little later in each.
  @Test func aPowerCutAtAnyStepLosesNothing() throws {
    for seed in 0..<12 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var disk = VolatileDisk()
      var expectation = Expectation()
      var number = random.below(1000)
      for life in 0..<40 {
        disk.cut(after: life)
        if let (store, _) = try? StateStore.open(disk, compactAbove: 300) {
          #expect(expectation.allows(store.records), "seed \(seed), life \(life), cut in it")
          expectation.acknowledged = StateContents(store.records)
          Self.work(store, &expectation, from: &number, count: 12)
          store.close()
        }
        disk = disk.afterCut(&random)
        // A start with power always succeeds and reads what was acknowledged.
        let (store, _) = try StateStore.open(disk, compactAbove: 300)
        #expect(expectation.allows(store.records), "seed \(seed), life \(life)")
        expectation = Expectation(acknowledged: StateContents(store.records))
        if random.isOne(in: 2) {
          Self.work(store, &expectation, from: &number, count: random.below(9))
          #expect(expectation.doubtful.isEmpty, "seed \(seed), life \(life)")
        }
        store.close()
      }
    }
  }

  @Test func failingOperationsLoseNothing() throws {
    let codes = [ENOSPC, EIO, EDQUOT, EROFS, EPERM]
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var disk = VolatileDisk()
      var expectation = Expectation()
      var number = 0
      let compactAbove = random.isOne(in: 2) ? 300 : 1 << 20
      for life in 0..<2 {
        let (store, _) = try StateStore.open(disk, compactAbove: compactAbove)
        #expect(expectation.allows(store.records), "seed \(seed), life \(life)")
        expectation = Expectation(acknowledged: StateContents(store.records))
        for _ in 0..<random.below(5) {
          for _ in 0..<random.below(4) {
            disk.fail(after: random.below(20), with: random.pick(codes))
          }
          Self.work(store, &expectation, from: &number, count: 5)
        }
        // Nothing stays broken.
        disk.mend()
        Self.work(store, &expectation, from: &number, count: 3)
        #expect(expectation.doubtful.isEmpty, "seed \(seed), life \(life)")
        store.close()
        disk = disk.afterCut(&random)
      }
      let (store, _) = try StateStore.open(disk)
      #expect(expectation.allows(store.records), "seed \(seed)")
      store.close()
    }
  }

  @Test func repairSurvivesAPowerCutAtAnyStep() throws {
    let good = (0..<9).map(TortureRecord.number)
    let damaged = journal(good) + Array("noise".utf8) + StateFrame.encode(record("after", "1"))
    let kept = StateContents(good + [record("after", "1")]).records
    for step in 0..<20 {
      var random = SeededRandom(seed: UInt64(step))
      for _ in 0..<5 {
        let disk = VolatileDisk.holding(damaged)
        disk.cut(after: step)
        try? StateStore.open(disk).store.close()
        let (store, report) = try StateStore.open(disk.afterCut(&random))
        #expect(store.records == kept, "step \(step)")
        #expect(report.discardedBytes == 0 || report.discardedBytes == 5)
        store.close()
      }
    }
  }
}

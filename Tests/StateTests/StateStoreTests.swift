import Foundation
import Synchronization
import Testing

@testable import Control

@Suite struct StateStoreTests {
  @Test func writesNothingBeforeTheFirstRecord() throws {
    let place = try TestDirectory()
    try place.open { store, report in
      #expect(report == StateReport())
      #expect(store.records.isEmpty)
      try store.put(record("gpu1", nil))
    }
    #expect(place.names == nil)
  }

  @Test func makesPrivateFilesWithTheFirstRecord() throws {
    let place = try TestDirectory()
    try place.open { store, _ in try store.put(record("gpu1", "{}")) }
    #expect(place.names == ["journal", "lock"])
    for (path, mode) in [("state", 0o700), ("state/journal", 0o600), ("state/lock", 0o600)] {
      let status = try FileManager.default.attributesOfItem(atPath: "\(place.path)/\(path)")
      #expect(status[.posixPermissions] as? Int == mode, "\(path)")
    }
  }

  @Test func makesDirectoriesAboveItsOwn() throws {
    let place = try TestDirectory()
    let deep = StateLocation.directory("\(place.path)/a/b/c", isExplicit: true)
    let (store, _) = try StateStore.open(deep)
    try store.put(record("gpu1", "{}"))
    store.close()
    let (again, _) = try StateStore.open(deep)
    #expect(again.records == [record("gpu1", "{}")])
    again.close()
  }

  @Test func keepsTheLatestInTheOrderOfFirstAppearance() throws {
    let place = try TestDirectory()
    let expected = [
      record("b", "3"), record("c", "\"ü\""), record("b", "true", kind: "drain"),
      record("a", "4"),
    ]
    try place.open { store, _ in
      try store.put(record("a", "1"))
      try store.put(record("b", "2"))
      try store.put(record("c", "\"ü\""))
      try store.put(record("b", "true", kind: "drain"))
      try store.put(record("b", "3"))
      try store.put(record("a", nil))
      try store.put(record("a", "4"))
      #expect(store.records == expected)
      #expect(store.values("backend").map(\.key) == ["b", "c", "a"])
      #expect(store.values("drain").map(\.value) == [Array("true".utf8)])
    }
    try place.open { store, report in
      #expect(store.records == expected)
      #expect(report == StateReport(records: 4))
    }
  }

  @Test func writesNothingThatChangesNothing() throws {
    let place = try TestDirectory()
    try place.open { store, _ in
      try store.put(record("a", "1"))
      let before = try place.read()
      try store.put(record("a", "1"))
      try store.put(record("b", nil))
      #expect(try place.read() == before)
    }
  }

  @Test func answersInTheOrderOfAsking() throws {
    let place = try TestDirectory()
    let order = Mutex<[Int]>([])
    try place.open { store, _ in
      for number in 0..<200 {
        store.put(record("key\(number % 7)", "\(number)")) { error in
          #expect(error == nil)
          order.withLock { $0.append(number) }
        }
      }
      try store.put(record("last", "0"))
      #expect(order.withLock { $0 } == Array(0..<200))
      #expect(store.values("backend").first?.value == Array("196".utf8))
    }
  }

  @Test func closingWritesWhatWaits() throws {
    let place = try TestDirectory()
    let (store, _) = try StateStore.open(place.location)
    let written = Mutex(0)
    for number in 0..<50 {
      store.put(record("\(number)", "0")) { error in
        if error == nil { written.withLock { $0 += 1 } }
      }
    }
    store.close()
    #expect(written.withLock { $0 } == 50)
    #expect(throws: StateError.closed) { try store.put(record("late", "0")) }
    store.close()
    try place.open { store, _ in #expect(store.records.count == 50) }
  }

  @Test func compactsWhatNoLongerHolds() throws {
    let place = try TestDirectory()
    try place.open(compactAbove: 1000) { store, _ in
      try store.put(record("kept", "\"first\""))
      var largest = 0
      for number in 0..<500 {
        try store.put(record("counter", "\(number)"))
        largest = max(largest, try place.read().count)
      }
      #expect(largest < 1100)
    }
    #expect(place.names == ["journal", "lock"])
    try place.open { store, report in
      #expect(store.records == [record("kept", "\"first\""), record("counter", "499")])
      #expect(report.notes == [])
    }
  }

  @Test func refusesWhatItCouldNotReadAgain() throws {
    let place = try TestDirectory()
    try place.open { store, _ in
      let tooLarge = String(repeating: "x", count: 1 << 20)
      for bad in [
        record("a", "1", kind: ""), record("a\0", "1"), record("a", tooLarge),
        StateRecord(kind: "backend", key: "a", value: [0x22, 0xFF, 0x22]),
      ] {
        #expect(throws: StateError.self) { try store.put(bad) }
      }
      #expect(store.records.isEmpty)
    }
    #expect(place.names == nil)
  }

  @Test func refusesMoreThanCouldBeReadAgain() throws {
    let place = try TestDirectory()
    let large = String(repeating: "x", count: 1_000_000)
    try place.open { store, _ in
      for number in 0..<16 { try store.put(record("\(number)", large)) }
      #expect(throws: StateError.self) { try store.put(record("16", large)) }
      try store.put(record("3", nil))
      try store.put(record("16", large))
    }
    try place.open { store, _ in #expect(store.records.count == 16) }
  }
}

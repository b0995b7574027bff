import Foundation
import Synchronization
import Testing

@testable import Control

/// Processes that write state and are killed at random points.
@Suite struct StateCrashTests {
  static let lanes = 4
  static let kills = 125

  @Test func fiveHundredKillsLoseNothingAcknowledged() async {
    await withTaskGroup(of: String?.self) { group in
      for lane in 0..<Self.lanes {
        group.addTask {
          // Blocking waits belong on a thread of their own.
          await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Self.failure(seed: UInt64(lane))) }.start()
          }
        }
      }
      for await failure in group.compactMap({ $0 }) { Issue.record("\(failure)") }
    }
  }

  /// What goes wrong in one row of kills, or nil.
  private static func failure(seed: UInt64) -> String? {
    var row = KillRow(seed: seed)
    do {
      for _ in 0..<kills { try row.next() }
      return nil
    } catch {
      return "seed \(seed), round \(row.round): \(error)"
    }
  }

  @Test func aFullDiskFailsRecordsAndLosesNone() throws {
    let place = try TestDirectory()
    // Never compacted, so the file meets its limit in the middle of a record.
    let run = try TortureRun(
      place.state, compactAbove: 1 << 30, first: 0, count: 200, fileSizeLimit: 3000)
    let lines = run.rest()
    #expect(run.status == 0 && lines.first == "ready" && lines.count == 201)
    var contents = StateContents()
    for (number, line) in lines.dropFirst().enumerated() {
      if line == "ack \(number)" {
        _ = contents.apply(TortureRecord.number(number))
      } else {
        #expect(line.hasPrefix("error \(number) no room to keep state"), "\(line)")
      }
    }
    #expect(lines.contains { $0.hasPrefix("error") })
    #expect(try place.read().count <= 3000)
    try place.open { store, report in
      #expect(report.notes == [])
      #expect(store.records == contents.records)
      try store.put(record("room", "1"))
    }
  }

  @Test func aFullDiskPreventsNoStart() throws {
    let place = try TestDirectory()
    try place.write(Array("damage".utf8) + StateFrame.encode(TortureRecord.number(1)))
    let before = try place.read()
    // No byte can be written, not even to make the damaged file good.
    let run = try TortureRun(
      place.state, compactAbove: 1 << 30, first: 2, count: 1, fileSizeLimit: 0)
    let lines = run.rest()
    #expect(lines.count == 4 && lines[0].hasPrefix("fact backend key2 "))
    #expect(lines.dropFirst().prefix(2) == ["lost 6", "ready"])
    #expect(lines.last?.hasPrefix("error 2 no room") == true)
    #expect(try place.read() == before)
  }
}

import Foundation
import Synchronization
import Testing

@testable import Control

/// Processes that write state and are killed at random points.
@Suite struct StateCrashTests {
  static let lanes = 4
  static let kills = 125

  @Test func fiveHundredKillsLoseNothingAcknowledged() async {
    await withTaskGroup(of: Void.self) { group in
      for lane in 0..<Self.lanes {
        group.addTask {
          // Blocking waits belong on a thread of their own.
          await withCheckedContinuation { continuation in
            Thread {
              do {
                try Self.killAgainAndAgain(seed: UInt64(lane))
              } catch {
                Issue.record("seed \(lane): \(error)")
              }
              continuation.resume()
            }.start()
          }
        }
      }
    }
  }

  private static func killAgainAndAgain(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    // Waiting for a disk makes other moments likely than waiting for nothing.
    let onDisk = seed % 2 == 1
    let place = try TestDirectory(onDisk: onDisk)
    // What holds after each record that may be the last one on the disk.
    var possible = [StateContents()]
    var next = 0
    for round in 0..<kills {
      let run = try TortureRun(place.state, compactAbove: 100, first: next)
      var found: [StateRecord] = []
      while let line = run.line(), line != "ready" {
        if let fact = fact(line) {
          found.append(fact)
        } else {
          Issue.record("seed \(seed), round \(round): \(line)")
        }
      }
      guard let held = possible.first(where: { $0.records == found }) else {
        _ = run.kill()
        Issue.record("seed \(seed), round \(round), next \(next): found \(found)")
        return
      }
      // Sometimes at once, sometimes after many.
      let patience = random.below(random.isOne(in: 4) ? 3 : onDisk ? 30 : 200)
      var acknowledged = next
      func take(_ line: String) {
        if line == "ack \(acknowledged)" {
          acknowledged += 1
        } else {
          Issue.record("seed \(seed), round \(round): '\(line)' instead of \(acknowledged)")
        }
      }
      while acknowledged < next + patience, let line = run.line() { take(line) }
      run.kill().forEach(take)
      possible = outcomes(held, from: next, acknowledged: acknowledged)
      next = acknowledged + TortureRecord.window
    }
  }

  /// What may hold when the records before `acknowledged` were acknowledged: perhaps some more.
  private static func outcomes(
    _ held: StateContents, from first: Int, acknowledged: Int
  ) -> [StateContents] {
    var contents = held
    for number in first..<acknowledged { _ = contents.apply(TortureRecord.number(number)) }
    var outcomes = [contents]
    for number in acknowledged..<acknowledged + TortureRecord.window {
      _ = contents.apply(TortureRecord.number(number))
      outcomes.append(contents)
    }
    return outcomes
  }

  private static func fact(_ line: String) -> StateRecord? {
    let words = line.split(separator: " ", maxSplits: 3).map(String.init)
    guard words.count == 4, words[0] == "fact" else { return nil }
    return record(words[2], words[3], kind: words[1])
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

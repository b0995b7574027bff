import Foundation
import Seeded

@testable import Control

/// Processes that write the same state, one after the other, each killed at a random point.
struct KillRow {
  private(set) var round = 0
  private var random: SeededRandom
  private let onDisk: Bool
  private var place: TestDirectory?
  /// What may hold: what was acknowledged, and perhaps some of what was under way.
  private var possible = [StateContents()]
  private var number = 0

  struct Surprise: Error, CustomStringConvertible {
    let description: String
  }

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    // Waiting for a disk makes other moments likely than waiting for nothing.
    onDisk = seed % 2 == 1
  }

  /// Starts a process, compares what it finds, and kills it after some acknowledgements.
  mutating func next() throws {
    let place = try self.place ?? TestDirectory(onDisk: onDisk)
    self.place = place
    let run = try TortureRun(place.state, compactAbove: 100, first: number)
    let held: StateContents
    var acknowledged = number
    do {
      held = try find(run)
      // Sometimes at once, sometimes after many.
      let patience = random.below(random.isOne(in: 4) ? 3 : onDisk ? 30 : 200)
      while acknowledged < number + patience, let line = run.line() {
        try Self.take(line, &acknowledged)
      }
    } catch {
      _ = run.kill()
      throw error
    }
    for line in run.kill() { try Self.take(line, &acknowledged) }
    possible = Self.outcomes(held, from: number, acknowledged: acknowledged)
    number = acknowledged + TortureRecord.window
    round += 1
  }

  private func find(_ run: TortureRun) throws -> StateContents {
    var found: [StateRecord] = []
    while let line = run.line(), line != "ready" {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      guard words.count == 4, words[0] == "fact" else { throw Surprise(description: line) }
      found.append(record(words[2], words[3], kind: words[1]))
    }
    guard let held = possible.first(where: { $0.records == found }) else {
      throw Surprise(description: "before record \(number) there was \(found)")
    }
    return held
  }

  private static func take(_ line: String, _ acknowledged: inout Int) throws {
    guard line == "ack \(acknowledged)" else {
      throw Surprise(description: "'\(line)' instead of 'ack \(acknowledged)'")
    }
    acknowledged += 1
  }

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
}

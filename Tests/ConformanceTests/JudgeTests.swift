import Foundation
import Testing

@testable import Conformance
@testable import Drivers

/// Every bug that the host can find in a driver belongs to the check that is for it.
@Suite struct JudgeTests {
  /// The texts between `before` and a quotation mark in a source file of the room Drivers.
  private func texts(_ file: String, after before: [String]) throws -> [String] {
    let path = CheckRun.repository.appendingPathComponent("Sources/NexusHost/Drivers/\(file)").path
    let source = try String(contentsOfFile: path, encoding: .utf8)
    return before.flatMap { mark in
      source.components(separatedBy: "\(mark)\"").dropFirst().compactMap {
        $0.components(separatedBy: "\"").first
      }
    }
  }

  @Test func reports() throws {
    let bugs = try texts("ReportReader.swift", after: ["return ", "StaticString = "])
    #expect(bugs.count >= 9)
    for bug in bugs { #expect(Judge.check(for: bug) == "exchange.reports", "\(bug)") }
  }

  @Test func verdicts() throws {
    let bugs = try texts("Exchange.swift", after: ["fail("])
    #expect(bugs.count >= 7)
    for bug in bugs { #expect(Judge.check(for: bug) == "exchange.verdict", "\(bug)") }
  }

  @Test func sink() throws {
    let bugs = try texts("DriverSink.swift", after: ["note("])
    #expect(bugs.count >= 17)
    for bug in bugs {
      let check = Judge.check(for: bug)
      let expected =
        bug.contains("answer") || bug.contains("emitted")
        ? "exchange.answer"
        : bug.contains("a failure") ? "exchange.verdict" : "exchange.request"
      #expect(check == expected, "\(bug)")
    }
  }

  /// A play is found again by its label, so no two have the same.
  @Test func labels() {
    let bodies = [Array(repeating: UInt8(0x61), count: 700), [], Array("{\"a\":1}".utf8)]
    let plays = PlayPlan.plays(bodies: bodies, calls: 9, seed: 5, closely: true)
    #expect(Set(plays.map(\.label)).count == plays.count)
    #expect(plays.contains(.cut(511)) && plays.contains(.damaged(5)))
    #expect(plays.count > 900)
  }

  /// Identifiers are unique, and those that the zoo names are known.
  @Test func checks() {
    let ids = ConformanceCheck.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    for animal in ZooTests.animals {
      for id in animal.fails { #expect(ids.contains(id), "\(animal.name): \(id)") }
    }
  }

  @Test func slowness() {
    func judge(_ total: UInt64, _ longest: UInt64, _ calls: Int, _ given: UInt64) -> String? {
      Judge.slowness(
        total: total, longest: longest, allowed: 29_000_000, call: 3, calls: calls, given: given)
    }
    #expect(judge(20_000_000, 20_000_000, 4, 100) == nil)
    #expect(judge(90_000_000, 90_000_000, 4, 100)?.contains("Call 3 took 90 ms") == true)
    #expect(
      judge(900_000_000, 9_000_000, 100, 6_400_000)?.contains("again with each piece") == true)
    #expect(judge(300_000_000, 9_000_000, 100, 6_400_000) == nil)
  }
}

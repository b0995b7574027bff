import Drivers
import Foundation
import Testing

@testable import Config
@testable import Gateway
@testable import Telemetry

/// The field `traceparent`, and which traces are recorded.
@Suite struct TraceContextTests {
  private static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  private func read(_ text: String) -> TraceContext? {
    let bytes = Array("x\(text)y".utf8)
    return TraceContext(bytes.span, 1..<bytes.count - 1)
  }

  /// What the recommendation says, in other words.
  private func isGood(_ text: String) -> Bool {
    guard
      let match = text.wholeMatch(
        of: /([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[\x00-\x{ff}]*)?/)
    else { return false }
    return match.1 != "ff" && match.2.contains { $0 != "0" } && match.3.contains { $0 != "0" }
      && (match.1 != "00" || match.4 == nil)
  }

  @Test func aGoodOneIsReadAndWritten() throws {
    let context = try #require(read(Self.good))
    #expect(context.trace == TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c))
    #expect(context.span == 0xb7ad_6b71_6920_3331 && context.isSampled)
    var line: [UInt8] = []
    context.appendLine(to: &line)
    #expect(String(decoding: line, as: UTF8.self) == "traceparent: \(Self.good)\r\n")
    for (flags, isSampled) in [("00", false), ("02", false), ("03", true), ("ff", true)] {
      #expect(read("\(Self.good.dropLast(2))\(flags)")?.isSampled == isSampled)
    }
  }

  @Test func laterVersionsMayHaveMore() {
    for version in ["01", "cc", "fe"] {
      let text = version + Self.good.dropFirst(2)
      #expect(read(text) == read(Self.good))
      #expect(read(text + "-") == read(Self.good))
      #expect(read(text + "-more to come") == read(Self.good))
      #expect(read(text + ".more") == nil && read(text + "0") == nil)
    }
    #expect(read("ff" + Self.good.dropFirst(2)) == nil)
    #expect(read(Self.good + "-") == nil)
  }

  @Test func everyCutAndEveryChangeIsJudgedRight() {
    for version in ["00", "01", "ff", "fe"] {
      let text = version + Self.good.dropFirst(2)
      for length in 0...text.utf8.count {
        let cut = String(text.prefix(length))
        #expect((read(cut) != nil) == isGood(cut), "\(cut)")
      }
      for place in 0..<text.utf8.count {
        for byte in UInt8(0x20)..<0x7F {
          var bytes = Array(text.utf8)
          bytes[place] = byte
          let changed = String(decoding: bytes, as: UTF8.self)
          #expect((read(changed) != nil) == isGood(changed), "\(changed)")
        }
      }
    }
    let zero = String(repeating: "0", count: 32)
    for text in [
      "00-\(zero)-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-\(zero.prefix(16))-01",
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    ] { #expect(read(text) == nil) }
  }

  @Test func aShareOfTheTracesIsRecorded() throws {
    var settings = Settings.Traces()
    #expect(TraceRules(settings) == nil)
    settings.endpoint = "http://127.0.0.1:4318"
    var ids = RequestIDs(seed: 7)
    for (share, expected) in [(0.0, 0...0), (1.0, 4_000...4_000), (0.25, 850...1_150)] {
      settings.sample = share
      let rules = try #require(TraceRules(settings))
      var recorded = 0
      for _ in 0..<4_000 {
        let trace = RequestTrace(.chat, in: nil, rules, &ids)
        #expect(trace.parent == nil)
        if trace.isRecorded { recorded += 1 }
      }
      #expect(expected.contains(recorded), "\(recorded)")
      for isSampled in [true, false] {
        let client = TraceContext(trace: .init(high: 1, low: 2), span: 3, isSampled: isSampled)
        let trace = RequestTrace(.chat, in: client, rules, &ids)
        #expect(trace.isRecorded == isSampled && trace.parent == 3)
        #expect(trace.context.trace == client.trace && trace.context.span != 3)
      }
    }
  }

  @Test func childrenHaveIdsOfTheirOwn() throws {
    var settings = Settings.Traces()
    settings.endpoint = "http://127.0.0.1:4318"
    let rules = try #require(TraceRules(settings))
    var ids = RequestIDs(seed: 1)
    for _ in 0..<100 {
      let trace = RequestTrace(.chat, in: nil, rules, &ids)
      let all =
        [trace.context.span] + (0..<20).map { trace.attempt($0).span }
        + (0..<20).map { trace.wait($0).span }
      #expect(Set(all).count == all.count && !all.contains(0))
      #expect(trace.attempt(3) == trace.attempt(3))
    }
  }
}

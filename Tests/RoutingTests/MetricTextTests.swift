import Foundation
import Synchronization
import Testing

@testable import Gateway
@testable import Telemetry

/// The page of metrics and what it is made of.
struct MetricTextTests {
  private func text(_ text: MetricText) -> String { String(decoding: text.bytes, as: UTF8.self) }

  private let family = MetricFamily.histogram(
    "test_seconds", "Back\\slash \"quote\"\nline", labels: ["model"], digits: 9,
    bounds: [100_000_000, 1_000_000_000, 60_000_000_000])

  private func reading(_ values: [UInt64]) -> DistributionReading {
    let distribution = Distribution(family)
    for value in values { distribution.record(value) }
    return distribution.reading
  }

  @Test func aHistogramIsCumulative() {
    var page = MetricText(.prometheus)
    page.begin(family)
    page.histogram(
      MetricText.labels([("model", "a\"b\\c\nd")]),
      reading([100_000_000, 100_000_001, 2_000_000_000, 61_000_000_000]))
    page.end()
    #expect(
      text(page) == #"""
        # HELP test_seconds Back\\slash "quote"\nline
        # TYPE test_seconds histogram
        test_seconds_bucket{model="a\"b\\c\nd",le="0.1"} 1
        test_seconds_bucket{model="a\"b\\c\nd",le="1"} 2
        test_seconds_bucket{model="a\"b\\c\nd",le="60"} 3
        test_seconds_bucket{model="a\"b\\c\nd",le="+Inf"} 4
        test_seconds_sum{model="a\"b\\c\nd"} 63.200000001
        test_seconds_count{model="a\"b\\c\nd"} 4

        """#)
  }

  @Test func openMetricsHasFloatsExamplesAndAnEnd() {
    var page = MetricText(.openMetrics)
    page.begin(.counter("test_total", "Things"))
    page.sample(MetricText.labels([("a", "b")]), 7)
    page.begin(family)
    page.histogram([], reading([5_000_000])) { bucket in
      bucket == 0 ? .init(id: Array("req_1".utf8), value: 5_000_000) : nil
    }
    page.end()
    #expect(
      text(page) == #"""
        # HELP test Things
        # TYPE test counter
        test_total{a="b"} 7
        # HELP test_seconds Back\\slash \"quote\"\nline
        # TYPE test_seconds histogram
        test_seconds_bucket{le="0.1"} 1 # {request_id="req_1"} 0.005
        test_seconds_bucket{le="1.0"} 1
        test_seconds_bucket{le="60.0"} 1
        test_seconds_bucket{le="+Inf"} 1
        test_seconds_sum 0.005
        test_seconds_count 1
        # EOF

        """#)
  }

  @Test(
    arguments: [
      (0, 9, "0"), (1, 9, "0.000000001"), (1_500_000_000, 9, "1.5"), (250, 3, "0.25"),
      (12_000, 3, "12"), (.max, 0, "18446744073709551615"), (.max, 9, "18446744073.709551615"),
    ] as [(UInt64, Int, String)])
  func numbersAreExact(_ value: UInt64, _ digits: Int, _ text: String) {
    #expect(MetricText.decimal(value, digits: digits) == text)
  }

  @Test(arguments: [
    ("", MetricText.Format.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
    ("application/openmetrics-text", .openMetrics),
    (
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
    ),
    ("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", .openMetrics),
    ("application/openmetrics-text;version=7.0.0", .prometheus),
    ("application/openmetrics-text;q=0.1, text/plain;q=0.9", .prometheus),
    ("application/openmetrics-text;q=0", .prometheus), (",;q=,;;", .prometheus),
  ])
  func theFormatIsNegotiated(_ accept: String, _ format: MetricText.Format) {
    #expect(MetricText.Format(accept: accept) == format)
  }

  @Test func theTableIsSound() {
    let names = MetricTable.all.map(\.name)
    #expect(Set(names).count == names.count)
    for family in MetricTable.all {
      #expect(!family.help.isEmpty && !family.help.hasSuffix("."), "\(family.name)")
      #expect(family.name.allSatisfy { $0 == "_" || $0.isLowercase || $0.isNumber })
      #expect((family.kind == .histogram) == !family.bounds.isEmpty, "\(family.name)")
      #expect(family.bounds == family.bounds.sorted() && family.bounds.count <= Distribution.most)
      if family.kind == .counter { #expect(family.name.hasSuffix("_total"), "\(family.name)") }
    }
  }

  @Test func thePageInTheDocumentationIsUpToDate() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = try String(
      contentsOf: root.appendingPathComponent("docs/METRICS.md"), encoding: .utf8)
    #expect(file == MetricReference.text(), "docs/METRICS.md is out of date: run scripts/reference")
  }

  // MARK: Counting

  @Test func whatAllCountIsAddedUpWhileTheyCount() {
    let shards = (0..<4).map { _ in MetricShard() }
    let rounds: UInt64 = 100_000
    let isOver = Atomic<Bool>(false)
    DispatchQueue.concurrentPerform(iterations: 5) { number in
      guard number < 4 else {
        var last: UInt64 = 0
        while !isOver.load(ordering: .acquiring) {
          var sum = DistributionReading()
          for shard in shards { sum.add(shard.queueWait.reading) }
          #expect(sum.count >= last)
          last = sum.count
        }
        return
      }
      for round in 0..<rounds { shards[number].queueWait.record(round * 1_000_000) }
      if number == 0 { isOver.store(true, ordering: .releasing) }
    }
    var sum = DistributionReading()
    for shard in shards { sum.add(shard.queueWait.reading) }
    #expect(sum.count == 4 * rounds)
    #expect(sum.sum == 4 * (rounds * (rounds - 1) / 2) * 1_000_000)
    // Up to 100 ms, the bound included.
    #expect(sum.counts[0] == 4 * 101)
  }

  @Test func statusesAreExactAndBounded() {
    let tallies = StatusTallies()
    for _ in 0..<3 { for status in 200..<220 { tallies.count(status) } }
    tallies.count(200)
    var sums: [Int: UInt64] = [:]
    tallies.add(to: &sums)
    #expect(sums[200] == 4 && sums[210] == 3 && sums[211] == nil)
    #expect(sums[0] == 27, "nine statuses found no slot")
  }

  @Test func anExampleIsNeverMixedFromTwo() {
    let exemplars = Exemplars()
    let isOver = Atomic<Bool>(false)
    let ids = [Array("req_0123456789abcdef".utf8), Array(repeating: UInt8(ascii: "x"), count: 40)]
    DispatchQueue.concurrentPerform(iterations: 2) { number in
      if number == 0 {
        for round in 0..<200_000 {
          exemplars.note(ids[round % 2], UInt64(round % 2), in: 3)
        }
        isOver.store(true, ordering: .releasing)
      } else {
        while !isOver.load(ordering: .acquiring) {
          guard let entry = exemplars.entry(in: 3) else { continue }
          #expect(entry.id == ids[Int(entry.value)])
        }
      }
    }
    exemplars.note([UInt8](repeating: 0x78, count: 41), 9, in: 3)
    #expect(exemplars.entry(in: 3)?.value == 1)
    #expect(exemplars.entry(in: 2) == nil)
  }

  // MARK: Labels

  @Test(arguments: [
    ("llama3:8b", "llama3_8b"), ("7b", "_7b"), ("a\"} 1\n", "a___1_"), ("größe", "größe"),
    ("", ""), ("my box", "my_box"),
  ]) func namesAreSanitized(_ name: String, _ label: String) {
    #expect(MetricLabels.sanitized(name) == label)
  }

  @Test func hostileNamesComeToAnEnd() {
    let labels = MetricLabels()
    for number in 0..<5_000 {
      _ = labels.place("model\(number)\"}\n", on: "backend\(number)", type: "vllm")
      _ = labels.place(String(repeating: "é", count: 10_000 + number), on: "b")
    }
    let contents = labels.current
    #expect(contents.models.count == MetricLabels.mostModels + 1)
    #expect(contents.models.last == MetricLabels.other)
    #expect(contents.backends.count == MetricLabels.mostBackends + 1)
    #expect(contents.models.allSatisfy { $0.count <= MetricLabels.longest + 1 })
    // Every new pair of what is known stays one of few.
    #expect(contents.places.count <= 3 * MetricLabels.mostBackends)
    #expect(labels.place("a:b", on: "c") == labels.place("a_b", on: "c"))
  }
}

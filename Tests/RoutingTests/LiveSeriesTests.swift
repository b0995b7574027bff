import Testing

@testable import Gateway

/// What is made of counters for those who watch: points of the last hour, and rates.
@Suite struct LiveSeriesTests {
  private typealias Sum = LiveSums.Sum

  /// Two backends of which the second has nothing.
  private func sums(_ seconds: Int, _ requests: Int, _ change: (inout Sum) -> Void = { _ in })
    -> LiveSums
  {
    var sum = Sum(requests: UInt64(requests))
    change(&sum)
    return LiveSums(at: UInt64(5_000 + seconds * 1_000), [sum, Sum()])
  }

  @Test func nothingIsClaimedBeforeAnythingHappened() {
    let series = LiveSeries(sums(0, 0))
    let totals = series.totals(sums(0, 0))
    #expect(series.points.isEmpty)
    #expect(totals.requestsPerMinute == 0 && totals.errorShare == 0 && totals.tokensPerSecond == 0)
    #expect(series.latencies(of: 0, sums(1, 0)) == [UInt32?](repeating: nil, count: 30))
    #expect(series.latencies(of: 7, sums(1, 0)).count == 30)
    #expect(series.tokensPerSecond(of: 7, sums(1, 0)) == 0)
  }

  @Test func pointsTellWhatCameBetweenThem() {
    var series = LiveSeries(sums(0, 0))
    series.sample(
      sums(10, 30) {
        $0.errors = 3
        $0.tokens = 1_000
        $0.firstTokens = 4
        $0.firstTokenNanoseconds = 2_000_000_000
      }, unixSeconds: 1_010)
    series.sample(
      sums(20, 30) {
        $0.errors = 3
        $0.tokens = 1_005
        $0.firstTokens = 4
        $0.firstTokenNanoseconds = 2_000_000_000
      }, unixSeconds: 1_020)
    #expect(series.points.map(\.time) == [1_010, 1_020])
    #expect(series.points.map(\.requests) == [30, 0])
    #expect(series.points.map(\.errors) == [3, 0])
    #expect(series.points.map(\.firstToken) == [500, nil])
    #expect(series.points.map(\.tokensPerSecond) == [100, 0.5])
  }

  @Test func anHourIsKeptHoweverLongItRuns() {
    var series = LiveSeries(sums(0, 0))
    for step in 1...1_000 {
      series.sample(sums(step * 10, step), unixSeconds: Int64(step * 10))
      // Somebody watches all the time.
      for second in 1..<10 { series.mark(sums(step * 10 + second, step)) }
    }
    #expect(series.points.count == 360)
    #expect(series.points.first?.time == 6_410 && series.points.last?.time == 10_000)
    #expect(series.latencies(of: 0, sums(10_001, 1_000)).count == 30)
  }

  @Test func aMinuteCountsAsLongAsItIs() {
    var series = LiveSeries(sums(0, 0))
    // In its first seconds no more is claimed than has come.
    #expect(series.totals(sums(5, 20)).requestsPerMinute == 20)
    for step in 1...12 {
      series.sample(sums(step * 10, step * 5) { $0.errors = UInt64(step) }, unixSeconds: 0)
    }
    let totals = series.totals(sums(125, 60) { $0.errors = 12 })
    // From second 60 to 125: 30 requests in 65 seconds.
    #expect(totals.requestsPerMinute == 27.7)
    #expect(totals.errorShare == 0.2)
    #expect(totals.requests == 60 && totals.errors == 12)
  }

  @Test func tokensAreOfTheLastSeconds() {
    var series = LiveSeries(sums(0, 0))
    for second in 1...30 {
      series.mark(sums(second, 0) { $0.tokens = UInt64(second * 40) })
    }
    #expect(series.totals(sums(31, 0) { $0.tokens = 31 * 40 }).tokensPerSecond == 40)
    #expect(series.tokensPerSecond(of: 0, sums(31, 0) { $0.tokens = 31 * 40 }) == 40)
    #expect(series.tokensPerSecond(of: 1, sums(31, 0)) == 0)
    // Ten seconds later they are forgotten.
    for second in 31...50 { series.mark(sums(second, 0) { $0.tokens = 1_200 }) }
    #expect(series.totals(sums(51, 0) { $0.tokens = 1_200 }).tokensPerSecond == 0)
    // A counter that is read while it changes never makes a negative rate.
    #expect(series.totals(sums(52, 0)).tokensPerSecond == 0)
  }

  @Test func latenciesAreOfStretchesOfTwoMinutes() {
    var series = LiveSeries(sums(0, 0))
    // 100 requests of 20 ms in the first two minutes, none in the next, then 10 of 70 ms.
    for step in 1...24 {
      let count = min(step, 12) * 100 / 12
      series.sample(
        sums(step * 10, count) { $0.nanoseconds = UInt64(count) * 20_000_000 }, unixSeconds: 0)
    }
    let now = sums(245, 110) { $0.nanoseconds = 2_000_000_000 + 700_000_000 }
    #expect(series.latencies(of: 0, now).suffix(4) == [nil, 20, nil, 70])
    #expect(series.latencies(of: 1, now).allSatisfy { $0 == nil })
  }

  // MARK: Requests

  @Test func theOldestAreFoundAmongMany() {
    for count in [0, 1, 99, 100, 101, 200, 5_000] {
      // A fixed order that is none: 7919 is prime to every count here.
      let keys = (0..<count).map { UInt64($0 * 7_919 % max(1, count)) }
      let chosen = OldestFew.choose(100, of: count) { keys[$0] }
      #expect(chosen.map { keys[$0] } == (0..<UInt64(min(100, count))).map { $0 })
    }
    #expect(OldestFew.choose(100, of: 300) { _ in 7 }.count == 100)
  }

  @Test func eventsAreCountedHoweverTheyAreCut() {
    let stream = Array("data: {}\n\n: hello\n\nevent: x\ndata: 1\n\ndata: [DONE]\n\n".utf8)
    for cut in 0...stream.count {
      var meter = EventMeter()
      let first = meter.note(stream.span.extracting(0..<cut))
      let second = meter.note(stream.span.extracting(cut..<stream.count))
      #expect(first + second == 3 && meter.count == 3, "cut at \(cut)")
    }
  }

  @Test func ratesOfEventsNeedTwoLooks() {
    var meter = EventMeter()
    let second: UInt64 = 1_000_000_000
    func add(_ events: Int) {
      let bytes = Array(String(repeating: "data: x\n\n", count: events).utf8)
      _ = meter.note(bytes.span)
    }
    #expect(meter.rate(at: second) == nil)
    add(40)
    #expect(meter.rate(at: 2 * second) == 40)
    // Looks that follow at once change nothing.
    #expect(meter.rate(at: 2 * second + 1_000) == 40)
    add(60)
    #expect(meter.rate(at: 3 * second) == 50)
    #expect(meter.rate(at: 4 * second) == 25)
  }
}

import Config
import Testing

@testable import Drivers
@testable import Fleet
@testable import Routing

/// How the figures of a backend become a verdict.
@Suite struct QualityAccountTests {
  private struct History {
    var account = QualityAccount()
    var sums = BackendQuality.Sums()

    mutating func look(
      _ wins: UInt64, _ losses: UInt64, after seconds: Double = 30, threshold: Double = 0.5
    ) -> BackendQuality.Verdict {
      sums.succeeded += wins
      sums.failed += losses
      return account.look(at: sums, after: seconds, threshold: threshold).verdict
    }
  }

  @Test func fewRequestsSayNothing() {
    var history = History()
    #expect([history.look(0, 9), history.look(0, 1)] == [.good, .good])
    #expect(history.look(0, 3) == .poor)
  }

  @Test(arguments: [(0.5, 5, 5, true), (0.51, 5, 5, false), (0, 10, 0, true), (1, 0, 99, false)])
  func theThresholdIsKept(_ threshold: Double, _ wins: Int, _ losses: Int, _ isPoor: Bool) {
    var history = History()
    let verdict = history.look(UInt64(wins), UInt64(losses), threshold: threshold)
    #expect(verdict == (isPoor ? .poor : .good))
  }

  @Test func aModelIsJudgedByItselfOnceEnoughIsKnown() {
    let load = BackendLoad()
    let model = Model(ModelReport(id: "m"), account: load.account(of: "m"))
    #expect(model.judge(on: load) === load.quality)
    var account = QualityAccount()
    var sums = BackendQuality.Sums()
    sums.failed = 9
    model.account.quality.publish(account.look(at: sums, after: 30, threshold: 0.5))
    #expect(model.judge(on: load) === load.quality)
    sums.failed = 12
    model.account.quality.publish(account.look(at: sums, after: 30, threshold: 0.5))
    #expect(model.judge(on: load) === model.account.quality)
    #expect(model.judge(on: load).figures.verdict == .poor)
    // An hour later there is nothing left to judge by.
    for _ in 0..<3 {
      model.account.quality.publish(account.look(at: sums, after: 1_200, threshold: 1))
    }
    #expect(model.judge(on: load) === load.quality)
  }

  @Test func aTrialThatSucceedsEndsIt() {
    var history = History()
    #expect([history.look(4, 6), history.look(0, 0)] == [.poor, .onTrial])
    // Nobody asked: it stays so.
    #expect(history.look(0, 0) == .onTrial)
    #expect(history.look(1, 0) == .good)
    // What was before is forgotten: it takes ten more to be judged.
    #expect([history.look(3, 5), history.look(0, 3)] == [.good, .poor])
  }

  @Test func trialsThatFailComeMoreRarely() {
    var history = History()
    var verdicts = [history.look(0, 20)]
    for _ in 0..<20 {
      let isOnTrial = verdicts.last == .onTrial
      verdicts.append(history.look(0, isOnTrial ? 1 : 0))
    }
    let trials = verdicts.indices.filter { verdicts[$0] == .onTrial }
    #expect(trials == [1, 4, 9, 18])
  }

  @Test func whatLiesBackCountsLess() {
    var history = History()
    #expect(history.look(0, 9) == .good)
    // Five half-lives later they are no more than a third of a request.
    #expect(history.look(5, 5, after: 750, threshold: 0.6) == .good)
    #expect(history.account.look(at: history.sums, after: 1, threshold: 0.6).errorRate < 0.52)
  }

  @Test func theTimeToTheFirstTokenIsAnAverage() {
    var account = QualityAccount()
    var sums = BackendQuality.Sums()
    #expect(account.look(at: sums, after: 1, threshold: 1).firstToken == 0)
    sums.timed = 2
    sums.microseconds = 9_000_000
    #expect(account.look(at: sums, after: 1, threshold: 1).firstToken == 4_500)
  }

  @Test func aTrialIsGivenOnce() {
    let quality = BackendLoad().quality
    var figures = BackendQuality.Figures()
    #expect(!quality.takeTrial())
    figures.verdict = .onTrial
    quality.publish(figures)
    #expect(quality.figures.verdict == .onTrial)
    #expect(quality.takeTrial() != quality.takeTrial())
    #expect(quality.figures.verdict == .poor)
    quality.publish(figures)
    #expect(quality.figures.verdict == .poor)
  }
}

/// What became of the requests of an hour and of a day.
@Suite struct QualityWindowTests {
  private func sums(_ succeeded: UInt64, _ failed: UInt64) -> BackendQuality.Sums {
    var sums = BackendQuality.Sums()
    (sums.succeeded, sums.failed) = (succeeded, failed)
    return sums
  }

  @Test func whatLiesBackIsForgotten() {
    var window = QualityWindow()
    #expect(window.look(at: sums(3, 1), now: 0).day.total == 4)
    var counts = window.look(at: sums(10, 10), now: 30)
    #expect(counts.hour.total == 20 && counts.day.failed == 10)
    for minute in stride(from: 5.0, through: 120, by: 5) {
      counts = window.look(at: sums(10, 10), now: minute * 60)
    }
    #expect(counts.hour.total == 0 && counts.day.total == 20)
    counts = window.look(at: sums(11, 10), now: 121 * 60)
    #expect(counts.hour.succeeded == 1 && counts.hour.failed == 0)
    for hour in 3...30 { counts = window.look(at: sums(11, 10), now: Double(hour) * 3_600) }
    #expect(counts.day.total == 0)
  }
}

import Config

import Seeded
import Testing

@testable import Control

/// Advice by figures that were computed by hand.
@Suite struct RecommenderTests {
  private func recommender(_ adjust: (inout Settings.Fleet) -> Void = { _ in }) -> Recommender {
    var settings = Settings.Fleet()
    adjust(&settings)
    return Recommender(settings, MemoryEstimate.Rules())
  }

  private let hour = DemandSample.today * 24 + 12

  private func place(
    _ name: String, _ adjust: (inout WarmPlace) -> Void = { _ in }
  ) -> WarmPlace {
    var place = WarmPlace(name, entries: [WarmPlace.Entry("m", bytes: 5_000_000_000)])
    adjust(&place)
    return place
  }

  // MARK: Evidence

  @Test func theProfileGivesPeakAndRatio() throws {
    let demand = DemandSample.demand(
      (1...8).flatMap { [($0, 9, 30), ($0, 10, 10), ($0, 11, 10), ($0, 14, 10)] })
    let evidence = try #require(DemandEvidence(demand, until: hour))
    #expect(evidence.requests == 480 && evidence.activeDays == 8 && evidence.days == 7)
    #expect(evidence.peakHour == 9)
    #expect(evidence.peakRatio == 2)  // 30 over (30 + 10 + 10 + 10) / 4
    // One hour alone is no peak, and of equal hours the first is named.
    let single = try #require(DemandEvidence(DemandSample.demand([(1, 5, 9)]), until: hour))
    #expect(single.peakRatio == 1 && single.days == 0)
    let equal = DemandSample.demand([(1, 5, 9), (1, 3, 9)])
    #expect(DemandEvidence(equal, until: hour)?.peakHour == 3)
    #expect(DemandEvidence(ModelDemand(), until: hour) == nil)
  }

  @Test(arguments: [
    (10, 12, DemandEvidence.Trend.stable), (10, 13, .increasing), (10, 8, .stable),
    (10, 7, .decreasing), (0, 1, .increasing), (5, 0, .decreasing),
  ])
  func theTrendComparesTwoWeeks(_ old: Int, _ new: Int, _ trend: DemandEvidence.Trend) throws {
    // The last 168 hours begin with the hour after noon a week ago.
    let demand = DemandSample.demand([(7, 12, old), (7, 13, new)])
    #expect(try #require(DemandEvidence(demand, until: hour)).trend == trend)
  }

  @Test(arguments: [
    (requests: 100, days: 7, isEnough: true), (99, 7, false), (100, 6, false), (1_000, 30, true),
  ])
  func aSampleMustBeLargeEnough(_ row: (requests: Int, days: Int, isEnough: Bool)) throws {
    let demand = DemandSample.demand([(row.days, 9, 1), (0, 9, row.requests - 1)])
    let evidence = try #require(DemandEvidence(demand, until: hour))
    #expect(evidence.days == row.days)
    #expect(recommender().isEnough(evidence) == row.isEnough)
  }

  @Test(arguments: [
    (ratio: 2.0, trend: DemandEvidence.Trend.stable, isCandidate: true),
    (1.99, .stable, false), (1.99, .decreasing, false), (1.0, .increasing, true),
    (3.0, .decreasing, true),
  ])
  func onlyPeaksAndGrowthAreWorthAdvice(
    _ row: (ratio: Double, trend: DemandEvidence.Trend, isCandidate: Bool)
  ) {
    let evidence = DemandEvidence(
      requests: 100, days: 7, activeDays: 7, peakHour: 1, peakRatio: row.ratio, trend: row.trend)
    #expect(recommender().isCandidate(evidence) == row.isCandidate)
  }

  @Test(arguments: [
    // 0.5·(1/3) + 0.25·0.2 + 0.25·0.5
    (ratio: 2.0, requests: 100, active: 7, confidence: 0.5 / 3 + 0.05 + 0.125),
    // 0.5·0.2 + 0.25·0.2 + 0.25·0.5
    (1.99, 100, 7, 0.275),
    (4.0, 500, 14, 1.0), (40.0, 50_000, 31, 1.0), (2.5, 250, 7, 0.25 + 0.125 + 0.125),
  ])
  func theConfidenceIsThatOfTheFormula(
    _ row: (ratio: Double, requests: Int, active: Int, confidence: Double)
  ) {
    let evidence = DemandEvidence(
      requests: row.requests, days: 7, activeDays: row.active, peakHour: 1, peakRatio: row.ratio,
      trend: .stable)
    #expect(abs(recommender().confidence(evidence) - row.confidence) < 1e-9)
  }

  // MARK: Whole advice

  @Test func adviceNamesWhatItRestsOn() throws {
    let history = DemandSample.history(["m": DemandSample.peak(days: 8, requests: 120)])
    var hot = place("hot")
    hot.entries[0].isLoaded = true
    let advice = recommender().advise(history, [hot, place("cold")], at: DemandSample.noon)
    let only = try #require(advice.first)
    #expect(advice.count == 1)
    #expect(only.targets == ["cold"])
    #expect(
      only.reasoning == "Usage peak at 9:00 UTC (2.0x average). Usage is increasing."
        + " Based on 960 requests over 7 days. It is in memory on hot alone")
    #expect(only.command == "nexus models load m --backend cold")
    #expect(only.memoryBytes == 5_000_000_000)
    #expect(only.generated == DemandSample.noon && only.expires == DemandSample.noon + 3_600)
    #expect(abs(only.confidence - (0.5 / 3 + 0.25 + 0.25 * 8 / 14)) < 1e-9)
    // The same advice later has the same id; other advice has another.
    let later = recommender().advise(history, [hot, place("cold")], at: DemandSample.noon + 60)
    #expect(later.first?.id == only.id)
    let other = recommender().advise(history, [hot, place("attic")], at: DemandSample.noon)
    #expect(other.first?.id != only.id)
    #expect(only.id.hasPrefix("rec-") && only.id.utf8.count == 20)
  }

  @Test func onlyBackendsThatCouldLoadItAreTargets() {
    let history = DemandSample.history(["m": DemandSample.peak(days: 8, requests: 120)])
    let unfit: [(inout WarmPlace) -> Void] = [
      { $0.isUp = false }, { $0.loadsOnCommand = false }, { $0.isBusy = true },
      { $0.entries[0].isLoaded = true }, { $0.entries[0].isLoading = true },
      { $0.entries[0].isLoadable = false }, { $0.entries[0].model = "other" },
      // 5 GB and 30 % of 7 GB are more than 7 GB, with 30 % of 80 GB they are more than 28 GB.
      { $0.memory = 7_000_000_000 },
      {
        $0.toldMemory = 80_000_000_000
        $0.toldFree = 28_000_000_000
      },
      // More than 16 GB are taken where nobody knows of how many.
      {
        $0.entries.append(WarmPlace.Entry("big", isLoaded: true, bytes: 16_000_000_001))
      },
    ]
    for (number, adjust) in unfit.enumerated() {
      let advice = recommender().advise(history, [place("a", adjust)], at: DemandSample.noon)
      #expect(advice.isEmpty, "row \(number)")
    }
    let unloaded = recommender().advise(
      history, [place("a"), place("b")], unloaded: ["a": ["m"]], at: DemandSample.noon)
    #expect(unloaded.first?.targets == ["b"])
  }

  @Test func theBestRoomComesFirst() {
    let history = DemandSample.history(["m": DemandSample.peak(days: 8, requests: 120)])
    let places = [
      place("unknown"),
      place("unknown-full") { $0.entries.append(.init("x", isLoaded: true, bytes: 1_000)) },
      place("small") { $0.memory = 8_000_000_000 }, place("large") { $0.memory = 80_000_000_000 },
      place("told") {
        $0.toldMemory = 40_000_000_000
        $0.toldFree = 20_000_000_000
      },
    ]
    #expect(
      recommender().advise(history, places, at: DemandSample.noon).first?.targets
        == ["large", "told", "small", "unknown", "unknown-full"])
  }

  @Test func wordsOfACommandAreQuoted() {
    #expect(ShellWord.quoted("qwen2.5:7b-instruct_q4/K@x") == "qwen2.5:7b-instruct_q4/K@x")
    #expect(ShellWord.quoted("a b") == "'a b'")
    #expect(ShellWord.quoted("it's;rm -rf") == #"'it'\''s;rm -rf'"#)
    #expect(ShellWord.quoted("") == "''")
  }

  /// Over random fleets and histories nothing impossible is advised.
  @Test(arguments: 0..<60) func adviceIsAlwaysPossible(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    var history = DemandHistory()
    for model in 0..<8 {
      for _ in 0..<60 {
        _ = history.add(
          UInt64.random(in: 0...40, using: &random), of: "m\(model)",
          at: DemandSample.noon - Int64.random(in: -90_000...2_600_000, using: &random))
      }
    }
    let places = (0..<5).map { number in
      var place = WarmPlace("b\(number)")
      place.isUp = Bool.random(using: &random)
      place.memory = UInt64.random(in: 0...3, using: &random) * 8_000_000_000
      place.entries = (0..<8).compactMap { model in
        guard Bool.random(using: &random) else { return nil }
        return WarmPlace.Entry(
          "m\(model)", isLoaded: Int.random(in: 0..<4, using: &random) == 0,
          bytes: UInt64.random(in: 0...9, using: &random) * 1_000_000_000)
      }
      return place
    }
    let most = Int.random(in: 1...6, using: &random)
    let advice = recommender { settings in
      settings.maxRecommendations = most
      settings.minSampleDays = 1
    }.advise(history, places, at: DemandSample.noon)
    #expect(advice.count <= most)
    #expect(Set(advice.map(\.id)).count == advice.count)
    #expect(zip(advice, advice.dropFirst()).allSatisfy { $0.confidence >= $1.confidence })
    for piece in advice {
      #expect((0...1).contains(piece.confidence) && !piece.targets.isEmpty, "seed \(seed)")
      for target in piece.targets {
        let place = places.first { $0.name == target }
        let entry = place?[piece.model]
        #expect(place?.isUp == true && entry?.isLoaded == false, "seed \(seed)")
      }
    }
  }
}

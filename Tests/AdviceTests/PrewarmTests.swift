import Config

import Seeded
import Testing

@testable import Control

/// What is loaded ahead of time, and what is left alone.
@Suite struct PrewarmTests {
  private typealias Sample = DemandSample

  private func plan() -> PrewarmPlan { PrewarmPlan(MemoryEstimate.Rules()) }

  /// Twelve requests at nine on each of the last days.
  private let mornings = DemandSample.history([
    "m": DemandSample.demand((1...20).map { ($0, 9, 12) })
  ])

  /// A place whose memory is known and empty.
  private func place(
    _ name: String = "a", _ adjust: (inout WarmPlace) -> Void = { _ in }
  ) -> WarmPlace {
    var place = WarmPlace(
      name, memory: 40_000_000_000, entries: [WarmPlace.Entry("m", bytes: 5_000_000_000)])
    adjust(&place)
    return place
  }

  private func loads(
    _ places: [WarmPlace], at hour: Int = 8, _ second: Int = 3_540,
    unloaded: [String: Set<String>] = [:]
  ) -> [String] {
    var plan = plan()
    return plan.next(
      mornings, places, unloaded: unloaded, at: Sample.moment(Sample.today, hour, second)
    ).map { "\($0.model) on \($0.backend)" }
  }

  // MARK: Forecast

  /// Days before today with use at nine, and how likely it is today.
  private static let forecasts: [(days: [Int], likelihood: Double)] = [
    (Array(1...20), 1),
    // Wednesdays of a fortnight and nothing else: (2 + 2·2/14) / (2 + 2)
    ([7, 14], 0.571_428_571_428),
    // Every day but Wednesdays: (0 + 2·12/13) / (1 + 2)
    ([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13], 0.615_384_615_384),
    ([1, 2, 3], 1), ([1, 2], 0), ([], 0),
  ]

  @Test(arguments: forecasts)
  func theForecastWeighsWeekdaysAndDays(_ row: (days: [Int], likelihood: Double)) {
    let demand = Sample.demand(row.days.map { ($0, 9, 3) })
    let forecast = DemandForecast(demand, for: Sample.today * 24 + 9)
    #expect(abs(forecast.likelihood - row.likelihood) < 1e-9, "\(forecast)")
  }

  // MARK: When

  @Test func aModelIsLoadedShortlyBeforeItsHour() {
    #expect(loads([place()], 3_479).isEmpty)
    #expect(loads([place()], 3_480) == ["m on a"])
    #expect(loads([place()], at: 7, 3_540).isEmpty)
    // Twice the time that loading takes, half an hour at most.
    let slow = place { $0.entries[0].loadTime = 300_000 }
    #expect(loads([slow], 2_999).isEmpty)
    #expect(loads([slow], 3_000) == ["m on a"])
    let slower = place { $0.entries[0].loadTime = 100_000_000 }
    #expect(loads([slower], 1_799).isEmpty)
    #expect(loads([slower], 1_800) == ["m on a"])
  }

  @Test func inItsHourItIsLoadedAgainWhileRequestsAreExpected() {
    // Twelve an hour: one more is expected until five minutes before its end.
    #expect(loads([place()], at: 9, 3_299) == ["m on a"])
    #expect(loads([place()], at: 9, 3_301).isEmpty)
  }

  // MARK: Where

  @Test func whatIsReadyOrForbiddenIsLeftAlone() {
    let rows: [(inout WarmPlace) -> Void] = [
      { $0.entries[0].isLoaded = true }, { $0.entries[0].isLoading = true },
      { $0.entries[0].isLoadable = false }, { $0.isUp = false }, { $0.isBusy = true },
      { $0.loadsOnCommand = false }, { $0.memory = 6_000_000_000 }, { $0.entries = [] },
    ]
    for (number, adjust) in rows.enumerated() {
      #expect(loads([place("a", adjust)]).isEmpty, "row \(number)")
    }
    #expect(loads([place()], unloaded: ["a": ["m"]]).isEmpty)
    // Loaded elsewhere with a free slot, and without.
    let ready = place("b") {
      $0.entries[0].isLoaded = true
      $0.entries[0].slots = 2
      $0.entries[0].inFlight = 1
    }
    #expect(loads([place(), ready]).isEmpty)
    let full = place("b") {
      $0.entries[0].isLoaded = true
      $0.entries[0].slots = 1
      $0.entries[0].inFlight = 1
    }
    #expect(loads([place(), full]) == ["m on a"])
    #expect(loads([place("b"), place("a") { $0.memory = 90_000_000_000 }]) == ["m on a"])
  }

  @Test func whereMemoryIsUnknownOnlyTheIdleIsDrivenOut() {
    func unknown(_ adjust: (inout WarmPlace) -> Void = { _ in }) -> [String] {
      loads([
        place {
          $0.memory = 0
          $0.entries.append(WarmPlace.Entry("x", isLoaded: true, bytes: 1_000))
          $0.idle = PrewarmPlan.quiet
          adjust(&$0)
        }
      ])
    }
    #expect(unknown() == ["m on a"])
    #expect(unknown { $0.idle -= 1 }.isEmpty)
    #expect(unknown { $0.inFlight = 1 }.isEmpty)
    #expect(unknown { $0.entries[1].isKept = true }.isEmpty)
    #expect(unknown { $0.entries[1].need.bytes = 17_000_000_000 }.isEmpty)
    // With nothing in memory nothing can be driven out.
    #expect(
      unknown {
        $0.idle = 0
        $0.entries[1].isLoaded = false
      } == ["m on a"])
    // A model of unknown size may drive something out anywhere.
    let sizeless = place {
      $0.entries = [WarmPlace.Entry("m"), WarmPlace.Entry("x", isLoaded: true)]
      $0.idle = 0
    }
    #expect(loads([sizeless]).isEmpty)
  }

  @Test func twoModelsDoNotDriveEachOtherOut() {
    let history = Sample.history([
      "m": Sample.demand((1...20).map { ($0, 9, 12) }),
      "n": Sample.demand((1...20).map { ($0, 9, 12) }),
    ])
    var server = place {
      $0.memory = 0
      $0.entries.append(WarmPlace.Entry("n", bytes: 1_000_000))
    }
    var plan = plan()
    let now = Sample.moment(Sample.today, 8, 3_500)
    #expect(plan.next(history, [server], at: now).map(\.model) == ["m"])
    server.entries[0].isLoaded = true
    #expect(plan.next(history, [server], at: now + 30).isEmpty)
    server.entries[0].isLoaded = false
    #expect(plan.next(history, [server], at: now + 60).map(\.model) == ["n"])
  }

  // MARK: Failures

  @Test func failuresAreFollowedByLongerAndLongerPauses() {
    var plan = plan()
    let start = Sample.moment(Sample.today, 9)
    var waits: [Int64] = []
    var last = start
    for _ in 0..<8 {
      // Always nine o'clock, so that only the pauses decide.
      let demand = Sample.history(["m": always])
      var now = last
      var load: [Prewarm] = []
      while load.isEmpty {
        load = plan.next(demand, [place()], at: now)
        now += 60
      }
      waits.append((now - 60 - last) / 60)
      last = now - 60
      plan.ended(load[0], succeeded: false, at: last)
    }
    #expect(waits == [0, 10, 20, 40, 80, 160, 320, 360])
    plan.ended(Prewarm(model: "m", backend: "a", likelihood: 1), succeeded: true, at: last)
    plan.ended(Prewarm(model: "m", backend: "a", likelihood: 1), succeeded: false, at: last)
    let again = plan.next(
      Sample.history(["m": always]), [place()], at: last + PrewarmPlan.backOff)
    #expect(again.count == 1)
  }

  /// Fifty requests in each hour of a month, the days to come included.
  private var always: ModelDemand {
    Sample.demand((-4...26).flatMap { day in (0..<24).map { (day, $0, 50) } })
  }

  /// Nothing that the rules forbid happens in any fleet.
  @Test(arguments: 0..<60) func nothingInUseIsEverDrivenOut(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let history = Sample.history(
      Dictionary(uniqueKeysWithValues: (0..<6).map { ("m\($0)", always) }))
    var plan = plan()
    for step in 0..<60 {
      let places = (0..<4).map { number in
        var place = WarmPlace("b\(number)")
        place.isUp = Int.random(in: 0..<4, using: &random) > 0
        place.isBusy = Int.random(in: 0..<4, using: &random) == 0
        place.memory = UInt64.random(in: 0...3, using: &random) * 8_000_000_000
        place.inFlight = Int.random(in: 0...1, using: &random)
        place.idle = UInt64.random(in: 0...2_000_000, using: &random)
        place.entries = (0..<6).map { model in
          WarmPlace.Entry(
            "m\(model)", isLoaded: Int.random(in: 0..<5, using: &random) == 0,
            bytes: UInt64.random(in: 1...9, using: &random) * 1_000_000_000)
        }
        return place
      }
      let loads = plan.next(history, places, at: Sample.noon + Int64(step * 60))
      #expect(Set(loads.map(\.backend)).count == loads.count)
      #expect(Set(loads.map(\.model)).count == loads.count)
      for load in loads {
        let place = places.first { $0.name == load.backend }
        guard let place, let entry = place[load.model] else {
          Issue.record("seed \(seed): nowhere")
          continue
        }
        #expect(place.isUp && !place.isBusy && !entry.isLoaded, "seed \(seed)")
        let fits = place.estimate.free.map { entry.need.bytes <= $0 } ?? false
        let isQuiet = place.inFlight == 0 && place.idle >= PrewarmPlan.quiet
        #expect(fits || place.isEmpty || isQuiet, "seed \(seed)")
        #expect((PrewarmPlan.threshold...1).contains(load.likelihood))
      }
    }
  }
}

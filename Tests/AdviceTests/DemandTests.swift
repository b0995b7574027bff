import Seeded
import Testing

@testable import Control

/// What is counted, and how it is kept.
@Suite struct DemandTests {
  @Test func hoursAndWeekdaysAreThoseOfTheCalendar() {
    #expect(ModelDemand.hour(of: 0) == 0)
    #expect(ModelDemand.hour(of: 3_599) == 0)
    #expect(ModelDemand.hour(of: 3_600) == 1)
    #expect(ModelDemand.hour(of: -1) == -1)
    #expect(ModelDemand.hour(of: -3_600) == -1)
    #expect(ModelDemand.hour(of: -3_601) == -2)
    #expect(ModelDemand.split(-1) == (-1, 23))
    #expect(ModelDemand.weekday(of: 0) == 3)  // 1 January 1970 was a Thursday.
    #expect(ModelDemand.weekday(of: -4) == 6)
    #expect(ModelDemand.weekday(of: 20_600) == 2)
  }

  @Test func thirtyDaysAndThePresentAreRemembered() {
    let hour = DemandSample.today * 24 + 12
    var demand = ModelDemand()
    for ago in 0...40 { demand.add(1, in: hour - ago * 24) }
    // Days that are older took the places of younger ones that were written before.
    #expect(demand.total(until: hour) == 31 - 10)
    demand = ModelDemand()
    for ago in (0...40).reversed() { demand.add(1, in: hour - ago * 24) }
    #expect(demand.total(until: hour) == 31)
    #expect(demand.oldest(until: hour) == hour - 30 * 24)
    #expect(demand.newest(until: hour) == hour)
    #expect(demand.total(until: hour + 24) == 30)
    #expect(demand.total(until: hour + 31 * 24) == 0)
  }

  @Test func aCountThatIsFullStaysSo() {
    var demand = ModelDemand()
    demand.add(UInt64(UInt32.max) - 1, in: 5)
    demand.add(1, in: 5)
    demand.add(1, in: 5)
    #expect(demand[5] == Int(UInt32.max))
    demand.add(.max, in: 6)
    #expect(demand[6] == Int(UInt32.max))
  }

  /// Jumps of the clock: what is counted in between, and what is there when the time is right again.
  @Test(arguments: [-400, -31, -1, 1, 30, 31, 62, 400])
  func aClockThatJumpsCostsTheDaysOfItsErrorAtMost(_ days: Int) {
    let now = DemandSample.today * 24 + 12
    var demand = DemandSample.demand((1...20).map { ($0, 9, 5) })
    let right = demand.total(until: now)
    let wrong = now + days * 24
    demand.add(7, in: wrong)
    #expect(demand[wrong] == 7)
    #expect(demand.total(until: wrong) >= 7)
    // At most the one day whose place was taken; what lies ahead does not count.
    let lost = right - demand.total(until: now) + (days <= 0 && days > -31 ? 7 : 0)
    #expect((0...5).contains(lost))
    demand.add(3, in: now)
    #expect(demand[now] == 3)
  }

  /// Whatever the clock says, nothing breaks and sums are those of a plain list.
  @Test(arguments: 0..<20) func anyClockIsBorne(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    var demand = ModelDemand()
    // The oracle: days by their place, as the last that was written there.
    var oracle: [Int: Int] = [:]
    var hour = DemandSample.today * 24
    for _ in 0..<200 {
      switch Int.random(in: 0..<40, using: &random) {
      case 0: hour += Int.random(in: -20_000...20_000, using: &random)
      case 1: hour = Int.random(in: -5_000...5_000, using: &random)
      case 2: hour = ModelDemand.hour(of: Int64.random(in: .min ... .max, using: &random))
      default: hour += Int.random(in: -2...3, using: &random)
      }
      let count = Int.random(in: 1...9, using: &random)
      let day = ModelDemand.split(hour).day
      for other in oracle.keys {
        let otherDay = ModelDemand.split(other).day
        if otherDay != day, (otherDay - day).isMultiple(of: 31) { oracle[other] = nil }
      }
      oracle[hour, default: 0] += count
      demand.add(UInt64(count), in: hour)
      let window = ModelDemand.window(until: hour)
      let expected = oracle.reduce(0) { window.contains($1.key) ? $0 + $1.value : $0 }
      #expect(demand.total(until: hour) == expected, "seed \(seed)")
      if let evidence = DemandEvidence(demand, until: hour) {
        #expect(evidence.requests == expected && (0..<31).contains(evidence.days))
        #expect(evidence.peakRatio >= 1 && evidence.peakRatio <= 24)
      }
      let forecast = DemandForecast(demand, for: hour + 1)
      #expect((0...1).contains(forecast.likelihood) && forecast.requests >= 0)
    }
    #expect(ModelDemand.hour(of: .min) < 0 && ModelDemand.hour(of: .max) > 0)
  }

  @Test func theLeastUsedModelGoes() {
    var history = DemandHistory()
    for number in 0..<DemandHistory.mostModels {
      #expect(history.add(UInt64(number + 2), of: "m\(number)", at: DemandSample.noon) == nil)
    }
    #expect(history.add(1, of: "new", at: DemandSample.noon) == "m0")
    #expect(history.models.count == DemandHistory.mostModels)
    // Use of long ago is none.
    let later = DemandSample.noon + 40 * 86_400
    _ = history.add(1, of: "m7", at: later)
    #expect(history.add(1, of: "newer", at: later) == "m1")
    #expect(history.models["m7"] != nil && history.models["new"] != nil)
  }

  @Test func profilesAreByHourAndWeekday() {
    let demand = DemandSample.demand([(31, 1, 9), (0, 8, 3), (7, 8, 2), (1, 23, 5)])
    let profile = DemandProfile(demand, until: DemandSample.today * 24 + 12)
    #expect(profile.hours[8] == 5 && profile.hours[23] == 5 && profile.hours[1] == 0)
    #expect(profile.week[2][8] == 5 && profile.week[1][23] == 5)
    #expect(profile.activeDays == 3)
  }

  // MARK: As text

  @Test func aHistoryIsKeptAsShortText() throws {
    let demand = DemandSample.demand([(2, 9, 14), (2, 10, 3), (1, 0, 6)])
    let text = try #require(DemandText.json(demand))
    #expect(String(decoding: text, as: UTF8.self) == #"{"first":20598,"hours":[-9,14,3,-13,6]}"#)
    #expect(DemandText.read(text) == demand)
    #expect(DemandText.json(ModelDemand()) == nil)
  }

  @Test(arguments: 0..<10) func everyHistoryComesBack(_ seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    var demand = ModelDemand()
    let now = DemandSample.today * 24 + Int.random(in: 0..<24, using: &random)
    for hour in ModelDemand.window(until: now) where Int.random(in: 0..<3, using: &random) == 0 {
      demand.add(UInt64.random(in: 0...99_999, using: &random), in: hour)
    }
    let text = try #require(DemandText.json(demand))
    #expect(text.count < 6_000)
    let read = try #require(DemandText.read(text))
    for hour in ModelDemand.window(until: now) { #expect(read[hour] == demand[hour]) }
  }

  @Test(arguments: [
    "", "{}", "[]", "null", #"{"first":1}"#, #"{"hours":[1]}"#, #"{"first":"x","hours":[1]}"#,
    #"{"first":1e99,"hours":[1]}"#, #"{"first":9223372036854775807,"hours":[1]}"#,
    #"{"first":1,"hours":["x"]}"#, #"{"first":1,"hours":[1.5]}"#, #"{"first":1,"hours":[-800]}"#,
    #"{"first":1,"hours":[-700,1,-100,1]}"#, #"{"first":1,"hours":{}}"#,
  ])
  func whatIsNoHistoryIsRefused(_ text: String) {
    #expect(DemandText.read(Array(text.utf8)) == nil)
  }

  @Test func farCountsAndDaysAreBorne() throws {
    let text = #"{"first":-99999999,"hours":[9223372036854775807]}"#
    let demand = try #require(DemandText.read(Array(text.utf8)))
    #expect(demand[-99_999_999 * 24] == Int(UInt32.max))
    #expect(demand.total(until: DemandSample.today * 24) == 0)
  }
}

import Seeded
import Testing

@testable import Fleet

/// An account that expectations can be put to, which values that cannot be copied refuse.
final class LearnedSpeed {
  private let account = SpeedAccount()

  func speed(at now: UInt64) -> Speed { account.speed(at: now) }
  func isLoading(at now: UInt64) -> Bool { account.isLoading(at: now) }
  func expect(within milliseconds: Double, at now: UInt64) -> UInt64 {
    account.expect(within: milliseconds, at: now)
  }
  func settle(_ ticket: UInt64) { account.settle(ticket) }
  func loadBegan(at now: UInt64) { account.loadBegan(at: now) }
  func loadEnded(at now: UInt64, isLoaded: Bool) {
    account.loadEnded(at: now, isLoaded: isLoaded)
  }
  func record(_ sample: SpeedAccount.FirstToken, at now: UInt64) { account.record(sample, at: now) }
  func record(_ answer: SpeedAccount.Answer, at now: UInt64) { account.record(answer, at: now) }
  func recordFailure(at now: UInt64) { account.recordFailure(at: now) }
}

/// A server whose times are known but for noise, and the account that learns them.
struct ImitatedSpeed {
  var base: Double
  var perToken: Double
  private let model = ModelAccount()
  private(set) var now: UInt64 = 1_000_000
  private var random: SeededRandom

  init(base: Double, perToken: Double, seed: UInt64) {
    (self.base, self.perToken) = (base, perToken)
    random = SeededRandom(state: seed)
  }

  var speed: Speed { model.speed.speed(at: now) }

  mutating func pass(milliseconds: UInt64) { now += milliseconds }

  mutating func number(in range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &random)
  }

  /// A request with so many tokens is answered: a fifth more or less than it should take, and the
  /// time for `before` others.
  mutating func serve(
    tokens: Double, cached: Double = 0, isFound: Bool = true, ahead: Int = 0, slots: Int = 4,
    told: Int? = nil, service: Double = 0
  ) {
    let computed = isFound ? tokens - cached : tokens
    let time = (base + perToken * computed) * number(in: 0.8...1.2)
    let wait = Double(max(0, ahead - slots + 1)) * service / Double(slots)
    now += 1_000
    model.speed.record(
      SpeedAccount.FirstToken(
        milliseconds: time + wait, promptTokens: tokens, cachedTokens: cached, ahead: ahead,
        slots: told ?? slots), at: now)
  }
}

struct SpeedAccountTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

  @Test func nothingMeasuredIsTheUsual() {
    #expect(LearnedSpeed().speed(at: 5) == Speed())
  }

  @Test(arguments: seeds) func aLineIsFound(seed: UInt64) {
    for (base, perToken) in [(50, 0.05), (400, 1.5), (2_000, 4), (30, 3)] as [(Double, Double)] {
      var server = ImitatedSpeed(base: base, perToken: perToken, seed: seed)
      for _ in 0..<60 {
        let tokens = server.number(in: 0...1) < 0.5 ? 20 : server.number(in: 500...8_000)
        server.serve(tokens: tokens)
      }
      let speed = server.speed
      #expect(abs(speed.base / base - 1) < 0.25, "seed \(seed): \(speed)")
      #expect(abs(speed.perPromptToken / perToken - 1) < 0.2, "seed \(seed): \(speed)")
    }
  }

  @Test(arguments: seeds) func promptsOfOneLengthStillMakeALine(seed: UInt64) {
    var server = ImitatedSpeed(base: 300, perToken: 1, seed: seed)
    for _ in 0..<30 { server.serve(tokens: 1_000) }
    let speed = server.speed
    #expect(speed.base >= 0 && speed.perPromptToken >= 0, "seed \(seed): \(speed)")
    #expect(abs(speed.prefill(tokens: 1_000) / 1_300 - 1) < 0.2, "seed \(seed): \(speed)")
    let longer = speed.prefill(tokens: 4_000)
    #expect(longer > 2_000 && longer < 6_500, "seed \(seed): \(longer)")
  }

  @Test func aLineNeverFalls() {
    let account = LearnedSpeed()
    for round in 0..<40 {
      let isLong = round % 2 == 0
      account.record(
        SpeedAccount.FirstToken(
          milliseconds: isLong ? 100 : 900, promptTokens: isLong ? 9_000 : 10), at: 5)
    }
    let speed = account.speed(at: 5)
    #expect(speed.perPromptToken >= 0 && speed.base >= 0)
    account.record(SpeedAccount.FirstToken(milliseconds: 0, promptTokens: 0), at: 5)
    account.record(SpeedAccount.FirstToken(milliseconds: 1, promptTokens: 1e9), at: 5)
    #expect(account.speed(at: 5).prefill(tokens: 500).isFinite)
  }

  /// A place that turns slow is known after three requests, and so is one that is fast again.
  @Test(arguments: seeds) func aChangeIsNoticedInAFewSamples(seed: UInt64) {
    var server = ImitatedSpeed(base: 200, perToken: 0.2, seed: seed)
    for _ in 0..<40 { server.serve(tokens: server.number(in: 100...3_000)) }
    let before = server.speed.prefill(tokens: 1_000)
    (server.base, server.perToken) = (2_000, 2)
    for _ in 0..<3 { server.serve(tokens: server.number(in: 100...3_000)) }
    let slow = server.speed.prefill(tokens: 1_000)
    #expect(slow > 4 * before, "seed \(seed): \(before), \(slow)")
    (server.base, server.perToken) = (200, 0.2)
    for _ in 0..<8 { server.serve(tokens: server.number(in: 100...3_000)) }
    let after = server.speed.prefill(tokens: 1_000)
    #expect(after < 2 * before, "seed \(seed): \(before), \(after)")
  }

  @Test func aSlowTimeIsForgottenWithinMinutesAndWhatAPlaceIsLikeInHours() {
    var server = ImitatedSpeed(base: 2_000, perToken: 0, seed: 1)
    for _ in 0..<40 { server.serve(tokens: 10) }
    server.base = 20_000
    for _ in 0..<2 { server.serve(tokens: 10) }
    #expect(server.speed.slowdown > 3)
    server.pass(milliseconds: 240_000)
    #expect(server.speed.slowdown < 1.1)
    #expect(server.speed.base > 1_500)
    server.pass(milliseconds: 12 * 3_600_000)
    #expect(abs(server.speed.base - Speed.usual.base) < 50)
  }

  @Test func aWaitIsNoPrefill() {
    var server = ImitatedSpeed(base: 200, perToken: 0.2, seed: 3)
    for _ in 0..<20 { server.serve(tokens: server.number(in: 100...3_000)) }
    let before = server.speed
    for _ in 0..<20 { server.serve(tokens: 1_000, ahead: 11, slots: 4, service: 3_000) }
    let after = server.speed
    let prompt = after.prefill(tokens: 1_000) / before.prefill(tokens: 1_000)
    #expect(abs(prompt - 1) < 0.05, "\(before), \(after)")
  }

  @Test func theTimeToLoadIsLearnedApart() {
    let account = LearnedSpeed()
    account.record(SpeedAccount.FirstToken(milliseconds: 200, promptTokens: 10), at: 1_000)
    let before = account.speed(at: 1_000)
    account.loadBegan(at: 1_000)
    account.loadBegan(at: 4_000)
    #expect(account.speed(at: 5_000).loadingFor == 4_000)
    #expect(account.isLoading(at: 5_000))
    let cold = SpeedAccount.FirstToken(milliseconds: 12_200, promptTokens: 10, isCold: true)
    account.record(cold, at: 13_200)
    // Of those who waited for the same load only the first counts.
    account.record(cold, at: 40_000)
    let after = account.speed(at: 13_200)
    #expect(after.loadingFor == nil && !account.isLoading(at: 13_200))
    #expect(after.load > 11_900 && after.load < 12_100, "\(after)")
    #expect(abs(after.base - before.base) < 10 && after.slowdown == before.slowdown)
    account.loadBegan(at: 50_000)
    #expect(!account.isLoading(at: 50_000 + 3_600_000), "nobody waits for ever")
  }

  @Test func aLoadWithoutRequestsTeachesTheTimeToo() {
    let account = LearnedSpeed()
    account.loadEnded(at: 500, isLoaded: true)
    #expect(account.speed(at: 500).load == 0, "none began")
    account.loadBegan(at: 1_000)
    account.loadEnded(at: 9_000, isLoaded: true)
    #expect(account.speed(at: 9_000).load == 8_000 && !account.isLoading(at: 9_000))
    account.loadBegan(at: 20_000)
    account.loadEnded(at: 20_100, isLoaded: false)
    #expect(account.speed(at: 21_000).load == 8_000 && !account.isLoading(at: 21_000))
    account.loadBegan(at: 30_000)
    account.loadEnded(at: 34_000, isLoaded: true)
    #expect(account.speed(at: 34_000).load == 6_000)
  }

  @Test func aLoadIsKnownToTheOthers() {
    let load = BackendLoad()
    let (one, two) = (load.account(of: "one"), load.account(of: "two"))
    load.loadBegan(one, at: 1_000, evicts: false)
    #expect(load.otherLoad(than: one, at: 3_000) == nil)
    #expect(
      load.otherLoad(than: two, at: 3_000) == OtherLoad(milliseconds: 2_000, evicts: false))
    // Requests that wait for it do not make the others leave.
    load.loadBegan(one, at: 4_000)
    #expect(
      load.otherLoad(than: two, at: 5_000) == OtherLoad(milliseconds: 4_000, evicts: false))
    load.loadBegan(two, at: 6_000)
    #expect(load.otherLoad(than: one, at: 7_000) == OtherLoad(milliseconds: 1_000))
    load.loadEnded(one, at: 8_000, isLoaded: true)
    #expect(load.otherLoad(than: one, at: 9_000) == OtherLoad(milliseconds: 3_000))
    load.loadEnded(two)
    #expect(load.otherLoad(than: one, at: 9_000) == nil)
    load.loadBegan(one, at: 10_000)
    #expect(load.otherLoad(than: two, at: 10_000)?.evicts == true)
  }

  @Test(arguments: [false, true]) func whetherCachesHoldIsSeenFromTheTime(isFound: Bool) {
    var server = ImitatedSpeed(base: 100, perToken: 1, seed: 9)
    for _ in 0..<30 { server.serve(tokens: server.number(in: 100...3_000)) }
    let before = server.speed
    for _ in 0..<10 { server.serve(tokens: 3_000, cached: 2_900, isFound: isFound) }
    let after = server.speed
    #expect(isFound ? after.cacheTrust > 0.95 : after.cacheTrust < 0.4, "\(after)")
    #expect(abs(after.prefill(tokens: 3_000) / before.prefill(tokens: 3_000) - 1) < 0.3)
  }

  @Test func whatTheServerSaysOfItsCacheCounts() {
    let account = LearnedSpeed()
    let first = SpeedAccount.FirstToken(
      milliseconds: 100, promptTokens: 1_000, cachedTokens: 800)
    for _ in 0..<20 {
      account.record(first, at: 5)
      account.record(SpeedAccount.Answer(milliseconds: 500, first: first, cached: 400), at: 5)
    }
    #expect(abs(account.speed(at: 5).cacheTrust - 0.5) < 0.1)
  }

  @Test func answersTellServiceAndPace() {
    let account = LearnedSpeed()
    for _ in 0..<30 {
      let first = SpeedAccount.FirstToken(milliseconds: 200, promptTokens: 0, slots: 4)
      account.record(first, at: 5)
      account.record(SpeedAccount.Answer(milliseconds: 2_200, first: first, tokens: 101), at: 5)
    }
    // Four answers of usual length count beside them.
    var speed = account.speed(at: 5)
    #expect(abs(speed.service - 2_200) < 300)
    #expect(abs(speed.tokensPerSecond - 50) < 1.5)
    // What a request waited for a slot, it did not occupy one.
    let late = SpeedAccount.FirstToken(milliseconds: 9_200, ahead: 9, slots: 4)
    account.record(SpeedAccount.Answer(milliseconds: 11_200, first: late, tokens: 101), at: 5)
    speed = account.speed(at: 5)
    #expect(abs(speed.service - 2_200) < 300, "\(speed)")
    #expect(abs(speed.tokensPerSecond - 50) < 1.5)
  }

  @Test func requestsThatAreOverdueAreSeen() {
    let account = LearnedSpeed()
    #expect(account.speed(at: 0).overdue == 0)
    let a = account.expect(within: 200, at: 10_000)
    #expect(account.speed(at: 10_200).overdue == 0)
    #expect(abs(account.speed(at: 13_200).overdue - 2_950) <= 16)
    let b = account.expect(within: 200, at: 13_200)
    #expect(abs(account.speed(at: 13_200).overdue - 1_350) <= 16, "on average")
    account.settle(a)
    #expect(account.speed(at: 13_300).overdue == 0)
    account.settle(b)
    #expect(account.speed(at: 99_000).overdue == 0)
  }

  /// What a server does not tell is seen from who has to wait.
  @Test(arguments: [1, 2, 4] as [Int], seeds) func slotsAreFound(slots: Int, seed: UInt64) {
    var server = ImitatedSpeed(base: 100, perToken: 0.2, seed: seed)
    for _ in 0..<10 { server.serve(tokens: 500, slots: slots, told: 0) }
    for _ in 0..<60 {
      let ahead = Int(server.number(in: 0...8.99))
      server.serve(tokens: 500, ahead: ahead, slots: slots, told: 0, service: 4_000)
    }
    // Where one of those before ends at once, the wait for it is none.
    #expect(abs(server.speed.slots - slots) <= 1, "seed \(seed): \(server.speed)")
  }

  @Test func aServerThatNobodyWaitsForHasAtLeastSoManySlots() {
    var server = ImitatedSpeed(base: 100, perToken: 0.2, seed: 1)
    for ahead in 0..<10 { server.serve(tokens: 500, ahead: ahead, slots: 64, told: 0) }
    #expect(server.speed.slots == 0 && server.speed.slotsAtLeast == 10)
  }

  /// Where requests queue no first token tells that a place has turned slow, but answers do.
  @Test func answersThatCrawlAreNoticed() {
    let account = LearnedSpeed()
    func answer(_ milliseconds: Double) {
      let first = SpeedAccount.FirstToken(milliseconds: 9_000, ahead: 9, slots: 4)
      account.record(
        SpeedAccount.Answer(milliseconds: 9_000 + milliseconds, first: first, tokens: 101), at: 5)
    }
    for _ in 0..<10 { answer(1_000) }
    #expect(account.speed(at: 5).slowdown == 1)
    for _ in 0..<3 { answer(10_000) }
    #expect(account.speed(at: 5).slowdown > 3)
  }

  @Test func whatFailsFastDoesNotLookFast() {
    let account = LearnedSpeed()
    account.record(SpeedAccount.FirstToken(milliseconds: 200), at: 5)
    for _ in 0..<3 { account.recordFailure(at: 5) }
    #expect(account.speed(at: 5).prefill(tokens: 0) > 400)
  }
}

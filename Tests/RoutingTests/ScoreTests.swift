import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Each term of a score by itself.
struct ScoreTests {
  typealias F = FleetFixture

  private func score(
    _ model: Model = F.model("m"), limit: Int? = nil, foreign: Int = 0, priority: Int = 0,
    inFlight: Int = 0, cachedBytes: UInt64 = 0, ttftPenalty: UInt64 = 0,
    weights: Settings.Weights = .init(),
    facts: RequestFacts = RequestFacts(model: "m", operation: .chat),
    _ adjust: (inout LoadReading) -> Void = { _ in }
  ) -> Score {
    let member = F.member("a", models: [model], foreign: foreign) {
      $0.priority = priority
      $0.maxConcurrent = limit
    }
    let fleet = FleetSnapshot(members: [member])
    var reading = LoadReading(inFlight: inFlight)
    adjust(&reading)
    return Score(
      fleet.candidates(for: "m")[0], fleet.standings[0], reading, facts, cachedBytes: cachedBytes,
      ScoreWeights(weights), ttftPenalty: ttftPenalty)
  }

  private func facts(_ adjust: (inout RequestFacts) -> Void) -> RequestFacts {
    var facts = RequestFacts(model: "m", operation: .chat)
    adjust(&facts)
    return facts
  }

  @Test(
    arguments: [
      // slots told, limit, in flight, of others, slots found, in use at once → wait
      (4, nil, 3, 0, 0, 0, 0), (4, nil, 4, 0, 0, 0, 500), (4, nil, 3, 1, 0, 0, 500),
      (4, nil, 7, 0, 0, 0, 2_000), (4, nil, 7, 0, 1, 0, 2_000), (0, 2, 1, 0, 0, 0, 0),
      (0, 2, 2, 0, 0, 0, 1_000), (8, 2, 2, 0, 0, 0, 1_000), (2, 8, 2, 0, 0, 0, 1_000),
      // Nobody says how many it serves at once.
      (0, nil, 0, 0, 0, 0, 0), (0, nil, 3, 0, 2, 0, 2_000), (0, nil, 3, 0, 0, 8, 0),
      (0, nil, 9, 0, 0, 8, 1_000), (0, nil, 3, 0, 0, 0, 1_500),
    ] as [(Int, Int?, Int, Int, Int, Int, Double)])
  func theWaitForASlot(
    slots: Int, limit: Int?, inFlight: Int, foreign: Int, found: Int, used: Int, expected: Double
  ) {
    let score = score(
      F.model("m", slots: slots), limit: limit, foreign: foreign, inFlight: inFlight
    ) {
      ($0.speed.slots, $0.speed.slotsAtLeast, $0.speed.weight) = (found, used, 1.0)
    }
    #expect(score.wait == expected)
  }

  @Test func aPlaceThatWasNeverMeasuredGetsOneRequestAtATime() {
    #expect(score(inFlight: 2).wait == 4_000)
    #expect(score(F.model("m", slots: 4), inFlight: 2).wait == 0)
  }

  @Test func theTimeToLoad() {
    typealias Case = (String, Residency, Bool, (inout LoadReading) -> Void, Double)
    let cases: [Case] = [
      ("in memory", .loaded, false, { _ in }, 0),
      ("nobody knows", .unknown, false, { _ in }, 0),
      ("of unknown size", .unloaded, false, { _ in }, 15_000),
      ("learned", .unloaded, false, { $0.speed.load = 7_000 }, 7_000),
      ("on its way", .loading, false, { $0.speed.load = 7_000 }, 3_500),
      (
        "on its way for some time", .unloaded, false,
        { ($0.speed.load, $0.speed.loadingFor) = (7_000, 5_000) }, 2_000
      ),
      (
        "takes longer than usual", .unloaded, false,
        { ($0.speed.load, $0.speed.loadingFor) = (7_000, 9_000) }, 700
      ),
      ("sent there, and answered", .unloaded, false, { $0.isModelUsed = true }, 0),
      ("could not be loaded", .failed, false, { $0.speed.load = 7_000 }, 21_000),
      ("computed elsewhere", .unloaded, true, { _ in }, 0),
      (
        "where others are being answered", .unloaded, false,
        { ($0.inFlight, $0.modelInFlight) = (1, 0) }, 17_000
      ),
      (
        "on its way where others are being answered", .unloaded, false,
        {
          ($0.inFlight, $0.modelInFlight, $0.speed.load) = (1, 0, 7_000)
          $0.speed.loadingFor = 5_000
        }, 4_000
      ),
      (
        "being pushed out by another", .loaded, false,
        { ($0.speed.load, $0.otherLoad) = (7_000, OtherLoad(milliseconds: 5_000)) }, 9_000
      ),
      (
        "beside another on its way", .loaded, false,
        {
          $0.speed.load = 7_000
          $0.otherLoad = OtherLoad(milliseconds: 5_000, evicts: false)
        }, 500
      ),
      (
        "after another on its way", .unloaded, false,
        {
          $0.speed.load = 7_000
          $0.otherLoad = OtherLoad(milliseconds: 5_000, evicts: false)
        }, 9_000
      ),
      (
        "pushed out long ago, as nobody says", .loaded, false,
        { ($0.speed.load, $0.otherLoad) = (7_000, OtherLoad(milliseconds: 90_000)) }, 0
      ),
      (
        "where it is asked for already", .unloaded, false,
        { ($0.inFlight, $0.modelInFlight) = (1, 1) }, 15_000
      ),
    ]
    for (name, residency, isRemote, adjust, expected) in cases {
      let model = F.model("m", residency: residency, isRemote: isRemote)
      #expect(score(model, adjust).load == expected, "\(name)")
    }
    var report = ModelReport(id: "m")
    report.residency = .unloaded
    report.diskBytes = 40_000_000_000
    #expect(score(Model(report)).load == 40_000)
    report.memoryBytes = 1_000_000_000
    #expect(score(Model(report)).load == 3_000)
  }

  @Test func theTimeToComputeThePrompt() {
    let prompt = facts { $0.prompt = PromptSize(bytes: 40_000) }
    #expect(score().prefill == 100)
    #expect(score(facts: prompt).prefill == 2_100)
    #expect(score(cachedBytes: 20_000, facts: prompt).prefill == 1_100)
    #expect(score(cachedBytes: 90_000, facts: prompt).prefill == 100)
    #expect(
      score(cachedBytes: 20_000, facts: prompt) { $0.speed.cacheTrust = 0.5 }.prefill == 1_600)
    #expect(score(facts: prompt) { $0.bytesPerToken = 2 }.prefill == 4_100)
    #expect(score(facts: prompt) { $0.speed.slowdown = 3 }.prefill == 6_300)
    // Others beside it take their share.
    #expect(abs(score(F.model("m", slots: 4), inFlight: 2).prefill - 115) < 0.001)
  }

  @Test func aWholeAnswerIsWaitedFor() {
    #expect(score().generation == 0)
    #expect(score(facts: facts { $0.isWhole = true }).generation == 2_000)
    #expect(
      score(facts: facts { $0.isWhole = true }, { $0.speed.tokensPerSecond = 20 }).generation
        == 10_000)
  }

  @Test func preferencesCountAsMilliseconds() {
    #expect(score(priority: 7).priority == 700)
    #expect(score(priority: -7).priority == 0)
    #expect(score(priority: 1_000).priority == 10_000)
    #expect(score { $0.speed.overdue = 300 }.lateness == 300)
    #expect(score(facts: facts { $0.needs = .vision }).fitness == 1_000)
    #expect(
      score(F.model("m", has: .vision, known: .vision), facts: facts { $0.needs = .vision }).fitness
        == 0)
  }

  @Test func streamsThatBeginTooLateCostALittle() {
    func promptness(_ milliseconds: UInt64) -> Double {
      score(ttftPenalty: 1_000) { $0.quality.firstToken = milliseconds }.promptness
    }
    #expect(promptness(1_000) == 0)
    #expect(promptness(1_500) == 150)
    #expect(promptness(9_000) == 300)
  }

  @Test func totalsLieBetweenNothingAndAHundred() {
    #expect(score { $0.speed.base = 0 }.total == 100)
    #expect(score(priority: 10) { $0.speed.base = 0 }.total == 50)
    #expect(score(priority: 100, inFlight: 1_000_000).total < 0.1)
  }

  /// Equal and small differences are none, and no order is turned round.
  @Test func differencesThatAreNoiseAreNone() {
    func milliseconds(_ base: Double) -> Double {
      score { $0.speed.base = base }.milliseconds
    }
    #expect(milliseconds(1_000) == milliseconds(1_020))
    #expect(milliseconds(1_000) < milliseconds(1_070))
    #expect(milliseconds(0) == milliseconds(3))
    var last = -1.0
    for base in stride(from: 0.0, to: 20_000, by: 7) {
      let new = milliseconds(base)
      #expect(new >= last && new <= base && new >= base * 0.93 - 4)
      last = new
    }
  }

  @Test func onlyTheProportionsOfWeightsCount() {
    var weights = Settings.Weights()
    let usual = ScoreWeights(weights)
    #expect(usual.priority == 1 && usual.load == 1 && usual.latency == 1)
    weights.priority *= 3
    weights.load *= 3
    weights.latency *= 3
    #expect(abs(ScoreWeights(weights).latency - 1) < 1e-9)
    (weights.priority, weights.load, weights.latency) = (0, 0, 0)
    let equal = ScoreWeights(weights)
    (weights.priority, weights.load, weights.latency) = (1, 1, 1)
    let same = ScoreWeights(weights)
    #expect(
      equal.priority == same.priority && equal.load == same.load && equal.latency == same.latency)
  }
}

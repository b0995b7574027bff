import Config
import Drivers
import Fleet
import Text

/// A candidate that may serve, with what decides its place among the others.
struct Ranked {
  let candidate: Candidate
  let reading: LoadReading
  /// Of those that are left alone the one that is so for the shortest time comes first.
  private let opens: UInt64
  /// One on trial comes before all others, one that fails too often behind them.
  private let quality: Int
  /// Where the prompt may be too long it comes behind where it fits.
  private let tightness: Int
  /// Where it is about to leave the memory it comes behind where it stays.
  private let leaving: Int
  /// While the budget is nearly spent, what costs something comes behind what does not.
  private let costs: Int
  /// Lower comes first; by strategy.
  private let first: Int
  private let second: Int
  private let third: Int
  private let fourth: UInt64
  private let nameRank: Int
  /// When its answer is expected to begin, in milliseconds; 0 where the strategy does not ask.
  let expected: Double

  /// Equals take turns: of those the one with the fewest requests comes first, then the one with the
  /// better priority, then the one that was used longest ago.
  init(
    _ candidate: Candidate, _ standing: Standing, _ reading: LoadReading, nameRank: Int,
    _ facts: RequestFacts, cachedBytes: UInt64, _ policy: RoutingPolicy, draw: UInt64,
    isTight: Bool = false
  ) {
    self.candidate = candidate
    self.reading = reading
    self.nameRank = nameRank
    switch reading.quality.verdict {
    case .onTrial: quality = 0
    case .good: quality = 1
    case .poor: quality = 2
    }
    tightness = isTight ? 1 : 0
    leaving = reading.isLeaving ? 1 : 0
    if case .open(let opening) = reading.circuit { opens = opening.left } else { opens = 0 }
    costs = facts.spending.prefersFree && candidate.price != nil ? 1 : 0
    switch policy.strategy {
    case .smart:
      let score = Score(
        candidate, standing, reading, facts, cachedBytes: cachedBytes, policy.weights,
        ttftPenalty: policy.ttftPenalty)
      first = Int(min(score.milliseconds, 1e15))
      expected = score.expected
      second = reading.inFlight + standing.foreign
      third = standing.priority
      fourth = reading.lastUsed
    case .roundRobin:
      (first, second, third, expected) = (0, 0, 0, 0)
      fourth = reading.lastUsed
    case .priorityOnly:
      (first, second, third, expected) = (standing.priority, 0, 0, 0)
      fourth = reading.lastUsed
    case .random:
      (first, second, third, expected) = (0, 0, 0, 0)
      fourth = Self.shuffled(draw, nameRank)
    }
  }

  /// Whether it is only for what nothing else can serve.
  var isPoor: Bool { quality == 2 }

  /// Whether nothing speaks against it: it neither fails too often nor is on trial.
  var isGood: Bool { quality == 1 }

  /// Whether it is tried before the other.
  func precedes(_ other: Ranked) -> Bool {
    if opens != other.opens { return opens < other.opens }
    return comesBefore(other)
  }

  /// The same if no circuit were open.
  func comesBefore(_ other: Ranked) -> Bool {
    if quality != other.quality { return quality < other.quality }
    if tightness != other.tightness { return tightness < other.tightness }
    if leaving != other.leaving { return leaving < other.leaving }
    if costs != other.costs { return costs < other.costs }
    if first != other.first { return first < other.first }
    if second != other.second { return second < other.second }
    if third != other.third { return third < other.third }
    if fourth != other.fourth { return fourth < other.fourth }
    return nameRank < other.nameRank
  }

  /// A number that depends on both evenly.
  private static func shuffled(_ draw: UInt64, _ rank: Int) -> UInt64 {
    SplitMix.mixed(draw &+ (UInt64(bitPattern: Int64(rank)) &+ 1) &* SplitMix.step)
  }
}

/// The best candidates of a step, found in one pass.
struct Ranking {
  /// In the order in which they are tried.
  private(set) var ranked: [Ranked] = []
  /// The best of those that are at their limit.
  private(set) var bestFull: Ranked?
  /// The best of those whose circuit is open.
  private var bestShut: Ranked?
  /// Whether one that could serve was dropped for its zone alone.
  var privacyDecided = false
  private let limit: Int

  /// Keeps at most `limit` of `count` candidates.
  init(limit: Int, of count: Int) {
    self.limit = limit
    ranked.reserveCapacity(min(limit, count))
  }

  /// Whether a better place than the first was passed over because it is full.
  var isOverflow: Bool {
    guard let bestFull, let first = ranked.first else { return false }
    return bestFull.precedes(first)
  }

  /// Whether a better place than the first was passed over because it has failed.
  var isFailover: Bool {
    guard let bestShut, let first = ranked.first else { return false }
    return bestShut.comesBefore(first)
  }

  mutating func noteShut(_ shut: Ranked) {
    if let bestShut, !shut.comesBefore(bestShut) { return }
    bestShut = shut
  }

  mutating func noteFull(_ full: Ranked) {
    if let bestFull, !full.precedes(bestFull) { return }
    bestFull = full
  }

  mutating func insert(_ new: Ranked) {
    if ranked.count == limit {
      guard let last = ranked.last, new.precedes(last) else { return }
      ranked.removeLast()
    }
    var place = ranked.count
    while place > 0, new.precedes(ranked[place - 1]) { place -= 1 }
    ranked.insert(new, at: place)
  }
}

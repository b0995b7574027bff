import Config
import Drivers
import Fleet

/// What counts how much in a score. By default each is 1.
struct ScoreWeights: Sendable {
  let priority: Double
  let load: Double
  let latency: Double

  /// Only the proportions of the settings matter; weights that are all nothing weigh the same.
  init(_ weights: Settings.Weights) {
    let given = Self.shares(weights)
    let usual = Self.shares(Settings.Weights())
    priority = given.priority / usual.priority
    load = given.load / usual.load
    latency = given.latency / usual.latency
  }

  private typealias Shares = (priority: Double, load: Double, latency: Double)

  private static func shares(_ weights: Settings.Weights) -> Shares {
    let priority = Double(max(0, weights.priority))
    let load = Double(max(0, weights.load))
    let latency = Double(max(0, weights.latency))
    let sum = priority + load + latency
    guard sum > 0 else { return (1.0 / 3, 1.0 / 3, 1.0 / 3) }
    return (priority / sum, load / sum, latency / sum)
  }
}

/// What a request would cost its client at a candidate under the strategy `smart`, from what is known
/// at the moment: milliseconds until the first token, and what else counts, put in milliseconds.
public struct Score: Equatable, Sendable {
  /// Until one of its slots is free.
  public let wait: Double
  /// Until the model is in memory.
  public let load: Double
  /// Until the prompt is computed, but for what is in a cache there.
  public let prefill: Double
  /// Until the answer is complete, if the client waits for that.
  public let generation: Double
  /// What the lateness of requests that wait there gives to fear.
  public let lateness: Double
  /// What the backend's priority counts; for priority 0 nothing.
  public let priority: Double
  /// What its price counts.
  public let cost: Double
  /// What it counts that nobody knows whether the model can do all that the request needs.
  public let fitness: Double
  /// What it counts that its streams begin later than they should.
  public let promptness: Double
  /// All terms together: lower is better.
  public let milliseconds: Double

  /// The same from 0 to 100: more is better. 50 for a second.
  public var total: Double { 100_000 / (1_000 + milliseconds) }

  /// What the total is made of, by name, for explanations: milliseconds, in the order in which people
  /// read it.
  public var terms: [(name: String, value: Double)] {
    [
      ("milliseconds", milliseconds), ("wait", wait), ("load", load), ("prefill", prefill),
      ("generation", generation), ("lateness", lateness), ("priority", priority), ("cost", cost),
      ("fitness", fitness), ("promptness", promptness),
    ]
  }

  /// When the answer is expected to begin; a whole one, when it should be there though it is long.
  var expected: Double { wait + load + prefill + 4 * generation }

  /// A point of priority.
  private static let point = 100.0
  /// A cent of the worst case, and the most that a price counts: whoever wants to pay all the same
  /// says so by twenty points of priority.
  private static let cent = 1_000.0
  private static let dearest = 2_000.0
  private static let unknownAbility = 1_000.0
  private static let late = 300.0
  /// A model of unknown size.
  private static let usualLoad = 15_000.0
  private static let shortestLoad = 3_000.0
  /// What it counts that another model comes into memory beside it.
  private static let disturbance = 500.0
  /// How much slower the last free slot is than the first.
  private static let crowding = 0.3
  /// What a request beside others adds where slots are unknown, as a share of its service.
  private static let usualShare = 0.25
  /// An answer of usual length, in tokens, and how fast it is where that is unknown.
  private static let answer = 200.0
  private static let usualTokensPerSecond = 100.0

  init(
    _ candidate: Candidate, _ standing: Standing, _ reading: LoadReading, _ facts: RequestFacts,
    cachedBytes: UInt64 = 0, _ weights: ScoreWeights, ttftPenalty: UInt64 = 0
  ) {
    let speed = reading.speed
    let running = reading.inFlight + standing.foreign
    let told = Self.slots(candidate, standing)
    let slots = told > 0 ? told : speed.slots
    wait = Self.wait(behind: running, slots, speed)
    load = Self.load(candidate, reading)
    let crowd =
      slots > 0 ? 1 + Self.crowding * min(1, Double(running) / Double(slots)) : 1
    let tokens = Double(facts.prompt.tokens(bytesPerToken: reading.bytesPerToken))
    let cached = Double(cachedBytes) / reading.bytesPerToken * speed.cacheTrust
    prefill = speed.prefill(tokens: max(0, tokens - cached)) * crowd
    generation = facts.isWhole ? Self.generation(speed) : 0
    lateness = speed.overdue
    priority = Self.point * Double(min(max(standing.priority, 0), 100)) * weights.priority
    cost = candidate.price.map { Self.cost(facts.spending.worstCase($0)) } ?? 0
    fitness = candidate.has.isSuperset(of: facts.needs) ? 0 : Self.unknownAbility
    promptness = Self.promptness(reading.quality.firstToken, beyond: ttftPenalty)
    let time =
      weights.load * wait + weights.latency * (load + prefill + generation + lateness)
    milliseconds = Self.graded(time) + priority + cost + fitness + promptness
  }

  /// Differences below a twentieth, or of a few milliseconds, are noise: they become none. Steps of
  /// 4 ms from 64 ms below, and then of a 16th to a 32nd, keep the order of all others.
  private static func graded(_ time: Double) -> Double {
    let shifted = max(0, time) + 64
    return Double(bitPattern: shifted.bitPattern & ~(1 << 48 - 1)) - 64
  }

  /// Requests that it serves at once; 0 unknown.
  static func slots(_ candidate: Candidate, _ standing: Standing) -> Int {
    let told = candidate.slots > 0 ? candidate.slots : standing.slots
    guard standing.limit < .max else { return told }
    return told > 0 ? min(told, max(1, standing.limit)) : max(1, standing.limit)
  }

  /// Where slots are unknown those that were never seen in use may be there or not.
  private static func wait(behind running: Int, _ slots: Int, _ speed: Speed) -> Double {
    let free = max(1, slots > 0 ? slots : speed.slotsAtLeast)
    guard running >= free else { return 0 }
    let share = slots > 0 ? 1 / Double(slots) : speed.weight > 0 ? usualShare : 1
    return Double(running - free + 1) * speed.service * share * speed.slowdown
  }

  private static func cost(_ microDollars: Int64) -> Double {
    min(Double(microDollars) / 10_000 * cent, dearest)
  }

  private static func generation(_ speed: Speed) -> Double {
    let pace = speed.tokensPerSecond > 0 ? speed.tokensPerSecond : usualTokensPerSecond
    return answer * 1_000 / pace * speed.slowdown
  }

  /// Nothing up to the threshold, all of it from twice the threshold on.
  private static func promptness(_ firstToken: UInt64, beyond threshold: UInt64) -> Double {
    guard threshold > 0, firstToken > threshold else { return 0 }
    return min(1, Double(firstToken - threshold) / Double(threshold)) * late
  }

  /// A model that is not in memory costs ten seconds and more, which no idle backend makes up for.
  /// Where others are being answered, it waits for them or throws them out.
  private static func load(_ candidate: Candidate, _ reading: LoadReading) -> Double {
    let residency = candidate.residency
    guard !candidate.isRemote else { return 0 }
    let isThere = residency == .loaded || residency == .unknown
    if isThere, reading.otherLoad?.evicts != true {
      return reading.otherLoad == nil ? 0 : disturbance
    }
    let speed = reading.speed
    let whole =
      speed.load > 0
      ? speed.load
      : candidate.megabytes > 0 ? max(shortestLoad, Double(candidate.megabytes)) : usualLoad
    // Where another one is on its way into memory, this one has to go, and to come back; or to wait.
    var others = 0.0
    if let elapsed = reading.otherLoad?.milliseconds, elapsed < whole * 4 {
      others = max(0, whole - elapsed) + whole
    }
    switch residency {
    case .loaded, .unknown: return others
    case .failed: return whole * 3
    case .loading where speed.loadingFor == nil: return whole / 2
    case .loading, .unloaded: break
    }
    if let elapsed = speed.loadingFor {
      let isContended = reading.inFlight > reading.modelInFlight
      return max(whole / 10, whole - elapsed) + (isContended ? speed.service : 0)
    }
    // It was sent there, and nobody waits for it any more.
    if reading.isModelUsed { return others }
    if others > 0 { return others }
    return reading.inFlight > reading.modelInFlight ? whole + speed.service : whole
  }
}

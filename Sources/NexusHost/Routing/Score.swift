import Config
import Drivers
import Fleet

/// What counts how much in a score; the three add up to 1.
struct ScoreWeights: Sendable {
  let priority: Double
  let load: Double
  let latency: Double

  init(_ weights: Settings.Weights) {
    let sum = Double(max(0, weights.priority) + max(0, weights.load) + max(0, weights.latency))
    // Weights that are all nothing weigh the same.
    priority = sum > 0 ? Double(max(0, weights.priority)) / sum : 1.0 / 3
    load = sum > 0 ? Double(max(0, weights.load)) / sum : 1.0 / 3
    latency = sum > 0 ? Double(max(0, weights.latency)) / sum : 1.0 / 3
  }
}

/// How well a candidate suits a request under the strategy `smart`, from what is known at the
/// moment: 0 to 100, more is better.
public struct Score: Equatable, Sendable {
  /// 100 for priority 0 down to 0 for 100.
  public let priority: Double
  /// 100 when idle, 50 with as many requests as there are slots.
  public let load: Double
  /// 100 for an answer at once or one that was never measured, 50 for one second.
  public let latency: Double
  /// What a wait for the model to come into memory leaves of the score, 0 to 1.
  public let residency: Double
  /// What is left if it is not known whether the model can do all that the request needs, 0 to 1.
  public let fitness: Double
  /// What is left if its streams begin later than they should, 0 to 1.
  public let promptness: Double
  /// All terms together.
  public let total: Double

  /// What the total is made of, by name, for explanations: in the order in which people read it.
  public var terms: [(name: String, value: Double)] {
    [
      ("priority", priority), ("load", load), ("latency", latency), ("residency", residency),
      ("fitness", fitness), ("promptness", promptness),
    ]
  }

  /// Slots of a server that does not tell.
  private static let usualSlots = 4.0
  private static let usualLatency = 1_000_000.0

  init(
    _ candidate: Candidate, _ standing: Standing, _ reading: LoadReading, needs: Abilities,
    _ weights: ScoreWeights, ttftPenalty: UInt64 = 0
  ) {
    priority = Double(100 - min(max(standing.priority, 0), 100))
    let slots = Self.slots(candidate, standing)
    load = 100 * slots / (slots + Double(reading.inFlight + standing.foreign))
    latency = 100 * Self.usualLatency / (Self.usualLatency + Double(reading.latencyMicroseconds))
    residency = Self.residency(candidate, isUsed: reading.isModelUsed)
    fitness = candidate.has.isSuperset(of: needs) ? 1 : 0.8
    promptness = Self.promptness(reading.quality.firstToken, beyond: ttftPenalty)
    let sum = priority * weights.priority + load * weights.load + latency * weights.latency
    total = sum * residency * fitness * promptness
  }

  private static func slots(_ candidate: Candidate, _ standing: Standing) -> Double {
    if standing.limit < .max { return Double(max(1, standing.limit)) }
    let told = candidate.slots > 0 ? candidate.slots : standing.slots
    return told > 0 ? Double(told) : usualSlots
  }

  /// 1 up to the threshold, then less, and nothing from twice the threshold on.
  private static func promptness(_ firstToken: UInt64, beyond threshold: UInt64) -> Double {
    guard threshold > 0, firstToken > threshold else { return 1 }
    return 1 - min(1, Double(firstToken - threshold) / Double(threshold))
  }

  /// A model that is not in memory costs ten seconds and more, which no idle backend makes up for.
  private static func residency(_ candidate: Candidate, isUsed: Bool) -> Double {
    guard !candidate.isRemote else { return 1 }
    return switch candidate.residency {
    case .loaded, .unknown: 1
    case .loading: 0.9
    case .unloaded: isUsed ? 0.9 : 0.6
    case .failed: 0.3
    }
  }
}

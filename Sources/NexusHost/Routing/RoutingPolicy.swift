import Config
import Fleet
import Text

/// The rules by which requests are routed, made ready once from what was configured. Immutable: a
/// reload makes the next one, and requests under way keep theirs.
public final class RoutingPolicy: Sendable {
  let strategy: Settings.Strategy
  let weights: ScoreWeights
  /// Time to the first token in milliseconds from which a backend loses score; 0 never.
  let ttftPenalty: UInt64
  /// Whether it matters where a conversation was before.
  public let usesAffinity: Bool
  /// Most backends that one request is sent to.
  public let maxAttempts: Int
  /// Whether a name means itself and nothing is demanded of whatever serves it.
  let isPlain: Bool
  /// Names and patterns of names → the models that they mean.
  public let aliasTargets: [String: String]
  private let aliases: AliasTable
  private let fallbacks: [String: [String]]
  private let policies: [ModelPolicy]

  /// Patterns must have been validated. Should one be broken all the same, its policy holds for
  /// every model, so that no prompt leaves its zone by a slip of the pen.
  public init(
    _ settings: Settings.Routing = .init(), quality: Settings.Quality = .init()
  ) {
    ttftPenalty = UInt64(max(0, quality.ttftPenaltyThreshold))
    strategy = settings.strategy
    usesAffinity = settings.affinity && settings.strategy == .smart
    weights = ScoreWeights(settings.weights)
    maxAttempts = 1 + max(0, settings.maxRetries)
    aliasTargets = settings.aliases
    aliases = AliasTable(settings.aliases)
    fallbacks = settings.fallbacks
    policies = settings.policies.map(ModelPolicy.init)
    isPlain = aliases.isEmpty && fallbacks.isEmpty && policies.isEmpty
  }

  /// What is demanded of a candidate that answers to one name and is called `id` by its backend.
  func demands(_ demands: Demands, alsoBy id: String) -> Demands {
    var all = demands
    if let policy = policy(for: id) { all.tighten(policy.settings) }
    return all
  }

  /// The first policy whose pattern matches decides.
  private func policy(for name: String) -> ModelPolicy? {
    policies.first { $0.pattern.matches(name) }
  }
}

// MARK: - What a request is tried with

/// A model that a request is tried with: the one that it asks for, or one that stands in for it.
struct RouteStep {
  /// The name that backends list.
  let model: String
  /// 0 for the model asked for, else the place in the chain of fallbacks, from 1.
  let fallback: Int
  let demands: Demands
  /// What led from the name asked for to `model`.
  let hops: [String]
}

extension RoutingPolicy {
  /// The name by which the fleet is asked for a model.
  public func model(askedFor name: String, in fleet: FleetSnapshot) -> String {
    guard !isPlain, !aliases.isEmpty else { return name }
    return aliases.hops(from: name, isListed: fleet.knows).last ?? name
  }

  /// The model that a request asks for, with what all its names demand together.
  func firstStep(_ facts: RequestFacts, _ fleet: FleetSnapshot) -> RouteStep {
    step(named: facts.model, fallback: 0, demands: .none, fleet)
  }

  /// The models that may stand in for the first, in order. What was demanded of the first is
  /// demanded of each: a chain must not lead out of a zone.
  func fallbackSteps(
    after first: RouteStep, _ facts: RequestFacts, _ fleet: FleetSnapshot
  ) -> [RouteStep] {
    guard !fallbacks.isEmpty, facts.mode != .strict, first.demands.allowsFallback,
      let chain = fallbacks[first.model] ?? fallbacks[facts.model]
    else { return [] }
    var steps: [RouteStep] = []
    for name in chain {
      let next = step(named: name, fallback: steps.count + 1, demands: first.demands, fleet)
      guard next.model != first.model, !steps.contains(where: { $0.model == next.model }) else {
        continue
      }
      steps.append(next)
    }
    return steps
  }

  /// The patterns of the policies that hold for the names of a step, those of `first` included.
  func patterns(for step: RouteStep, after first: RouteStep, asked: String) -> [String] {
    var names = [asked] + first.hops
    if step.fallback > 0 { names += step.hops + [step.model] }
    let matched = Set(names.compactMap { policy(for: $0)?.pattern.text })
    return policies.map(\.pattern.text).filter(matched.contains)
  }

  private func step(
    named name: String, fallback: Int, demands: Demands, _ fleet: FleetSnapshot
  ) -> RouteStep {
    guard !isPlain else {
      return RouteStep(model: name, fallback: fallback, demands: demands, hops: [])
    }
    let hops = aliases.isEmpty ? [] : aliases.hops(from: name, isListed: fleet.knows)
    var all = demands
    if !policies.isEmpty {
      if let policy = policy(for: name) { all.tighten(policy.settings) }
      for hop in hops {
        if let policy = policy(for: hop) { all.tighten(policy.settings) }
      }
    }
    return RouteStep(model: hops.last ?? name, fallback: fallback, demands: all, hops: hops)
  }
}

import Config
import Text

/// A rule for the models of a pattern, ready for use.
struct ModelPolicy: Sendable {
  let pattern: NamePattern
  let settings: Settings.Policy

  init(_ settings: Settings.Policy) {
    pattern = NamePattern(settings.modelPattern, ifBroken: .everything)
    self.settings = settings
  }
}

/// What policies demand of whatever serves a request. Demands only ever grow.
struct Demands: Equatable, Sendable {
  /// The least trusted zone that prompts may reach.
  var zone = Settings.Zone.open
  /// The lowest tier that may serve; 0 for any.
  var minTier = 0
  /// Most that it may cost in micro-dollars, or nil.
  var maxCost: Int64?
  /// Whether other models may serve instead.
  var allowsFallback = true

  static let none = Demands()

  /// Adds what a policy demands.
  mutating func tighten(_ policy: Settings.Policy) {
    zone = max(zone, policy.privacy ?? .open)
    minTier = max(minTier, policy.minTier ?? 0)
    if let dollars = policy.maxCostPerRequest {
      maxCost = min(maxCost ?? .max, Int64(min(max(0, dollars), 1e9) * 1_000_000))
    }
    allowsFallback = allowsFallback && policy.fallbackAllowed
  }
}

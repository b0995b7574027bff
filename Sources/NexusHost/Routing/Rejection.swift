import Config
import Drivers
import Fleet

/// Why a request cannot be routed.
public struct Rejection: Sendable {
  /// The kinds of reasons, with what each needs to be told well.
  public enum Reason: Equatable, Sendable {
    /// No backend lists the model. With those that are available, at most `listedModels`.
    case modelUnknown(available: [String])
    /// No backend that lists it can do what was asked.
    case operationUnsupported(OperationKind)
    /// The model is known to lack an ability everywhere.
    case abilityMissing(Abilities)
    /// The prompt is larger than the window everywhere; the largest one in tokens.
    case contextTooSmall(largest: UInt64)
    /// All that could serve it lie outside the zone that a policy demands.
    case zoneForbidden(Settings.Zone)
    /// All that could serve it are below the tier that a policy demands.
    case tierTooLow(Int)
    /// What could serve it costs more than the month's budget has left.
    case budgetExhausted
    /// What could serve it costs more than a policy allows for a request.
    case tooExpensive
    /// Backends list it, but it is not in memory there, and must not come there for a request.
    case notLoaded
    /// Backends list it, and could do it, but none of them is up and in use.
    case noHealthyBackend
    /// All that could serve it have said that they cannot for a while; the first that will.
    case circuitOpen(CircuitOpening)
    /// The backends that list it are still loading.
    case backendLoading
    /// All that could serve it have as many requests as they may.
    case saturated

    /// Reasons nearer to success are greater: they say more.
    var nearness: Int {
      switch self {
      case .modelUnknown: 0
      case .operationUnsupported: 1
      case .abilityMissing: 2
      case .contextTooSmall: 3
      case .zoneForbidden: 4
      case .tierTooLow: 5
      case .tooExpensive: 6
      case .budgetExhausted: 7
      case .notLoaded: 8
      case .noHealthyBackend: 9
      case .circuitOpen: 10
      case .backendLoading: 11
      case .saturated: 12
      }
    }

    /// Whether it says more than the other.
    func isNearer(than other: Reason) -> Bool {
      if case .circuitOpen(let one) = self, case .circuitOpen(let two) = other {
        return one.left < two.left
      }
      return nearness > other.nearness
    }
  }

  /// How many available models an error lists.
  public static let listedModels = 20

  public let reason: Reason
  /// What became of each backend.
  public let explanation: RouteExplanation

  /// Whether a place will be free by itself before long.
  var isPassing: Bool { reason == .saturated || reason == .backendLoading }

  /// Stable name of the reason for headers, logs and error bodies.
  public var token: String {
    switch reason {
    case .modelUnknown: "model_unknown"
    case .operationUnsupported: "operation_unsupported"
    case .abilityMissing: "ability_missing"
    case .contextTooSmall: "context_too_small"
    case .zoneForbidden: "privacy_zone_mismatch"
    case .tierTooLow: "tier_below_minimum"
    case .budgetExhausted: "budget_exceeded"
    case .tooExpensive: "cost_exceeds_policy"
    case .notLoaded: "model_not_loaded"
    case .noHealthyBackend: "no_healthy_backend"
    case .circuitOpen: "circuit_open"
    case .backendLoading: "backend_loading"
    case .saturated: "backends_full"
    }
  }

  /// One sentence or two for people: what is wrong and what to do.
  public var message: String {
    let model = subject
    let summary = explanation.summary
    switch reason {
    case .modelUnknown(let available) where available.isEmpty:
      return "No backend has the model \(model): no backend with models is up."
    case .modelUnknown(let available):
      return "No backend has the model \(model). Available: "
        + available.joined(separator: ", ") + "."
    case .operationUnsupported(let kind):
      return "No backend that has the model \(model) supports \(kind.name)."
    case .abilityMissing(let abilities):
      return "The model \(model) lacks what the request needs: "
        + abilities.names.joined(separator: ", ") + "."
    case .contextTooSmall(let largest):
      return "The prompt is longer than the context window of \(model), \(largest) tokens."
    case .zoneForbidden(let zone):
      return "A policy keeps requests for the model \(model) in the zone '\(zone.rawValue)', and"
        + " no backend there has it: \(summary). Add one, or change the policy."
    case .tierTooLow(let tier):
      return "A policy demands tier \(tier) for the model \(model), and no backend that has it"
        + " reaches that: \(summary). Send 'x-nexus-flexible: true' to accept less."
    case .budgetExhausted:
      return "The month's budget does not allow the request for the model \(model): \(summary)."
        + " It begins anew with the next month (UTC)."
    case .tooExpensive:
      return "The request for the model \(model) could cost more than a policy allows: \(summary)."
        + " Shorten the prompt or lower max_tokens."
    case .notLoaded:
      return "The model \(model) is not in memory, and a request must not bring it there:"
        + " \(summary). Load it on its server, or change never_load."
    case .noHealthyBackend:
      return "The model \(model) is known, but no backend that has it takes requests: "
        + "\(summary). Try again later."
    case .circuitOpen(let opening):
      return "The model \(model) is known, but each backend that has it refuses requests: "
        + "\(summary). \(Self.advice(opening))"
    case .backendLoading:
      return "The backend that has the model \(model) is still loading. Try again soon."
    case .saturated:
      return "All backends that have the model \(model) are at capacity: \(summary)."
        + " Try again soon."
    }
  }

  private static func advice(_ opening: CircuitOpening) -> String {
    switch opening.cause {
    case .keyRefused: "The key of the backend is refused: check it."
    case .rateLimited: "The rate is limited: try again in \(opening.seconds) s."
    default: "Try again in \(opening.seconds) s."
    }
  }

  /// The model's name, and what stands behind it.
  private var subject: String {
    let asked = "'\(explanation.model)'"
    let stands = explanation.resolved == explanation.model ? [] : ["'\(explanation.resolved)'"]
    let others = explanation.steps.dropFirst().map { "'\($0.model)'" }
    if stands.isEmpty && others.isEmpty { return asked }
    let meant = stands.isEmpty ? "" : "which means \(stands[0])"
    let tried = others.isEmpty ? "" : "with the fallbacks \(others.joined(separator: ", "))"
    return "\(asked) (\([meant, tried].filter { !$0.isEmpty }.joined(separator: ", ")))"
  }
}

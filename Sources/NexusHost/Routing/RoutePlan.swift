import Drivers
import Fleet

/// What to do with a request.
public enum RoutePlan: Sendable {
  /// Try these in order until one answers; never empty.
  case route([Attempt])
  /// Nothing can take it now, but something will soon.
  case queue(Rejection)
  /// Nothing can take it.
  case reject(Rejection)
}

/// One try: a model on a backend. Made only of members that can be spoken to.
public struct Attempt: Sendable {
  public let member: FleetMember
  public let model: Model
  public let kind: BackendKind

  public var backend: Backend { member.backend }
  public var driver: Driver { kind.driver }
}

/// Why a request cannot be routed.
public struct Rejection: Sendable {
  /// The kinds of reasons, with what each needs to be told well.
  public enum Reason: Equatable, Sendable {
    /// No backend lists the model. With those that are available, at most `listedModels`.
    case modelUnknown(available: [String])
    /// Backends list it, and could do it, but none of them is up and in use.
    case noHealthyBackend
    /// The backends that list it are still loading.
    case backendLoading
    /// No backend that lists it can do what was asked.
    case operationUnsupported(OperationKind)
    /// The model is known to lack an ability everywhere.
    case abilityMissing(Abilities)
    /// The prompt is larger than the window everywhere; the largest one in tokens.
    case contextTooSmall(largest: UInt64)
  }

  /// How many available models an error lists.
  public static let listedModels = 20

  public let reason: Reason
  /// What became of each backend.
  public let explanation: RouteExplanation

  /// Stable name of the reason for headers, logs and error bodies.
  public var token: String {
    switch reason {
    case .modelUnknown: "model_unknown"
    case .noHealthyBackend: "no_healthy_backend"
    case .backendLoading: "backend_loading"
    case .operationUnsupported: "operation_unsupported"
    case .abilityMissing: "ability_missing"
    case .contextTooSmall: "context_too_small"
    }
  }

  /// One sentence or two for people: what is wrong and what to do.
  public var message: String {
    let model = explanation.model
    switch reason {
    case .modelUnknown(let available) where available.isEmpty:
      return "No backend has the model '\(model)': no backend with models is up."
    case .modelUnknown(let available):
      return "No backend has the model '\(model)'. Available: "
        + available.joined(separator: ", ") + "."
    case .noHealthyBackend:
      return "The model '\(model)' is known, but no backend that has it takes requests: "
        + explanation.summary + ". Try again later."
    case .backendLoading:
      return "The backend that has the model '\(model)' is still loading. Try again soon."
    case .operationUnsupported(let kind):
      return "No backend that has the model '\(model)' supports \(kind.name)."
    case .abilityMissing(let abilities):
      return "The model '\(model)' lacks what the request needs: "
        + abilities.names.joined(separator: ", ") + "."
    case .contextTooSmall(let largest):
      return "The prompt is longer than the context window of '\(model)', \(largest) tokens."
    }
  }
}

import Config
import Drivers
import Fleet
import Routing

extension APIError {
  /// What a request that cannot be routed means to the client. `healthInterval`: seconds between two
  /// looks at a backend.
  init(_ rejection: Rejection, fleet: FleetSnapshot, healthInterval: Int) {
    let message = rejection.message
    let first = rejection.explanation.steps[0]
    let context = Context(
      availableBackends: fleet.routableNames, requiredTier: first.minTier,
      requiredZone: first.zone > .open ? first.zone : nil,
      refusals: rejection.explanation.refusals)
    switch rejection.reason {
    case .modelUnknown where fleet.routableCount > 0:
      self = .modelNotFound(UnknownModel.message(rejection.explanation.model, in: fleet))
    case .modelUnknown:
      self = .unavailable(message, context: context)
    case .noHealthyBackend, .notLoaded, .zoneForbidden, .tierTooLow:
      self = .unavailable(message, context: context)
      retryAfter = healthInterval
    case .budgetExhausted:
      self = .budgetExceeded(message, context: context)
    case .tooExpensive:
      self = .unavailable(message, context: context)
      code = "cost_exceeds_policy"
      retryHelps = false
    case .circuitOpen(let opening):
      self = .shut(opening, message, healthInterval)
      if status == 503 { self.context = context }
    case .backendLoading:
      self = .unavailable(message, context: context)
      code = "model_loading"
      retryAfter = 5
      self.context?.etaSeconds = 5
    case .saturated:
      self = .full(message, context: context)
    case .operationUnsupported:
      self = .refused(501, code: "not_implemented", message)
    case .abilityMissing:
      self = .invalid(message, param: "model")
      code = "missing_capability"
    case .contextTooSmall:
      self = .invalid(message, param: "messages")
      code = "context_length_exceeded"
    }
  }

  /// For a request that the month's budget does not allow.
  static func budgetExceeded(_ message: String, context: Context) -> APIError {
    var error = APIError.unavailable(message, context: context)
    error.code = "budget_exceeded"
    error.retryHelps = false
    error.retryAfter = 3_600
    return error
  }

  /// For a request whose every place has said that it cannot for a while.
  private static func shut(
    _ opening: CircuitOpening, _ message: String, _ healthInterval: Int
  ) -> APIError {
    switch opening.cause {
    case .rateLimited:
      return .failed(
        DriverFailure(.rateLimited, message, detail: opening.left), timedOut: false,
        message: message)
    case .overloaded:
      return .failed(
        DriverFailure(.overloaded, message, detail: opening.left), timedOut: false,
        message: message)
    default:
      var error = APIError.unavailable(message, context: .init())
      error.retryAfter = opening.cause == .keyRefused ? healthInterval : opening.seconds
      return error
    }
  }

  /// For a request whose every place is taken.
  static func full(_ message: String, context: Context) -> APIError {
    var error = APIError.unavailable(message, context: context)
    error.code = "backends_full"
    error.retryAfter = 1
    error.context?.etaSeconds = 1
    return error
  }
}

extension APIError {
  /// For a request that comes while the gateway serves as many as it may.
  static func busy(limit: Int, fleet: FleetSnapshot) -> APIError {
    var error = APIError.unavailable(
      "The gateway serves \(limit) requests, as many as max_concurrent_requests allows."
        + " Try again soon.",
      context: .init(availableBackends: fleet.routableNames, etaSeconds: 1))
    error.code = "gateway_busy"
    error.retryAfter = 1
    return error
  }
}

extension FleetSnapshot {
  /// Names of the backends that take requests.
  var routableNames: [String] { members.filter(\.isRoutable).map(\.backend.name) }
}

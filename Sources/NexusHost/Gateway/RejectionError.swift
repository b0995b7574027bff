import Fleet
import Routing

extension APIError {
  /// What a request that cannot be routed means to the client.
  init(_ rejection: Rejection, model: String, fleet: FleetSnapshot) {
    let message = rejection.message
    switch rejection.reason {
    case .modelUnknown where fleet.routableCount > 0:
      self = .modelNotFound(UnknownModel.message(model, in: fleet))
    case .modelUnknown, .noHealthyBackend:
      self = .unavailable(message, context: .init(availableBackends: fleet.routableNames))
    case .backendLoading:
      self = .unavailable(message, context: .init(availableBackends: fleet.routableNames))
      code = "model_loading"
      retryAfter = 5
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
}

extension APIError {
  /// For a request that comes while the gateway serves as many as it may.
  static func busy(limit: Int, fleet: FleetSnapshot) -> APIError {
    var error = APIError.unavailable(
      "The gateway serves \(limit) requests, as many as max_concurrent_requests allows."
        + " Try again soon.",
      context: .init(availableBackends: fleet.routableNames))
    error.code = "gateway_busy"
    error.retryAfter = 1
    return error
  }
}

extension FleetSnapshot {
  /// Names of the backends that take requests.
  var routableNames: [String] { members.filter(\.isRoutable).map(\.backend.name) }
}

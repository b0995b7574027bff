import HTTP
import Drivers
import Routing

/// The causes that `nexus_errors_total` tells apart.
enum ErrorKind: UInt8, CaseIterable {
  case modelNotFound, fallbackExhausted, noHealthyBackend, capabilityMismatch, routingRejected
  case queueFull, queueTimeout, budgetExceeded, parseError, clientCancelled
  /// An attempt that failed: too late, refused by the backend for the request's or the key's sake, or
  /// by the backend's fault.
  case timeout, upstream4xx, backendError
  /// The gateway stops, or serves as many as it may.
  case unavailable

  /// The value of the label.
  var name: String {
    switch self {
    case .modelNotFound: "model_not_found"
    case .fallbackExhausted: "fallback_exhausted"
    case .noHealthyBackend: "no_healthy_backend"
    case .capabilityMismatch: "capability_mismatch"
    case .routingRejected: "routing_rejected"
    case .queueFull: "queue_full"
    case .queueTimeout: "queue_timeout"
    case .budgetExceeded: "budget_exceeded"
    case .parseError: "parse_error"
    case .clientCancelled: "client_cancelled"
    case .timeout: "timeout"
    case .upstream4xx: "upstream_4xx"
    case .backendError: "backend_error"
    case .unavailable: "unavailable"
    }
  }

  /// What kept a request from an answer that was never sent to a backend. `refusal`: why it could not
  /// be routed, or empty. Nil for what is no request for a model.
  init?(_ error: APIError, refusal: String) {
    switch error.code {
    case "client_closed_request": self = .clientCancelled
    case "model_not_found": self = .modelNotFound
    case "queue_full", "backends_full": self = .queueFull
    case "queue_timeout": self = .queueTimeout
    case "budget_exceeded": self = .budgetExceeded
    case "cost_exceeds_policy": self = .routingRejected
    case "missing_capability", "context_length_exceeded", "not_implemented":
      self = .capabilityMismatch
    case "gateway_timeout": self = .timeout
    case "gateway_busy", "service_unavailable": self = .unavailable
    case "not_found", "method_not_allowed": return nil
    case _ where error.status < 500 && error.status != 429: self = .parseError
    default:
      let isRule = refusal == "privacy_zone_mismatch" || refusal == "tier_below_minimum"
      self = isRule ? .routingRejected : .noHealthyBackend
    }
  }

  /// How an attempt failed.
  init(_ failure: DriverFailure, _ call: UpstreamCall) {
    if call.hasTimedOut {
      self = .timeout
    } else if call.lastError == nil, let status = call.connection?.head.status,
      (400..<500).contains(status)
    {
      self = .upstream4xx
    } else {
      self = .backendError
    }
  }
}

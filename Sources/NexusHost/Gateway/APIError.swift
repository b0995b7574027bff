import Config
import Drivers
import Routing

/// An error that a client is told: the one kind of error of this room.
struct APIError: Error {
  /// What a client can know about a lack of capacity; every key is always present.
  struct Context: Sendable {
    var availableBackends: [String] = []
    var etaSeconds: Int?
    /// What a policy demanded, if one did.
    var requiredTier: Int?
    var requiredZone: Settings.Zone?
    /// The backends that have the model and were refused.
    var refusals: [RouteExplanation.Refusal] = []
  }

  var status: Int
  /// OpenAI's class of error, e.g. "invalid_request_error".
  var type: String
  /// Machine-readable reason, e.g. "model_not_found".
  var code: String
  var message: String
  /// The same without what a backend said, where that is part of it: backends quote prompts.
  var ownWords: String?
  /// Field of the request that is at fault.
  var param: String?
  /// Why the gateway made no further try, if something kept it from that.
  var retryStop: String?
  /// Seconds after which another try makes sense.
  var retryAfter: Int?
  /// The job that is in the way of an order, or that failed.
  var operation: String?
  /// Methods that the path knows, for a 405.
  var allow: StaticString?
  /// Whether a WebSocket is what the client is to ask for, for a 426.
  var offersWebSocket = false
  var context: Context?
  /// Whether the connection cannot go on, since the request was not read to its end.
  var closesConnection = false
  /// Whether the same request may succeed later; SDKs retry every 5xx unless told not to.
  var retryHelps: Bool

  private init(
    _ status: Int, type: String, code: String, _ message: String, param: String? = nil,
    retryHelps: Bool = false
  ) {
    self.status = status
    self.type = type
    self.code = code
    self.message = message
    self.param = param
    self.retryHelps = retryHelps
  }

  /// 400: the client's fault, in the field `param` if it is known.
  static func invalid(_ message: String, param: String? = nil) -> APIError {
    APIError(
      400, type: "invalid_request_error", code: "invalid_request_error", message, param: param)
  }

  /// A request that is refused before its content matters.
  static func refused(_ status: Int, code: String, _ message: String) -> APIError {
    APIError(status, type: "invalid_request_error", code: code, message)
  }

  static func modelNotFound(_ message: String) -> APIError {
    APIError(
      404, type: "invalid_request_error", code: "model_not_found", message, param: "model")
  }

  /// 503: nothing can serve the request now.
  static func unavailable(_ message: String, context: Context) -> APIError {
    var error = APIError(
      503, type: "service_unavailable", code: "no_available_backend", message, retryHelps: true)
    error.context = context
    return error
  }

  /// 503: the gateway stops before the request is done; another, or the next, may take it.
  static var stopping: APIError {
    var error = APIError(
      503, type: "service_unavailable", code: "service_unavailable",
      "The gateway is stopping. Try again in a few seconds.", retryHelps: true)
    error.retryAfter = 5
    error.closesConnection = true
    error.context = Context()
    return error
  }

  /// An order about a model's place in memory that is not carried out.
  init(_ fault: LifecycleFault) {
    let isServers = fault.status >= 500
    self.init(
      fault.status, type: isServers ? "server_error" : "invalid_request_error", code: fault.code,
      fault.message, param: fault.param, retryHelps: fault.status == 503)
    operation = fault.operation
    if fault.status == 503 { context = Context() }
  }

  /// What the last failure of a request that no backend could answer means to the client.
  /// `message` tells what was tried.
  static func failed(_ failure: DriverFailure, timedOut: Bool, message: String) -> APIError {
    let code = failure.code.name
    let invalid = "invalid_request_error"
    var error: APIError
    switch failure.code {
    case .badRequest: error = .init(400, type: invalid, code: invalid, message)
    case .contextOverflow:
      error = .init(400, type: invalid, code: "context_length_exceeded", message)
    case .contentBlocked: error = .init(400, type: invalid, code: "content_filter", message)
    case .modelAbsent: error = .modelNotFound(message)
    case .unsupported: error = .init(501, type: "server_error", code: "not_implemented", message)
    case .credentialDead: error = .init(502, type: "server_error", code: code, message)
    case .rateLimited:
      error = .init(429, type: "rate_limit_error", code: code, message, retryHelps: true)
    case .overloaded, .modelLoading:
      error = .init(503, type: "service_unavailable", code: code, message, retryHelps: true)
    case .upstreamBroken, .driverBug:
      error = .init(
        timedOut ? 504 : 502, type: "server_error",
        code: timedOut ? "gateway_timeout" : "bad_gateway", message, retryHelps: true)
    }
    if failure.code.detailIsTime, failure.detail > 0 {
      error.retryAfter = Int(clamping: (failure.detail + 999) / 1000)
    }
    return error
  }
}

extension FailureCode {
  /// Whether the detail of such a failure is a time in milliseconds.
  var detailIsTime: Bool {
    switch self {
    case .overloaded, .rateLimited, .modelLoading: true
    default: false
    }
  }
}

import Config
import Control

/// Why an order about a model's place in memory is not carried out, as an API says it: the one place
/// where such errors get a status and a code.
struct LifecycleFault: Error, Equatable {
  var status: Int
  /// As the errors of the public API are called.
  var code: String
  /// A sentence that says what to do.
  var message: String
  /// Member of the order that is at fault.
  var param: String?
  /// The job that is in the way, or that failed.
  var operation: String?

  init(
    _ status: Int, _ code: String, _ message: String, param: String? = nil,
    operation: String? = nil
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.param = param
    self.operation = operation
  }

  /// 400: the order says something that cannot be.
  static func bad(_ message: String, param: String? = nil) -> LifecycleFault {
    LifecycleFault(400, "invalid_request_error", message, param: param)
  }

  /// What is wrong with the order's JSON.
  init(_ fault: JSONMemberFault) { self = .bad(fault.description) }

  /// What the manager refuses.
  init(_ error: LifecycleError) {
    let text = error.description
    let message = "\(text.prefix(1).uppercased())\(text.dropFirst())."
    self =
      switch error {
      case .backendUnknown: .init(404, "not_found", message)
      case .modelUnknown: .init(404, "model_not_found", message, param: "model_id")
      case .jobUnknown: .init(404, "not_found", message)
      case .busy(_, let job): .init(409, "conflict", message, operation: job)
      case .inUse, .neverLoad: .init(409, "conflict", message)
      case .jobOver(let job): .init(409, "conflict", message, operation: job)
      case .notLoaded, .noRoom, .sameBackend: .bad(message)
      case .unsupported: .init(501, "not_implemented", message)
      case .notUsable, .stopping: .init(503, "service_unavailable", message)
      }
  }

  /// 502: the server could not do it. Nil for a job that has not failed.
  init?(_ job: ModelJob) {
    guard job.state == .failed else { return nil }
    let what =
      switch job.kind {
      case .load: "Failed to load model"
      case .unload: "Failed to unload model"
      case .migrate: "Migration failed"
      }
    self.init(
      502, "bad_gateway", "\(what): \(job.failure ?? "the server did not say why").",
      operation: job.id)
  }
}

extension AdminError {
  init(_ fault: LifecycleFault) { self.init(fault.status, fault.code, fault.message) }
}

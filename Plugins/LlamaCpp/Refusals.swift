import DriverKit

/// Relayed operations of llama.cpp.
final class LlamaCppRelay: Relay {
  override func judge(_ error: ErrorReply) -> Judgement { judgeRefusal(error) }
}

/// What llama.cpp means by its refusals; where nothing is peculiar, the common rules hold.
func judgeRefusal(_ error: ErrorReply) -> Judgement {
  // An image for a model without eyes is answered with 500, though nothing is broken.
  if error.status == 500, error.says("is not supported", "not supported by"),
    error.says("image", "audio", "video", "mmproj")
  {
    return .clientFault
  }
  // A feature that was not switched on, with 403 or 501: no question of keys.
  if error.isKind("feature_disabled") || error.isKind("not_supported_error") {
    return .failed(Failure(.unsupported, ErrorClassifier.sentence(error)))
  }
  if error.isKind("unavailable_error"), error.says("loading") {
    return .failed(Failure(.modelLoading, ErrorClassifier.sentence(error)))
  }
  // All slots are taken, which only `fail_on_no_slot` makes it say.
  if error.isKind("unavailable_error") {
    return .failed(Failure(.overloaded, ErrorClassifier.sentence(error), detail: error.retryAfter))
  }
  // The router knows a model and cannot give it now.
  if error.says("model is not loaded", "failed to load", "model is not running") {
    return .failed(Failure(.modelAbsent, ErrorClassifier.sentence(error)))
  }
  return ErrorClassifier.judge(error)
}

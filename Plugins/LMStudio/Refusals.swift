import DriverKit

/// Relayed operations of LM Studio.
final class LMStudioRelay: Relay {
  override func judge(_ error: ErrorReply) -> Judgement { judgeRefusal(error) }
}

/// What LM Studio means by its refusals, most of which come with status 200; where nothing is
/// peculiar, the common rules hold.
func judgeRefusal(_ error: ErrorReply) -> Judgement {
  if error.says("unexpected endpoint or method") {
    return .failed(Failure(.unsupported, ErrorClassifier.sentence(error)))
  }
  if error.says("context the overflows", "context overflow", "greater than the context length") {
    return .failed(ErrorClassifier.overflow(error))
  }
  if error.says("no models loaded", "model not found", "invalid model identifier")
    || (error.says("model") && error.says("not found"))
  {
    return .failed(Failure(.modelAbsent, ErrorClassifier.sentence(error)))
  }
  if error.says("insufficient system resources", "insufficient memory") {
    return .failed(Failure(.unsupported, ErrorClassifier.sentence(error)))
  }
  return ErrorClassifier.judge(error)
}

import DriverKit

/// Relayed operations of Ollama, over its OpenAI-compatible paths.
final class OllamaRelay: Relay {
  override func judge(_ error: ErrorReply) -> Judgement { judgeRefusal(error) }

  /// Ollama ignores `max_completion_tokens`, which is all that newer clients send: its value goes
  /// up as `max_tokens` too, so that the limit holds.
  override func describe(_ operation: Operation, _ path: StaticString, _ sink: Sink) {
    sink.post(path)
    sink.clientBody(operation, adding: tokenLimit(operation))
  }

  private func tokenLimit(_ operation: Operation) -> [UInt8] {
    guard operation.kind == .chat, operation.bodyMentions("max_completion_tokens"),
      let document = JSONDocument(operation.body), document.member("max_tokens") == nil,
      let limit = document.count(document.root, "max_completion_tokens")
    else { return [] }
    var member = ByteText.bytes("\"max_tokens\":")
    JSONWriter.appendInteger(Int64(limit), to: &member)
    return member
  }
}

/// What Ollama means by its refusals; where nothing is peculiar, the common rules hold.
func judgeRefusal(_ error: ErrorReply) -> Judgement {
  switch error.status {
  // A server bound to loopback refuses foreign Host names with an empty 403. It has no keys.
  case 403 where error.shape == .none:
    return .failed(
      Failure(.upstreamBroken, "Ollama refused the host name: use an address, or set OLLAMA_HOST"))
  // The words vary by path and version; a refusal in JSON is always about the model.
  case 404 where error.shape == .object || error.shape == .text:
    return .failed(Failure(.modelAbsent, ErrorClassifier.sentence(error)))
  // Nothing is broken: this machine is too small for the model.
  case 500 where error.says("more system memory", "out of memory", "insufficient memory"):
    return .failed(Failure(.unsupported, ErrorClassifier.sentence(error)))
  default: return ErrorClassifier.judge(error)
  }
}

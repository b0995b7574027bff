import DriverKit

/// Counts the tokens of a prompt with the model's own tokenizer. vLLM takes the client's body as it
/// is, messages or prompt, and overlooks what does not matter for that.
final class TokenCount: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.post("/tokenize")
    sink.clientBody(operation)
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json, let count = document.count(document.root, "count") else {
      return sink.fail(answer)
    }
    Usage.reportTokens(count, sink)
    return .done
  }
}

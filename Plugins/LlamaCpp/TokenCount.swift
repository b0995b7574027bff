import DriverKit

/// Counts the tokens of a prompt with the model's own tokenizer: messages with the chat template
/// applied, a plain prompt without it.
final class TokenCount: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    if operation.bodyMentions("\"messages\"") {
      sink.post("/v1/chat/completions/input_tokens")
      sink.clientBody(operation)
      return .send
    }
    guard let document = JSONDocument(operation.body),
      let prompt = document.string(document.member("prompt"))
    else { return sink.fail(.unsupported, "only messages and a text prompt can be counted") }
    var json = ByteText.bytes("{\"add_special\":true,\"content\":")
    JSONWriter.appendString(prompt, to: &json)
    if !operation.model.isEmpty {
      JSONWriter.appendRaw(",\"model\":", to: &json)
      json += operation.modelJSON
    }
    json.append(UInt8(ascii: "}"))
    sink.post("/tokenize", json)
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json else { return sink.fail(answer, judge: judgeRefusal) }
    let tokens = document.member("tokens")
    if let count = document.count(document.root, "input_tokens") {
      Usage.reportTokens(count, sink)
    } else if tokens?.kind == .array {
      Usage.reportTokens(UInt64(document.count(tokens)), sink)
    } else {
      return sink.fail(answer)
    }
    return .done
  }
}

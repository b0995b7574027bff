import DriverKit

/// Recognises Ollama by its version and its greeting, and then makes sure that it is not one of the
/// servers that imitate both: LocalAI and SGLang have pages of their own that Ollama has not.
final class Identification: Conversation {
  private enum Step { case version, greeting, localAI, sglang, newerSGLang }

  private var step = Step.version
  private var version: [UInt8] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/api/version")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    switch step {
    case .version:
      guard let document = answer.json else { return sink.failForeign("Ollama") }
      version = document.text(document.root, "version")
      guard !version.isEmpty else { return sink.failForeign("Ollama") }
      return ask(.greeting, "/", sink)
    case .greeting:
      guard answer.isSuccess, ByteText.hasPrefix(answer.body, "Ollama is running") else {
        return sink.failForeign("Ollama")
      }
      return ask(.localAI, "/.well-known/localai.json", sink)
    case .localAI:
      if answer.json?.root.kind == .object {
        return sink.failForeign("Ollama but LocalAI")
      }
      return ask(.sglang, "/get_model_info", sink)
    case .sglang:
      if isSGLang(answer) { return sink.failForeign("Ollama but SGLang") }
      return ask(.newerSGLang, "/model_info", sink)
    case .newerSGLang:
      if isSGLang(answer) { return sink.failForeign("Ollama but SGLang") }
      sink.report(identity: "ollama", certainty: 100, version: version)
      return .done
    }
  }

  private func isSGLang(_ answer: Answer) -> Bool { answer.json?.member("model_path") != nil }

  private func ask(_ next: Step, _ path: StaticString, _ sink: Sink) -> Verdict {
    step = next
    sink.get(path)
    return .send
  }
}

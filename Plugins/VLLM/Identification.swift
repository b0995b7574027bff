import DriverKit

/// Recognises vLLM by its version page together with the owner of its models; where the models need
/// a key that we do not have, by the names of its metrics.
final class Identification: Conversation {
  private enum Step { case version, models, metrics }

  private var step = Step.version
  private var version: [UInt8] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/version")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    switch step {
    case .version:
      guard let document = answer.json else { return sink.failForeign("vLLM") }
      version = document.text(document.root, "version")
      guard !version.isEmpty else { return sink.failForeign("vLLM") }
      return ask(.models, "/v1/models", sink)
    case .models:
      if answer.status == 401 || answer.status == 403 { return ask(.metrics, "/metrics", sink) }
      guard let document = answer.json, OpenAIModels.hasOwner(document, "vllm") else {
        return sink.failForeign("vLLM")
      }
      return recognised(sink)
    case .metrics:
      guard answer.isSuccess, ByteText.contains(answer.body, "\nvllm:") else {
        return sink.failForeign("vLLM")
      }
      return recognised(sink)
    }
  }

  private func recognised(_ sink: Sink) -> Verdict {
    sink.report(identity: "vllm", certainty: 100, version: version)
    return .done
  }

  private func ask(_ next: Step, _ path: StaticString, _ sink: Sink) -> Verdict {
    step = next
    sink.get(path)
    return .send
  }
}

import DriverKit

/// One list of models: the newest that the server knows. Older servers answer 200 with an error to
/// paths that they do not know, so only the shape of the answer tells.
final class Survey: Conversation {
  private enum Step { case newest, older, openAI }

  private var step = Step.newest

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/api/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    // A refused key is no reason to try an older path.
    if answer.cause != nil || answer.status == 401 || answer.status == 403 {
      return sink.fail(answer)
    }
    let document = answer.json
    switch step {
    case .newest:
      if let document, document.member("models")?.kind == .array {
        return finish(ModelLists.newest(document), sink)
      }
      return ask(.older, "/api/v0/models", sink)
    case .older:
      if let document, document.member("data")?.kind == .array {
        return finish(ModelLists.older(document), sink)
      }
      return ask(.openAI, "/v1/models", sink)
    case .openAI:
      guard let document, OpenAIModels.isList(document) else {
        return sink.fail(answer, judge: judgeRefusal)
      }
      return finish(OpenAIModels.read(document) { _, _ in }, sink)
    }
  }

  private func ask(_ next: Step, _ path: StaticString, _ sink: Sink) -> Verdict {
    step = next
    sink.get(path)
    return .send
  }

  private func finish(_ list: ModelList, _ sink: Sink) -> Verdict {
    sink.report(health: .ready)
    list.report(sink)
    return .done
  }
}

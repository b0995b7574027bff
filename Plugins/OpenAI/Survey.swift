import DriverKit

/// One request: the list of models, completed by what servers add to it and, for OpenAI's own
/// models, by a table.
final class Survey: Conversation {
  private var isOpenAI = false

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    isOpenAI = operation.isBackend("openai")
    sink.get("/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json, OpenAIModels.isList(document) else {
      return sink.fail(answer)
    }
    sink.report(health: .ready)
    let list = OpenAIModels.read(document) { entry, model in
      fill(document, entry, &model)
    }
    list.report(sink)
    return .done
  }

  private func fill(_ document: JSONDocument, _ entry: JSONNode, _ model: inout Model) {
    let isTheirs =
      isOpenAI || document.equals(document.member(entry, "owned_by"), "openai")
      || document.equals(document.member(entry, "owned_by"), "system")
    if isTheirs { Family.complete(&model) }
    model.context =
      document.count(entry, "max_model_len") ?? document.count(entry, "context_length")
      ?? document.count(entry, "context_window") ?? document.count(entry, "max_context_length")
      ?? document.count(document.member(entry, "meta"), "n_ctx") ?? model.context
    model.trained =
      document.count(document.member(entry, "meta"), "n_ctx_train") ?? model.trained
    model.output = document.count(entry, "max_completion_tokens") ?? model.output
    OpenAIModels.readModalities(document, entry, &model.abilities)
    let parameters = document.member(entry, "supported_parameters")
    if parameters?.kind == .array {
      model.abilities.set(Abilities.tools, OpenAIModels.contains(document, parameters, "tools"))
    }
  }
}

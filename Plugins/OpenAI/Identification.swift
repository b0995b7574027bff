import DriverKit

/// Asks whether the server speaks the OpenAI protocol at all: the weakest of all marks.
final class Identification: Conversation {
  private var isOpenAI = false

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    isOpenAI = operation.isBackend("openai")
    sink.get("/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard answer.isSuccess else { return sink.fail(answer) }
    guard let document = answer.json, OpenAIModels.isList(document) else {
      return sink.failForeign("a server that lists models as OpenAI does")
    }
    // Which house answers is for the host to know: a driver never sees an address.
    sink.report(identity: isOpenAI ? "openai" : "generic", certainty: 10)
    return .done
  }
}

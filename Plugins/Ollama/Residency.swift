import DriverKit

/// Brings a model into memory: a generation without a prompt, answered when it is there.
final class Loading: Conversation {
  private var model: [UInt8] = []
  private var isEmbedding = false

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.post("/api/generate", modelBody(model, ",\"stream\":false}"))
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    // A model that only makes vectors cannot generate; making one of nothing loads it too.
    if !isEmbedding, answer.status == 400, answer.error.says("does not support") {
      isEmbedding = true
      sink.post("/api/embed", modelBody(model, ",\"input\":\"\"}"))
      return .send
    }
    guard let document = answer.json, document.member("error") == nil else {
      return sink.fail(answer, judge: judgeRefusal)
    }
    sink.report(progress: 1000, "loaded")
    return .done
  }
}

/// Removes a model from memory: a generation that keeps it for no time at all.
final class Unloading: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.post("/api/generate", modelBody(operation.model, ",\"keep_alive\":0,\"stream\":false}"))
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json, document.member("error") == nil else {
      return sink.fail(answer, judge: judgeRefusal)
    }
    return .done
  }
}

import DriverKit

/// Recognises LM Studio by its greeting. The value counts, not the status: it answers 200 to
/// everything.
final class Identification: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/lmstudio-greeting")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    guard let document = answer.json, document.bool(document.member("lmstudio")) == true else {
      return sink.failForeign("LM Studio")
    }
    sink.report(identity: "lmstudio", certainty: 100)
    return .done
  }
}

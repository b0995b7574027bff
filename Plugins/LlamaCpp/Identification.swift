import DriverKit

/// Recognises the server by its properties, which no other server has, or while it loads or wants a
/// key by its name together with the shape of its refusal.
final class Identification: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/props")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    if let document = answer.json,
      document.member("default_generation_settings")?.kind == .object
    {
      sink.report(
        identity: "llamacpp", certainty: 100, version: document.text(document.root, "build_info"))
      return .done
    }
    let error = answer.error
    let isRefusal =
      (answer.status == 503 && error.isKind("unavailable_error"))
      || (answer.status == 401 && error.isKind("authentication_error"))
    guard isRefusal, ByteText.equals(answer.server, "llama.cpp") else {
      return sink.failForeign("a llama.cpp server")
    }
    sink.report(identity: "llamacpp", certainty: 100)
    return .done
  }
}

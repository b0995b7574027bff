import DriverKit

/// Recognises exo by its node and the three parts of its state that no other server has together.
final class Identification: Conversation {
  private var hasNode = false

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/node_id")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    guard let document = answer.json else { return sink.failForeign("exo") }
    if !hasNode {
      guard document.root.kind == .string else { return sink.failForeign("exo") }
      hasNode = true
      sink.get("/state")
      return .send
    }
    let isState =
      document.member("instances")?.kind == .object && document.member("runners")?.kind == .object
      && document.member("topology") != nil
    guard isState else { return sink.failForeign("exo") }
    sink.report(identity: "exo", certainty: 100)
    return .done
  }
}

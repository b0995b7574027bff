import Fleet
import HTTP
import Net
import Routing
import Text

extension RelayedRequest {
  /// Where the request is best continued.
  func warmPlaces(_ facts: RequestFacts) -> WarmPlaces {
    let session = session
    let affinity = worker.shared.affinity
    let input = session.connection.input
    let buffer = session.connection.bodyBuffer
    return affinity.places(
      for: facts, session.outline, buffer.span.extracting(session.connection.bodyRange),
      in: worker.view, now: worker.loop.now, &session.continuation
    ) {
      affinity.session(session.connection.request.fields, in: input.span)
    }
  }
}

extension ClientSession {
  /// A backend begins to answer, so that the prompt is in its cache now.
  func remember(_ attempt: Attempt) {
    guard continuation.isOpen else { return }
    worker.shared.affinity.record(&continuation, attempt, now: worker.loop.now)
  }
}

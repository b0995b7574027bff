import Drivers
import Fleet
import HTTP
import Net
import Routing
import Text

/// What the present request of a connection continues, in memory that is used again.
struct Continuation {
  var conversation = Conversation()
  /// `PromptCache.key(ofModel:)` of the name by which the fleet was asked for it.
  var model: UInt64 = 0
  /// Whether a backend that answers is to be remembered.
  var isOpen = false
}

extension RelayedRequest {
  /// Where the request is best continued. Costs next to nothing where there is no choice.
  func warmPlaces(_ facts: RequestFacts) -> WarmPlaces {
    let session = session
    session.continuation.isOpen = false
    let (fleet, policy) = (worker.fleet, worker.rules.routing)
    guard fleet.members.count > 1, policy.usesAffinity, facts.operation.hasPrompt else {
      return WarmPlaces()
    }
    let model = policy.model(askedFor: facts.model, in: fleet)
    guard fleet.candidates(for: model).count > 1 else { return WarmPlaces() }
    let affinity = worker.shared.affinity
    let input = session.connection.input
    let name = RoutingFields.session(session.connection.request.fields, in: input.span).flatMap {
      ConversationReader.name(input.span, $0, affinity.hasher)
    }
    let buffer = session.connection.bodyBuffer
    let body = buffer.span.extracting(session.connection.bodyRange)
    ConversationReader.read(
      ConversationReader.Parts(body, messages: session.outline.messages), body, session: name,
      affinity.hasher, into: &session.continuation.conversation)
    guard !session.continuation.conversation.isEmpty else { return WarmPlaces() }
    session.continuation.model = PromptCache.key(ofModel: model)
    session.continuation.isOpen = true
    return affinity.places(
      for: session.continuation.conversation, of: session.continuation.model,
      prompt: facts.prompt, now: worker.loop.now)
  }

  /// A backend begins to answer, so that the prompt is in its cache now.
  func remember(_ attempt: Attempt) {
    guard session.continuation.isOpen else { return }
    session.continuation.isOpen = false
    let model =
      attempt.isFallback
      ? PromptCache.key(ofModel: attempt.model.id) : session.continuation.model
    worker.shared.affinity.record(
      session.continuation.conversation,
      in: PromptCache(backend: attempt.backend.key, model: model),
      keeps: PromptCache.keeps(slots: attempt.model.report.slots), now: worker.loop.now)
  }
}

extension OperationKind {
  /// Whether it makes a model read a prompt that may go on.
  fileprivate var hasPrompt: Bool {
    switch self {
    case .chat, .completions, .messages, .responses: true
    default: false
    }
  }
}

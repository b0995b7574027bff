import Config
import Drivers
import Net
import Routing
import Text

/// The body of `POST /explain`: a request of a client as it is; or which model, or which request for
/// one, and for what.
enum ExplainRequest {
  /// `mode`: what the head says, where the body does not. `session`: the hash of the name that it
  /// gives the conversation.
  static func read(
    _ body: [UInt8], mode: RequestFacts.Mode = .standard, session: UInt64? = nil,
    _ view: GatewayView, _ affinity: Affinity
  ) throws(APIError) -> RequestFacts {
    func facts(
      _ request: [UInt8], _ operation: OperationKind, _ mode: RequestFacts.Mode, model: String?
    ) throws(APIError) -> RequestFacts {
      var outline = RequestOutline()
      var facts = try read(request, operation, mode, &outline)
      if let model { facts.model = model }
      var continuation = Continuation()
      facts.warm = affinity.places(
        for: facts, outline, request.span, in: view, now: MonotonicClock.milliseconds(),
        &continuation, session: { session })
      return facts
    }
    if let operation = operation(of: body) {
      return try facts(body, operation, mode, model: nil)
    }
    let members: JSONMembers
    let model: String?
    let name: String?
    let word: String?
    do {
      members = try JSONMembers(body, known: ["model", "operation", "mode", "request"])
      model = try members.text("model")
      name = try members.text("operation")
      word = try members.text("mode")
    } catch {
      throw .invalid(error.description)
    }
    let request = members.raw("request")
    let operation = try known(name) ?? request.flatMap(operation(of:)) ?? .chat
    let mode = try known(word) ?? mode
    if let request {
      return try facts(request, operation, mode, model: model)
    }
    guard let model else {
      throw .invalid("'model' is missing; send {\"model\":\"NAME\"}.", param: "model")
    }
    return RequestFacts(model: model, operation: operation, mode: mode)
  }

  /// What a request of a client with these members is for; nil if it is none.
  private static func operation(of body: [UInt8]) -> OperationKind? {
    guard let document = JSONDocument(body), document.root.kind == .object else { return nil }
    if document.member("messages") != nil { return .chat }
    if document.member("prompt") != nil { return .completions }
    return document.member("input") != nil ? .embeddings : nil
  }

  private static func known(_ name: String?) throws(APIError) -> OperationKind? {
    guard let name else { return nil }
    let known = OperationKind.allCases.filter(\.answersClient)
    if let operation = known.first(where: { $0.name == name }) { return operation }
    throw .invalid(
      "There is no operation '\(name.prefix(40))'; use"
        + " \(known.map(\.name).joined(separator: ", ")).")
  }

  private static func known(_ word: String?) throws(APIError) -> RequestFacts.Mode? {
    guard let word else { return nil }
    if let mode = RequestFacts.Mode(rawValue: word) { return mode }
    throw .invalid(
      "There is no mode '\(word.prefix(40))'; use standard, strict or flexible.")
  }

  /// Reads a request in the same way as one of a client.
  private static func read(
    _ request: [UInt8], _ operation: OperationKind, _ mode: RequestFacts.Mode,
    _ outline: inout RequestOutline
  ) throws(APIError) -> RequestFacts {
    let request = try ModelRequest.read(operation, request.span, scratch: &outline)
    var facts = request.facts(mode)
    facts.spending = request.spending
    return facts
  }
}

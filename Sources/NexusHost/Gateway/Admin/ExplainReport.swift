import Config
import Drivers
import Routing
import Text

/// The body of `POST /explain`: which model, or a whole request for one, and for what.
enum ExplainRequest {
  static func read(_ body: [UInt8]) throws(AdminError) -> RequestFacts {
    let members: JSONMembers
    let model: String?
    let name: String
    let word: String
    do {
      members = try JSONMembers(body, known: ["model", "operation", "mode", "request"])
      model = try members.text("model")
      name = try members.text("operation") ?? OperationKind.chat.name
      word = try members.text("mode") ?? RequestFacts.Mode.standard.rawValue
    } catch {
      throw AdminError(error)
    }
    let known = OperationKind.allCases.filter(\.answersClient)
    guard let operation = known.first(where: { $0.name == name }) else {
      throw .bad(
        "There is no operation '\(name.prefix(40))'; use"
          + " \(known.map(\.name).joined(separator: ", ")).")
    }
    guard let mode = RequestFacts.Mode(rawValue: word) else {
      throw .bad("There is no mode '\(word.prefix(40))'; use standard, strict or flexible.")
    }
    if let request = members.raw("request") {
      var facts = try read(request, operation).facts(mode)
      if let model { facts.model = model }
      return facts
    }
    guard let model else { throw .bad("'model' is missing; send {\"model\":\"NAME\"}.") }
    return RequestFacts(model: model, operation: operation, mode: mode)
  }

  /// Reads a request in the same way as one of a client.
  private static func read(
    _ request: [UInt8], _ operation: OperationKind
  ) throws(AdminError) -> ModelRequest {
    var scratch: [JSONNode?] = []
    do {
      return try ModelRequest.read(operation, request.span, scratch: &scratch)
    } catch {
      throw .bad(error.message)
    }
  }
}

/// What `POST /explain` answers: where a request for a model would go now, and why.
enum ExplainReport {
  static func json(_ facts: RequestFacts, _ view: GatewayView) -> [UInt8] {
    let policy = view.rules.routing
    let explanation = Router.explain(facts, view.fleet, policy)
    return JSONText.object { text in
      text.member("model", facts.model)
      text.member("operation", facts.operation.name)
      text.member("resolved", explanation.resolved)
      append(Router.plan(facts, view.fleet, policy), to: &text)
      append(explanation.steps[0], to: &text)
      text.array("fallbacks") { list in
        for step in explanation.steps.dropFirst() {
          list.object { text in
            text.member("model", step.model)
            append(step, to: &text)
          }
        }
      }
    }
  }

  private static func append(_ plan: RoutePlan, to text: inout JSONText) {
    switch plan {
    case .route: text.member("plan", "route" as StaticString)
    case .queue(let rejection): append("queue", rejection, to: &text)
    case .reject(let rejection): append("reject", rejection, to: &text)
    }
  }

  private static func append(
    _ plan: StaticString, _ rejection: Rejection, to text: inout JSONText
  ) {
    text.member("plan", plan)
    text.member("reason", rejection.token)
    text.member("message", rejection.message)
  }

  private static func append(_ step: RouteExplanation.Step, to text: inout JSONText) {
    text.array("aliases") { for hop in step.hops { $0.value(hop) } }
    text.array("policies") { for pattern in step.policies { $0.value(pattern) } }
    text.member("required_zone", step.zone > .open ? step.zone.rawValue : nil)
    text.member("required_tier", step.minTier)
    text.array("entries") { list in
      for entry in step.entries { list.object { append(entry, to: &$0) } }
    }
  }

  private static func append(_ entry: RouteExplanation.Entry, to text: inout JSONText) {
    text.member("backend", entry.backend)
    text.member("model", entry.model)
    switch entry.outcome {
    case .kept(let rank, let load, let score):
      text.member("rank", rank)
      text.member("in_flight", load.inFlight)
      let latency = load.latencyMicroseconds
      text.member("avg_latency_ms", latency == 0 ? nil : Int(latency + 500) / 1_000)
      if let score { text.object("score") { append(score, to: &$0) } }
    case .dropped(let stage, let reason):
      text.member("dropped_by", stage.rawValue)
      text.member("reason", reason.token)
      text.member("remedy", reason.remedy)
    }
  }

  private static func append(_ score: Score, to text: inout JSONText) {
    text.member("total", rounded(score.total))
    for term in score.terms { text.member(term.name, rounded(term.value)) }
  }

  private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

import Config
import Control
import Drivers
import Fleet
import Net
import Routing
import Text

/// Where a request goes and why, as JSON.
enum RouteReport {
  /// What `POST /explain` answers: where a request would go now.
  static func json(
    _ facts: RequestFacts, _ view: GatewayView, _ ledger: BudgetLedger
  ) -> [UInt8] {
    var facts = facts
    facts.spending = facts.spending.within(view.rules.budget, ledger)
    let policy = view.rules.routing
    let loads = LiveLoads(at: MonotonicClock.milliseconds())
    let plan = Router.plan(facts, view.fleet, policy, loads: loads)
    let explanation = Router.explain(facts, view.fleet, policy, loads: loads)
    return JSONText.object { append(facts, plan, explanation, view.fleet, to: &$0) }
  }

  /// What was asked for, what was decided, and what became of every backend on the way.
  static func append(
    _ facts: RequestFacts, _ plan: RoutePlan, _ explanation: RouteExplanation,
    _ fleet: FleetSnapshot, to text: inout JSONText
  ) {
    append(facts, to: &text)
    text.member("resolved", explanation.resolved)
    append(plan, to: &text)
    append(explanation.steps[0], facts, fleet, to: &text)
    text.array("fallbacks") { list in
      for step in explanation.steps.dropFirst() {
        list.object { text in
          text.member("model", step.model)
          append(step, facts, fleet, to: &text)
        }
      }
    }
  }

  /// What was asked for.
  static func append(_ facts: RequestFacts, to text: inout JSONText) {
    text.member("model", facts.model)
    text.member("operation", facts.operation.name)
    text.member("mode", facts.mode.rawValue)
    text.member("prompt_tokens_estimated", facts.prompt.tokens())
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

  private static func append(
    _ step: RouteExplanation.Step, _ facts: RequestFacts, _ fleet: FleetSnapshot,
    to text: inout JSONText
  ) {
    text.array("aliases") { for hop in step.hops { $0.value(hop) } }
    text.array("policies") { for pattern in step.policies { $0.value(pattern) } }
    text.member("required_zone", step.zone > .open ? step.zone.rawValue : nil)
    text.member("required_tier", step.minTier)
    text.array("entries") { list in
      for (member, entry) in zip(fleet.members, step.entries) {
        list.object { append(entry, facts, member, to: &$0) }
      }
    }
  }

  private static func append(
    _ entry: RouteExplanation.Entry, _ facts: RequestFacts, _ member: FleetMember,
    to text: inout JSONText
  ) {
    text.member("backend", entry.backend)
    text.member("model", entry.model)
    text.member("status", member.statusName)
    let model = member.models.first { $0.id == entry.model }
    let zone = model?.report.isRemote == true ? .open : member.backend.zone
    text.member("zone", zone.rawValue)
    text.member("tier", member.backend.tier)
    switch entry.outcome {
    case .kept(let rank, let load, let score):
      text.member("rank", rank)
      text.member("in_flight", load.inFlight)
      text.member("leaving", load.isLeaving)
      let latency = load.latencyMicroseconds
      let cached = Double(facts.warm.bytes(at: member.backend.key)) / load.bytesPerToken
      text.member("cached_tokens", Int(cached))
      text.member("avg_latency_ms", latency == 0 ? nil : Int(latency + 500) / 1_000)
      if let score { text.object("score") { append(score, to: &$0) } }
    case .notChosen: text.member("rank", Int?.none)
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

import Config
import Drivers
import Fleet
import Routing
import Text

/// Why a request went where it went: for every backend, its rank or what stood in the way.
enum RouteView {
  private static let limit = 100

  static func html(_ decision: Decision) -> HTMLText {
    let basis = decision.state.basis
    guard let view = basis.view else {
      return "<h2>Why</h2><p>The fleet of that time is not remembered any more.</p>"
    }
    let explanation = Router.explain(
      decision.facts, view.fleet, view.rules.routing, recorded: basis.loads, draw: basis.draw)
    var html: HTMLText = "<h2>Why it went there</h2>"
    html.add(plan(decision.facts, view, basis))
    for (index, step) in explanation.steps.enumerated() {
      html.add(self.step(step, isFirst: index == 0, view.fleet))
    }
    if basis.loads.isPartial {
      html.add("<p>Of backends that were not looked at, no load was recorded.</p>")
    }
    return html
  }

  private static func plan(
    _ facts: RequestFacts, _ view: GatewayView, _ basis: Decision.Basis
  ) -> HTMLText {
    let plan = Router.plan(
      facts, view.fleet, view.rules.routing, loads: basis.loads, draw: basis.draw)
    let size: HTMLText = "\(Figures.count(facts.prompt.tokens()))"
    let asked: HTMLText = """
      <p>\(facts.operation.name) for \(Piece.name(facts.model, longest: 80)), about \(size) prompt \
      tokens, \(facts.mode.rawValue) mode.</p>
      """
    switch plan {
    case .route: return asked
    case .queue(let rejection):
      return "\(asked)<p>It had to wait: \(rejection.message.cut(to: 600))</p>"
    case .reject(let rejection):
      return
        #"\#(asked)<p class="fault">\#(Piece.icon("bad"))\#(rejection.message.cut(to: 600))</p>"#
    }
  }

  private static func step(
    _ step: RouteExplanation.Step, isFirst: Bool, _ fleet: FleetSnapshot
  ) -> HTMLText {
    var html: HTMLText =
      "<h3>\(isFirst ? "" : "Fallback: ")\(Piece.name(step.model, longest: 80))</h3>"
    var rules: [HTMLText] = []
    if !step.hops.isEmpty {
      rules.append("alias: \(step.hops.joined(separator: " → ").cut(to: 300))")
    }
    if !step.policies.isEmpty {
      rules.append("policies: \(step.policies.joined(separator: ", ").cut(to: 300))")
    }
    if step.zone > .open { rules.append("zone \(step.zone.rawValue) or stricter") }
    if let tier = step.minTier { rules.append("tier \(tier) or higher") }
    for rule in rules { html.add("<p>\(rule)</p>") }
    html.add(
      #"""
      <div class="scroll" role="region" tabindex="0" aria-label="Backends"><table class="list">\#
      <caption class="vh">Backends, as they stood for this model</caption><thead><tr>\#
      <th scope="col">Backend</th><th scope="col">Verdict</th><th scope="col">Because</th></tr></thead><tbody>
      """#)
    let entries = step.entries.sorted { order($0) < order($1) }
    for entry in entries.prefix(limit) { html.add(row(entry)) }
    html.add("</tbody></table></div>")
    if entries.count > limit {
      html.add(#"<p class="more">\#(entries.count - limit) more in the JSON</p>"#)
    }
    return html
  }

  /// The chosen first, then what came near.
  private static func order(_ entry: RouteExplanation.Entry) -> Int {
    switch entry.outcome {
    case .kept(let rank, _, _): rank
    case .notChosen: 1_000_000
    case .dropped(let stage, _): 2_000_000 - stage.number
    }
  }

  private static func row(_ entry: RouteExplanation.Entry) -> HTMLText {
    let verdict: HTMLText
    let reason: HTMLText
    switch entry.outcome {
    case .kept(let rank, let load, let score):
      let words: HTMLText = rank == 0 ? "first choice" : "choice \(rank + 1)"
      verdict = #"<span class="st ok">\#(Piece.icon("ok"))\#(words)</span>"#
      let latency = load.latencyMicroseconds
      let known: HTMLText =
        latency == 0
        ? "" : ", \(Figures.duration(milliseconds: (latency + 500) / 1_000)) on average"
      reason = "\(load.inFlight) in flight\(known)\(score.map(self.score) ?? "")"
    case .notChosen:
      verdict = #"<span class="st mute">\#(Piece.icon("pause"))not chosen</span>"#
      reason = "it could have served"
    case .dropped(let stage, let why):
      verdict = #"<span class="st bad">\#(Piece.icon("bad"))no: \#(stage.rawValue)</span>"#
      reason = "\(why.token): \(why.remedy)"
    }
    return #"""
      <tr><td data-l="Backend">\#(Piece.name(entry.backend))</td><td data-l="Verdict">\#(verdict)</td>\#
      <td data-l="Because">\#(reason)</td></tr>
      """#
  }

  private static func score(_ score: Score) -> HTMLText {
    var html: HTMLText =
      #"<details><summary>score \#(Figures.decimal(score.total))</summary><dl class="facts">"#
    for term in score.terms {
      html.add("<div><dt>\(term.name.split(separator: "_").joined(separator: " "))</dt>")
      html.add("<dd>\(Figures.decimal(term.value))</dd></div>")
    }
    html.add("</dl></details>")
    return html
  }
}

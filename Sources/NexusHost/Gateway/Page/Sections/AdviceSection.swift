import Control
import Text

/// What use suggests about which models to keep where; nothing where that is switched off.
enum AdviceSection {
  private static let limit = 10

  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let advice = snapshot.advice
    guard advice.isEnabled else { return #"<div id="advice" hidden></div>"# }
    var html: HTMLText = #"""
      <div id="advice"><section class="panel" aria-labelledby="h-advice">\#
      <h2 id="h-advice">Recommendations</h2>
      """#
    if advice.recommendations.isEmpty {
      let demand = advice.demand
      html.add(
        Piece.empty(
          """
          No advice yet. A model is judged from \(demand.requestsNeeded) requests over \
          \(demand.daysNeeded) days on; \(demand.judged) of \(demand.models) models are.
          """))
    } else {
      html.add(#"<ul class="jobs">"#)
      for one in advice.recommendations.prefix(limit) {
        html.add(
          #"""
          <li data-key="\#(one.id)"><b>\#(Piece.name(one.model, longest: 48))</b> \#
          <span class="tag">confidence \#(Figures.percent(one.confidence))</span>\#
          <p>\#(one.reasoning.cut(to: 500))</p><code>\#(one.command.cut(to: 300))</code></li>
          """#)
      }
      html.add("</ul>")
    }
    html.add("</section></div>")
    return html
  }
}

import Control
import Fleet
import Text

/// The figures at the top: whether people are served, how many and how fast.
enum SummarySection {
  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let fleet = snapshot.view.fleet
    let totals = snapshot.totals
    let healthy = fleet.routableCount
    let all = fleet.members.count
    let mark: (icon: StaticString, tone: StaticString) =
      all == 0
      ? ("ask", "mute")
      : healthy == all ? ("ok", "ok") : healthy > 0 ? ("wait", "warn") : ("bad", "bad")
    var html: HTMLText = #"<div id="summary" class="tiles">"#
    html.add(
      tile(
        "Backends healthy", "\(healthy)<small> / \(all)</small>",
        "\(Piece.icon(mark.icon)) \(words(healthy, all))", tone: mark.tone))
    html.add(
      tile(
        "Requests", "\(Figures.count(totals.requests))", "since the start"))
    html.add(
      tile(
        "Requests per minute", "\(Figures.rate(totals.requestsPerMinute))", "last minute"))
    html.add(
      tile(
        "Error share", "\(Figures.percent(totals.errorShare))",
        "last minute; \(Figures.count(totals.errors)) in all",
        tone: totals.errorShare >= 0.05 ? "bad" : totals.errorShare > 0 ? "warn" : ""))
    html.add(
      tile("Tokens per second", "\(Figures.rate(totals.tokensPerSecond))", "last 10 seconds"))
    html.add(
      tile("In flight", "\(Figures.count(snapshot.requestsUnderWay))", "being served"))
    let queue = snapshot.queue
    html.add(
      tile(
        "Queue",
        queue.limit > 0
          ? "\(queue.depth)<small> / \(queue.limit)</small>" : "off",
        queue.limit > 0 ? "wait for a backend" : "nobody waits for a backend",
        tone: queue.depth > 0 ? "warn" : ""))
    html.add(
      tile(
        "Models", "\(Figures.count(fleet.modelTable.rows.count))", "on all backends"))
    html.add("</div>")
    return html
  }

  private static func words(_ healthy: Int, _ all: Int) -> HTMLText {
    if all == 0 { return "none known yet" }
    if healthy == all { return "all take requests" }
    return healthy == 0 ? "none takes requests" : "\(all - healthy) cannot serve"
  }

  private static func tile(
    _ name: HTMLText, _ value: HTMLText, _ detail: HTMLText, tone: StaticString = ""
  ) -> HTMLText {
    #"<dl class="tile \#(tone)"><dt>\#(name)</dt><dd><b>\#(value)</b><span>\#(detail)</span></dd></dl>"#
  }
}

/// Which gateway this is and of when the page is: all that changes though nothing happens.
enum ClockSection {
  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let now = Figures.time(snapshot.unixMilliseconds / 1_000)
    let uptime = Figures.uptime(seconds: snapshot.uptimeSeconds)
    return #"""
      <p id="clock"><span>Up <b>\#(uptime)</b></span> <span>Updated \#(now)<span class="nojs"> UTC</span></span></p>
      """#
  }
}

/// What the month has cost, where there is a limit.
enum BudgetSection {
  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    guard let budget = snapshot.budget, budget.limit > 0 else {
      return #"<div id="budget" hidden></div>"#
    }
    let share = Double(budget.spent + budget.reserved) / Double(budget.limit)
    let mark: (tone: StaticString, icon: StaticString, words: HTMLText)
    switch budget.level {
    case .normal: mark = ("ok", "ok", "within the budget")
    case .soft: mark = ("warn", "wait", "near the limit: what costs nothing is preferred")
    case .hard: mark = ("bad", "bad", "limit reached")
    }
    let spent = permille(budget.spent, of: budget.limit)
    let reserved = permille(budget.reserved, of: budget.limit)
    let soft = Int(max(0, min(1, budget.softShare)) * 1_000)
    return #"""
      <div id="budget"><section class="panel budget" aria-labelledby="h-budget">
      <h2 id="h-budget">Budget \#(budget.month)</h2>
      <p><b>\#(Figures.dollars(budget.spent))</b> of \#(Figures.dollars(budget.limit)) spent, \#
      \#(Figures.dollars(budget.reserved)) reserved for requests under way</p>
      <svg class="gauge \#(mark.tone)" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" \#
      aria-label="\#(Figures.percent(share)) of the budget">
      <rect class="rail" width="1000" height="14"/><rect class="fill" width="\#(spent)" height="14"/>
      <rect class="fill half" x="\#(spent)" width="\#(min(reserved, 1_000 - spent))" height="14"/>
      <rect class="tick" x="\#(soft)" width="2" height="14"/></svg>
      <p class="st \#(mark.tone)">\#(Piece.icon(mark.icon))\#(Figures.percent(share)): \#(mark.words)</p>
      </section></div>
      """#
  }

  private static func permille(_ part: Int64, of all: Int64) -> Int {
    Int(max(0, min(1, Double(part) / Double(all))) * 1_000)
  }
}

import Config
import Control
import Drivers
import Fleet
import HTTP
import Net
import Text

/// A card for every backend: how it is, what it does and how well.
enum FleetSection {
  /// Most cards that are shown.
  static let limit = 100
  private static let chips = 6

  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let members = snapshot.view.fleet.members
    var html: HTMLText = #"<div id="fleet">"#
    if members.isEmpty {
      html.add(
        Piece.empty(
          """
          <b>No backend yet.</b> Start Ollama, LM Studio, llama.cpp or vLLM on this machine or in \
          this network: they are found by themselves. Or name one: \
          <code>nexus backends add http://HOST:PORT</code>
          """))
    } else {
      let jobs = snapshot.jobs.filter { !$0.state.isOver }
      html.add(#"<div class="cards">"#)
      for (index, member) in members.prefix(limit).enumerated() {
        let figures = index < snapshot.backends.count ? snapshot.backends[index] : .init()
        html.add(card(member, figures, jobs))
      }
      html.add("</div>")
      if members.count > limit {
        html.add(
          #"<p class="more">\#(members.count - limit) more: <code>nexus backends</code></p>"#)
      }
    }
    html.add("</div>")
    return html
  }

  private static func card(
    _ member: FleetMember, _ figures: LiveSnapshot.BackendFigures, _ jobs: [ModelJob]
  ) -> HTMLText {
    let backend = member.backend
    let mark = StateMark(member)
    var html: HTMLText = #"""
      <article class="card \#(mark.tone)" data-key="\#(backend.id)"><header>\#
      <h3>\#(Piece.name(backend.name, longest: 48))</h3>\#(mark.html)</header>\#
      <p class="where"><b>\#(backend.kind?.type ?? "type unknown")</b> \#
      <bdi class="url">\#(backend.endpoint.authority.cut(to: 80))</bdi></p><p class="tags">\#
      <span class="tag" title="Privacy zone: which prompts it may see">\#(Piece.icon("lock"))\#
      \#(backend.zone.rawValue)</span> <span class="tag" title="How capable its models are, 1 to 5">\#
      tier \#(backend.tier)</span> <span class="tag" title="Lower is preferred">\#
      priority \#(backend.priority)</span></p>
      """#
    html.add(load(member))
    html.add(facts(member, figures))
    html.add(Sparkline.html(figures.latencies))
    html.add(memory(member))
    for job in jobs where job.source == backend.name || job.target == backend.name {
      html.add(JobSection.progress(job))
    }
    if !member.detail.isEmpty {
      html.add(
        #"<p class="fault">\#(Piece.icon("bad"))<bdi>\#(member.detail.cut(to: 300))</bdi></p>"#)
    }
    html.add(checked(figures.lastCheck, member))
    html.add("</article>")
    return html
  }

  /// Requests under way there beside how many it takes.
  private static func load(_ member: FleetMember) -> HTMLText {
    let inFlight = max(0, member.backend.load.inFlight)
    let slots = member.loads.map(\.slots).max() ?? 0
    let limit = member.backend.maxConcurrent ?? slots
    let others: HTMLText =
      member.foreignRequests > 0 ? ", \(member.foreignRequests) of others" : ""
    guard limit > 0 else {
      return #"<p class="load"><span>In flight</span> <b>\#(inFlight)\#(others)</b></p>"#
    }
    let width = min(100, inFlight * 100 / limit)
    return #"""
      <p class="load"><span>In flight</span> <b>\#(inFlight) / \#(limit)\#(others)</b>\#
      <svg class="gauge\#(" full", if: width >= 100)" viewBox="0 0 100 4" preserveAspectRatio="none" \#
      aria-hidden="true"><rect class="rail" width="100" height="4"/>\#
      <rect class="fill" width="\#(width)" height="4"/></svg></p>
      """#
  }

  private static func facts(
    _ member: FleetMember, _ figures: LiveSnapshot.BackendFigures
  ) -> HTMLText {
    let load = member.backend.load
    let quality = load.quality.figures
    let hour = load.quality.recent.hour
    let firstToken: HTMLText =
      quality.firstToken == 0 ? "–" : "\(Figures.duration(milliseconds: quality.firstToken))"
    let latency = load.latencyMicroseconds
    let average: HTMLText =
      latency == 0 ? "–" : "\(Figures.duration(milliseconds: (latency + 500) / 1_000))"
    let errors: HTMLText =
      hour.total == 0
      ? "–" : "\(Figures.percent(Double(hour.failed) / Double(hour.total)))"
    let isBad = hour.total > 0 && hour.failed * 20 >= hour.total
    return #"""
      <dl class="facts"><div><dt>Requests</dt><dd>\#(Figures.count(figures.requests))</dd></div>\#
      <div><dt>Tokens/s</dt><dd>\#(Figures.rate(figures.tokensPerSecond))</dd></div>\#
      <div><dt>First token</dt><dd>\#(firstToken)</dd></div>\#
      <div><dt>Avg latency</dt><dd>\#(average)</dd></div>\#
      <div><dt>Errors, 1 h</dt><dd\#(#" class="bad""#, if: isBad)>\#(errors)</dd></div>\#
      <div><dt>Circuit</dt>\#(circuit(load))</div></dl>
      """#
  }

  private static func circuit(_ load: BackendLoad) -> HTMLText {
    switch load.circuit.reading(at: MonotonicClock.milliseconds()) {
    case .closed: "<dd>closed</dd>"
    case .onTrial: #"<dd class="warn">half open</dd>"#
    case .open(let opening):
      #"""
      <dd class="bad" title="Nothing is sent there for a while">open: \#
      \#(opening.cause.name.split(separator: "_").joined(separator: " "))</dd>
      """#
    }
  }

  private static func memory(_ member: FleetMember) -> HTMLText {
    let loaded = member.models.filter { $0.report.residency == .loaded }
    let count = member.models.count
    var html: HTMLText = #"<div class="mem"><span>In memory</span> "#
    if count == 0 {
      html.add(#"<span class="none">no models</span>"#)
    } else if loaded.isEmpty {
      let isKnown = member.models.contains { $0.report.residency != .unknown }
      html.add(
        #"""
        <span class="none">\#(isKnown ? "none of " : "not told, ")\#(count) \#
        model\#("s", if: count != 1)</span>
        """#)
    } else {
      for model in loaded.prefix(chips) {
        html.add(#"<span class="chip">\#(Piece.name(model.id, longest: 28))</span> "#)
      }
      html.add(#"<span class="none">\#(loaded.count) of \#(count)</span>"#)
    }
    if member.memoryTotal > 0 {
      html.add(
        #"""
        <span class="none">· \#(Figures.bytes(member.memoryFree)) of \#
        \#(Figures.bytes(member.memoryTotal)) free</span>
        """#)
    }
    html.add("</div>")
    return html
  }

  private static func checked(_ moment: Int64?, _ member: FleetMember) -> HTMLText {
    let source = member.backend.source.listedName
    let version: HTMLText =
      member.serverVersion.isEmpty ? "" : ", version \(member.serverVersion.cut(to: 40))"
    guard let moment else { return "<footer>Not checked yet, \(source)\(version)</footer>" }
    return "<footer>Checked \(Figures.time(moment, ago: true)), \(source)\(version)</footer>"
  }
}

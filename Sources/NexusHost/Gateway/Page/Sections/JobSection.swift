import Control
import Text

/// What is being done about models' places in memory, and what was.
enum JobSection {
  private static let limit = 20

  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    var html: HTMLText = #"<div id="jobs">"#
    if snapshot.jobs.isEmpty {
      html.add(
        Piece.empty(
          "Nothing is being loaded. <code>nexus models load MODEL BACKEND</code> brings a model into memory."
        ))
    } else {
      html.add(#"<ul class="jobs">"#)
      for job in snapshot.jobs.prefix(limit) { html.add(row(job)) }
      html.add("</ul>")
    }
    html.add("</div>")
    return html
  }

  /// A job that is under way, with how far it is.
  static func progress(_ job: ModelJob) -> HTMLText {
    let percent: HTMLText = job.permille.map { " \($0 / 10) %" } ?? ""
    return #"""
      <p class="job">\#(Piece.icon("clock"))<span>\#(verb(job.kind)) \#
      \#(Piece.name(job.model, longest: 40))\#(percent)</span>\#(bar(job))</p>
      """#
  }

  private static func bar(_ job: ModelJob) -> HTMLText {
    guard let permille = job.permille, !job.state.isOver else { return "" }
    return #"""
      <progress max="1000" value="\#(permille)" aria-label="\#(verb(job.kind)) \#(job.model)"></progress>
      """#
  }

  private static func row(_ job: ModelJob) -> HTMLText {
    let mark: (icon: StaticString, tone: StaticString)
    switch job.state {
    case .pending: mark = ("pause", "mute")
    case .inProgress: mark = ("clock", "warn")
    case .completed: mark = ("ok", "ok")
    case .failed: mark = ("bad", "bad")
    case .cancelled: mark = ("pause", "mute")
    }
    let places = [job.source, job.target].compactMap { $0 }
    var html: HTMLText = #"""
      <li data-key="\#(job.id)"><span class="st \#(mark.tone)">\#(Piece.icon(mark.icon))\#
      \#(word(job.state))</span> <span class="what">\#(noun(job.kind)) of \#
      \#(Piece.name(job.model, longest: 48))
      """#
    for (index, place) in places.enumerated() {
      html.add(index == 0 ? " on \(Piece.name(place))" : " → \(Piece.name(place))")
    }
    if let permille = job.permille, !job.state.isOver { html.add(", \(permille / 10) %") }
    if let left = job.remaining, !job.state.isOver {
      html.add(", about \(Figures.duration(milliseconds: left)) left")
    }
    html.add("</span> \(Figures.time(job.started / 1_000, ago: true))\(bar(job))")
    let words = job.failure ?? job.detail
    if !words.isEmpty { html.add("<p>\(words.cut(to: 300))</p>") }
    html.add("</li>")
    return html
  }

  private static func verb(_ kind: ModelJob.Kind) -> StaticString {
    switch kind {
    case .load: "Loading"
    case .unload: "Unloading"
    case .migrate: "Moving"
    }
  }

  private static func noun(_ kind: ModelJob.Kind) -> StaticString {
    switch kind {
    case .load: "Load"
    case .unload: "Unload"
    case .migrate: "Move"
    }
  }

  private static func word(_ state: ModelJob.State) -> StaticString {
    switch state {
    case .pending: "pending"
    case .inProgress: "in progress"
    case .completed: "completed"
    case .failed: "failed"
    case .cancelled: "cancelled"
    }
  }
}

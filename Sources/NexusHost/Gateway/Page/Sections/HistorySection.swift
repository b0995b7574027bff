import Drivers
import Fleet
import Text

/// The requests that have ended, the newest first.
enum HistorySection {
  static func html(_ entries: [HistoryEntry], isFiltered: Bool = false) -> HTMLText {
    var html: HTMLText = #"<div id="history">"#
    if entries.isEmpty {
      html.add(
        isFiltered
          ? Piece.empty(#"No request matches. <a href="/#h-history">Show all</a>"#)
          : Piece.empty(
            """
            No request yet. Point a client at <code>/v1</code> of this address, or send one from the \
            <a href="#h-play">playground</a>.
            """))
    } else {
      html.add(
        #"""
        <div class="scroll" role="region" tabindex="0" aria-label="Requests that have ended">\#
        <table class="list"><caption class="vh">Requests that have ended, the newest first</caption>\#
        <thead><tr><th scope="col">Time<span class="nojs"> (UTC)</span></th><th scope="col">Status</th>\#
        <th scope="col">Model</th><th scope="col">Backend</th><th scope="col" class="n">Duration</th>\#
        <th scope="col" class="n">Tokens</th><th scope="col" class="n">Cost</th>\#
        <th scope="col">Route</th></tr></thead><tbody>
        """#)
      for entry in entries { html.add(row(entry)) }
      html.add("</tbody></table></div>")
    }
    html.add("</div>")
    return html
  }

  private static func row(_ entry: HistoryEntry) -> HTMLText {
    let course = RequestCourse(entry)
    let last = course.tries.last
    let id = String(decoding: course.id, as: UTF8.self)
    let model = last?.model.id ?? String(decoding: entry.model, as: UTF8.self)
    let name: HTMLText = model.isEmpty ? "–" : Piece.name(model, longest: 50)
    var marks = HTMLText()
    if course.isStream {
      marks.add(
        #"<span class="mk" title="streamed">\#(Piece.icon("flow"))<span class="vh">stream</span></span>"#
      )
    }
    if last?.isFallback == true {
      marks.add(
        #"<span class="mk warn" title="served by a fallback">\#(Piece.icon("turn"))<span class="vh">fallback</span></span>"#
      )
    }
    return #"""
      <tr data-key="\#(entry.place.text)" data-s="\#(course.outcome.name)">\#
      <td data-l="Time"><a class="rq" href="/requests/\#(segment: id)">\#(Figures.time(entry.unixSeconds))</a></td>\#
      <td data-l="Status">\#(course.status)</td><td data-l="Model">\#(name) \#(marks)</td>\#
      <td data-l="Backend">\#(last.map { Piece.name($0.backend.name) } ?? "none")</td>\#
      <td data-l="Duration" class="n">\#(Figures.duration(milliseconds: course.milliseconds))</td>\#
      <td data-l="Tokens" class="n">\#(tokens(entry.usage))</td>\#
      <td data-l="Cost" class="n">\#(entry.cost.map { "\(Figures.dollars($0))" as HTMLText } ?? "–")</td>\#
      <td data-l="Route">\#(course.reason)</td></tr>
      """#
  }

  private static func tokens(_ usage: TokenUsage?) -> HTMLText {
    guard let usage else { return "–" }
    let input: HTMLText = usage.input.map { "\(Figures.count($0))" } ?? "?"
    let output: HTMLText = usage.output.map { "\(Figures.count($0))" } ?? "?"
    return #"<span title="prompt → answer">\#(input) → \#(output)</span>"#
  }
}

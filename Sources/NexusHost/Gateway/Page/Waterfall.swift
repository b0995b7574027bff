import Drivers
import Fleet
import Text

/// The tries of a request over its time.
enum Waterfall {
  static func html(_ course: RequestCourse) -> HTMLText {
    guard !course.tries.isEmpty else { return "" }
    let all = max(1, course.ended > course.started ? course.ended - course.started : 1)
    func place(_ moment: UInt64) -> Int {
      moment > course.started ? Int(min(1_000, (moment - course.started) * 1_000 / all)) : 0
    }
    var html: HTMLText = #"""
      <h2>Attempts</h2><div class="scroll" role="region" tabindex="0" aria-label="Attempts">\#
      <table class="list fall"><caption class="vh">Attempts in order</caption><thead><tr>\#
      <th scope="col">Backend</th><th scope="col">Outcome</th><th scope="col" class="n">Began</th>\#
      <th scope="col" class="n">Took</th><th scope="col">Time</th></tr></thead><tbody>
      """#
    if let wait = course.queueWait {
      html.add(row("in the queue", "waited", 0, wait, bar("wait", 0, place(course.started + wait))))
    }
    for one in course.tries {
      let began = one.started > course.started ? one.started - course.started : 0
      let took = one.ended > one.started ? one.ended - one.started : 0
      let (tone, word) = outcome(one.result)
      let first: Int? =
        one.result == .answered && course.firstByte > one.started ? place(course.firstByte) : nil
      html.add(
        row(
          #"\#(Piece.name(one.backend.name)) <span class="none">\#(Piece.name(one.model.id, longest: 40))</span>"#,
          word, began,
          took,
          bar(tone, place(one.started), place(one.ended), first)))
    }
    html.add("</tbody></table></div>")
    return html
  }

  private static func row(
    _ name: HTMLText, _ outcome: HTMLText, _ began: UInt64, _ took: UInt64, _ bar: HTMLText
  ) -> HTMLText {
    #"""
    <tr><td data-l="Backend">\#(name)</td><td data-l="Outcome">\#(outcome)</td>\#
    <td data-l="Began" class="n">\#(Figures.duration(milliseconds: began / 1_000_000))</td>\#
    <td data-l="Took" class="n">\#(Figures.duration(milliseconds: took / 1_000_000))</td>\#
    <td class="time">\#(bar)</td></tr>
    """#
  }

  /// From and to in thousandths of the request's time, with a mark at the first token.
  private static func bar(
    _ tone: StaticString, _ from: Int, _ to: Int, _ first: Int? = nil
  ) -> HTMLText {
    let mark: HTMLText =
      first.map { #"<rect class="mark" x="\#($0)" width="4" height="14"/>"# } ?? ""
    return #"""
      <svg class="fallbar" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">\#
      <rect class="rail" width="1000" height="14"/>\#
      <rect class="b-\#(tone)" x="\#(min(from, 994))" width="\#(max(6, to - from))" height="14"/>\#(mark)</svg>
      """#
  }

  private static func outcome(_ result: RequestRecord.Try.Result) -> (StaticString, HTMLText) {
    switch result {
    case .open: ("mute", "unfinished")
    case .abandoned: ("mute", "another one was faster")
    case .answered: ("ok", "answered")
    case .failed(let code): ("bad", "failed: \(code.name)")
    }
  }
}

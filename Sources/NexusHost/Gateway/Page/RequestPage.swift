import Config
import Drivers
import Fleet
import Net
import Text

/// What became of one request and why it went where it went: the page at "/requests/ID".
enum RequestPage {
  /// Nil if the request is not remembered.
  static func html(_ id: [UInt8], _ shared: GatewayShared, historySize: Int) -> [UInt8]? {
    let decision = shared.decisions.find(id)
    var course = decision.flatMap { RequestCourse($0) }
    if decision == nil {
      // Requests that were refused before they were routed are in the history only.
      let kept = KeptID(id)
      shared.history.forEach(ofLast: historySize) { entry in
        if entry.id == kept { course = RequestCourse(entry) }
        return course == nil
      }
    }
    guard decision != nil || course != nil else { return nil }
    let name = String(decoding: id, as: UTF8.self)
    var main: HTMLText = #"""
      <article class="request"><h1>Request <bdi>\#(name.cut(to: 128))</bdi></h1>
      """#
    if let course {
      main.add(facts(course))
      main.add(Waterfall.html(course))
    } else if let decision {
      main.add(
        """
        <p>It is being served since \
        \(Figures.duration(milliseconds: RequestCourse.milliseconds(decision.started, MonotonicClock.nanoseconds()))).</p>
        """)
    }
    if let decision {
      main.add(RouteView.html(decision))
      main.add(
        #"<p class="more"><a href="/v1/explain/\#(segment: name)">The same as JSON</a></p>"#)
    } else {
      main.add("<p>It was refused before it was routed.</p>")
    }
    main.add("</article>")
    return document(title: "Request \(name.cut(to: 40))", main, refresh: course == nil ? "2" : nil)
  }

  /// Says that no such request is remembered.
  static func unknown(_ id: [UInt8]) -> [UInt8] {
    document(
      title: "No such request",
      #"""
      <article class="request"><h1>No such request</h1><p>\#(DecisionReport.unknown(id))</p>\#
      <p><a href="/#h-history">To the last requests</a></p></article>
      """#)
  }

  private static func document(
    title: HTMLText, _ main: HTMLText, refresh: HTMLText? = nil
  ) -> [UInt8] {
    PageFrame.document(
      title: "\(title) – Nexus", refresh: refresh,
      bar: #"<nav aria-label="Pages"><a href="/">Dashboard</a></nav>"#, main: main)
  }

  private static func facts(_ course: RequestCourse) -> HTMLText {
    let last = course.tries.last
    var html: HTMLText = #"<dl class="facts wide">"#
    func add(_ name: HTMLText, _ value: HTMLText?) {
      guard let value else { return }
      html.add("<div><dt>\(name)</dt><dd>\(value)</dd></div>")
    }
    add("Outcome", course.status)
    add("Asked for", course.model.isEmpty ? nil : Piece.name(course.model, longest: 80))
    add("Served by", last.map { "\(Piece.name($0.backend.name)), \($0.zone.rawValue)" })
    let served = last?.model.id
    add("Model", served == course.model ? nil : served.map { Piece.name($0, longest: 80) })
    add("Kind", "\(course.endpoint)\(", streamed", if: course.isStream)")
    add("Route", course.reason)
    add("Duration", "\(Figures.duration(milliseconds: course.milliseconds))")
    if course.firstByte > 0 {
      let first = RequestCourse.milliseconds(course.started, course.firstByte)
      add("First token", "\(Figures.duration(milliseconds: first))")
    }
    add(
      "In the queue", course.queueWait.map { "\(Figures.duration(milliseconds: $0 / 1_000_000))" })
    add("Prompt tokens", course.usage?.input.map { "\(Figures.count($0))" })
    add("Answer tokens", course.usage?.output.map { "\(Figures.count($0))" })
    add("Cached tokens", course.usage?.cached.map { "\(Figures.count($0))" })
    add("Cost", course.cost.map { "\(Figures.dollars($0))" })
    html.add("</dl>")
    if course.outcome != .success, !course.errorMessage.isEmpty {
      let words = SecretScrub.clean(course.errorMessage).cut(to: 1_000)
      html.add(#"<p class="fault">\#(Piece.icon("bad"))\#(words)</p>"#)
    }
    return html
  }
}

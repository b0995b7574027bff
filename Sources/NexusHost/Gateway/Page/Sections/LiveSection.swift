import Text

/// The requests that are being served, and how far each is.
enum LiveSection {
  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    var html: HTMLText = #"<div id="live">"#
    if snapshot.requests.isEmpty {
      html.add(
        Piece.empty(
          """
          No request at the moment. Clients reach all models at <code>/v1</code>; or send one from \
          the <a href="#h-play">playground</a>.
          """))
    } else {
      html.add(
        #"""
        <div class="scroll" role="region" tabindex="0" aria-label="Live requests"><table class="list">\#
        <caption class="vh">Requests being served, the oldest first</caption><thead><tr>\#
        <th scope="col">Phase</th><th scope="col">Model</th><th scope="col">Backend</th>\#
        <th scope="col" class="n">Age</th><th scope="col">Request</th></tr></thead><tbody>
        """#)
      for request in snapshot.requests { html.add(row(request)) }
      html.add("</tbody></table></div>")
      let more = snapshot.requestsUnderWay - snapshot.requests.count
      if more > 0 { html.add(#"<p class="more">\#(more) more</p>"#) }
    }
    html.add("</div>")
    return html
  }

  private static func row(_ request: LiveSnapshot.LiveRequest) -> HTMLText {
    let id = String(decoding: request.id.bytes, as: UTF8.self)
    let backend: HTMLText = request.backend.map { Piece.name($0) } ?? "–"
    let model = String(decoding: request.model, as: UTF8.self)
    return #"""
      <tr data-key="\#(id)"><td data-l="Phase">\#(phase(request.phase))</td>\#
      <td data-l="Model">\#(Piece.name(model, longest: 50))\#(marks(request))</td>\#
      <td data-l="Backend">\#(backend)</td>\#
      <td data-l="Age" class="n">\#(Figures.duration(milliseconds: max(0, request.age / 100 * 100)))</td>\#
      <td data-l="Request"><a class="rq" href="/requests/\#(segment: id)">\#(id.cut(to: 20))</a></td></tr>
      """#
  }

  private static func marks(_ request: LiveSnapshot.LiveRequest) -> HTMLText {
    var html: HTMLText = #" <span class="tag">\#(request.endpoint)</span>"#
    if request.isStream { html.add(#" <span class="tag">stream</span>"#) }
    if request.retries > 0 {
      html.add(#" <span class="tag warn">retry \#(request.retries)</span>"#)
    }
    return html
  }

  private static func phase(_ phase: LiveSnapshot.LiveRequest.Phase) -> HTMLText {
    switch phase {
    case .queued: #"<span class="st warn">\#(Piece.icon("pause"))queued</span>"#
    case .loading: #"<span class="st warn">\#(Piece.icon("clock"))loading the model</span>"#
    case .waiting:
      #"<span class="st info">\#(Piece.icon("clock"))waiting for first token</span>"#
    case .streaming(let rate):
      #"""
      <span class="st ok">\#(Piece.icon("flow"))streaming\#
      \#(rate.map { " at \(Figures.rate($0)) tokens/s" as HTMLText } ?? "")</span>
      """#
    }
  }
}

import Control
import Text

extension PageRenderer {
  /// What was asked for of the history, where something was.
  struct Filter {
    var model = ""
    var backend = ""
    var status = ""
    /// The requests that match; the last ones where nothing was asked for.
    var entries: [HistoryEntry]
    /// Why the query makes no sense.
    var error: String?

    var isActive: Bool { !(model.isEmpty && backend.isEmpty && status.isEmpty) || error != nil }
  }

  /// The page at "/", and the tag that stays as long as the facts in it do. `host`: by which name the
  /// client called us.
  static func page(
    _ snapshot: LiveSnapshot, filter: Filter? = nil, host: String
  ) -> (html: [UInt8], tag: EntityTag) {
    let parts = snapshot.renderings.page(snapshot)
    let asked = filter.map { "\($0.model)\n\($0.backend)\n\($0.status)" } ?? ""
    var hash = NameHash.of(bytes: "\(host)\n\(asked)".utf8, after: parts.hash)
    var found: [UInt8]?
    if let filter, filter.isActive {
      let html = history(filter).bytes
      hash = NameHash.of(bytes: html, after: hash)
      found = html
    }
    func part(_ name: String) -> HTMLText {
      HTMLText(trusted: name == "history" ? found ?? parts[name] : parts[name])
    }
    let html = PageFrame.document(
      title: "Nexus Dashboard", refresh: "5", bar: bar(snapshot, clock: part("clock")),
      main: main(part, filter, host: host))
    return (html, EntityTag("W/\"\(String(hash, radix: 36))\""))
  }

  private static func history(_ filter: Filter) -> HTMLText {
    guard let error = filter.error else {
      return HistorySection.html(filter.entries, isFiltered: true)
    }
    return #"""
      <div id="history"><p class="fault">\#(Piece.icon("bad"))\#(error)</p>\#
      <p><a href="/#h-history">Show all</a></p></div>
      """#
  }

  private static func bar(_ snapshot: LiveSnapshot, clock: HTMLText) -> HTMLText {
    #"""
    <small class="ver">\#(snapshot.version)</small>
    <nav aria-label="Sections"><a href="#h-fleet">Fleet</a><a href="#h-live">Live</a>\#
    <a href="#h-history">History</a><a href="#h-models">Models</a><a href="#h-play">Playground</a></nav>
    \#(clock)
    <noscript><p class="conn">Loads itself anew every 5 seconds</p></noscript>
    <p id="conn" class="conn js" role="status"><i class="dot"></i><span>Connecting…</span></p>
    <label class="js"><span class="vh">Theme</span><select id="theme"><option value="auto">Auto</option>\#
    <option value="light">Light</option><option value="dark">Dark</option></select></label>
    """#
  }

  private static func main(
    _ part: (String) -> HTMLText, _ filter: Filter?, host: String
  ) -> HTMLText {
    #"""
    <h1 class="vh">Nexus Dashboard</h1>
    <section aria-label="Summary">\#(part("summary"))\#(part("budget"))</section>
    <section aria-labelledby="h-fleet"><h2 id="h-fleet">Fleet</h2>\#(part("fleet"))</section>
    <section aria-labelledby="h-charts"><h2 id="h-charts">Last hour</h2>\#(part("charts"))</section>
    <div class="split"><section class="panel" aria-labelledby="h-live">\#
    <h2 id="h-live">Live requests</h2>\#(part("live"))</section>
    <section class="panel" aria-labelledby="h-jobs"><h2 id="h-jobs">Model jobs</h2>\#(part("jobs"))</section></div>
    <section class="panel" aria-labelledby="h-history"><div class="head"><h2 id="h-history">History</h2>\#
    \#(filterForm(filter))</div>\#(part("history"))</section>
    <section class="panel" aria-labelledby="h-models"><div class="head"><h2 id="h-models">Models</h2>\#
    <label class="js"><span class="vh">Show models whose name contains</span>\#
    <input type="search" id="find" placeholder="Filter models"></label></div>\#(part("models"))</section>
    \#(part("advice"))
    \#(Playground.html(pick: part("pick"), host: host))
    <footer class="foot"><a href="/v1/models">Models</a> <a href="/v1/stats">Statistics</a> \#
    <a href="/v1/history">History</a> <a href="/health">Health</a> <a href="/metrics">Metrics</a></footer>
    <dialog id="detail" aria-label="Request"><form method="dialog"><button>Close</button></form>\#
    <div id="detail-body"></div></dialog>
    """#
  }

  private static func filterForm(_ filter: Filter?) -> HTMLText {
    func option(_ value: StaticString, _ words: StaticString) -> HTMLText {
      let isChosen = filter?.status == "\(value)"
      return #"<option value="\#(value)"\#(" selected", if: isChosen)>\#(words)</option>"#
    }
    return #"""
      <form id="filter" class="filter" action="/#h-history"><label><span>Model</span>\#
      <input type="search" name="model" value="\#(filter?.model ?? "")" placeholder="Model"></label>\#
      <label><span>Backend</span><input type="search" name="backend" value="\#(filter?.backend ?? "")" \#
      placeholder="Backend"></label><label><span>Status</span><select name="status">\#
      \#(option("", "All"))\#(option("success", "Success"))\#(option("error", "Errors"))</select></label>\#
      <button class="nojs">Filter</button><span id="hits" role="status"></span></form>
      """#
  }
}

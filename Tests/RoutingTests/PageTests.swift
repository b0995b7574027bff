import Config
import Control
import Drivers
import Fleet
import Testing
import Text

@testable import Gateway

/// The page at "/", from values to HTML.
@Suite struct PageTests {
  private func snapshot(
    _ members: [FleetMember], time: Int64 = 1_700_000_000_000, uptime: Int = 90,
    history: [HistoryEntry] = [], requests: [LiveSnapshot.LiveRequest] = [],
    series: [LiveSnapshot.Point] = [], jobs: [ModelJob] = [],
    budget: LiveSnapshot.Budget? = nil, advice: AdviceReport? = nil
  ) -> LiveSnapshot {
    LiveSnapshot(
      number: 1, unixMilliseconds: time, uptimeSeconds: uptime, version: "1.2.3",
      view: GatewayView(
        fleet: FleetSnapshot(version: 1, members: members), rules: GatewayRules(Settings())),
      totals: .init(), queue: .init(), budget: budget, backends: members.map { _ in .init() },
      requests: requests, requestsUnderWay: requests.count, series: series, history: history,
      historyVersion: history.count, jobs: jobs,
      advice: advice ?? AdviceReport(isEnabled: false, generated: 0),
      renderings: LiveRenderings())
  }

  private func page(
    _ snapshot: LiveSnapshot, filter: PageRenderer.Filter? = nil
  ) -> (check: PageCheck, html: String, tag: EntityTag) {
    let (html, tag) = PageRenderer.page(snapshot, filter: filter, host: "gateway:8000")
    return (PageCheck(html), String(decoding: html, as: UTF8.self), tag)
  }

  private func entry(_ model: [UInt8], id: String) -> HistoryEntry {
    let record = RequestRecord()
    record.begin(at: 0)
    record.model = model
    record.refusal = "<i>\(id)</i>"
    record.answer(status: 404)
    record.end(at: 5_000_000)
    return HistoryEntry(record, id: Array(id.utf8), unixSeconds: 1_700_000_000)
  }

  private func section(_ name: String, _ snapshot: LiveSnapshot) -> String {
    let found = PageRenderer.sections(snapshot).first { "\($0.name)" == name }
    return String(decoding: found?.html ?? [], as: UTF8.self)
  }

  // MARK: Escaping

  @Test func namesFromOutsideAreText() {
    let names = [
      "<script>alert(1)</script>", #"" onmouseover="alert(1)"#, "'><img src=x onerror=alert(1)>",
      "a\u{2028}b\u{202E}c", "</title></style><h1>", "javascript:alert(1)", "%2e%2e/..",
    ]
    let members = names.map { name in
      FleetMember(
        backend: FleetFixture.member(name, models: []).backend, state: .down,
        models: [FleetFixture.model(name, has: [.chat, .vision])], detail: name,
        serverVersion: name)
    }
    let requests = names.map { name in
      LiveSnapshot.LiveRequest(
        id: KeptID(Array(name.utf8)), endpoint: "chat", model: Array(name.utf8), backend: name,
        phase: .waiting, age: 5, isStream: true, retries: 1)
    }
    let jobs = names.map { name in
      ModelJob(
        id: name, kind: .load, model: name, target: name, state: .inProgress, detail: name,
        started: 0)
    }
    let history =
      names.map { entry(Array($0.utf8), id: $0) } + [entry([0x3C, 0xFF, 0xC0, 0x22], id: "broken")]
    let snapshot = snapshot(members, history: history, requests: requests, jobs: jobs)
    let filter = PageRenderer.Filter(
      model: names[1], backend: names[2], status: names[0], entries: [], error: names[2])
    for page in [page(snapshot), page(snapshot, filter: filter)] {
      #expect(page.check.offences == [])
      #expect(page.check.tags.count { $0.name == "script" } == 1)
      #expect(!page.check.tags.contains { $0.name == "img" })
      #expect(page.check.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    }
    let links = page(snapshot).check.tags.filter { $0["class"] == "rq" }.compactMap { $0["href"] }
    #expect(links.contains("/requests/%3Cscript%3Ealert%281%29%3C%2Fscript%3E"))
  }

  // MARK: What is there

  @Test func everySectionIsInThePageUnderItsName() {
    let one = FleetFixture.member("box", models: [FleetFixture.model("m", context: 131_072)])
    for snapshot in [snapshot([]), snapshot([one])] {
      let page = page(snapshot)
      #expect(page.check.offences == [])
      for section in PageRenderer.sections(snapshot) {
        let check = PageCheck(section.html)
        #expect(check.faults == [], "\(section.name)")
        #expect(check.tags.first?["id"] == "\(section.name)")
        #expect(page.html.contains(String(decoding: section.html, as: UTF8.self)))
      }
    }
    #expect(section("models", snapshot([one])).contains("128k"))
  }

  @Test func whatIsEmptySaysWhatToDo() {
    let nothing = page(snapshot([])).html
    #expect(nothing.contains("No backend yet.") && nothing.contains("nexus backends add"))
    #expect(nothing.contains("No request yet."))
    #expect(nothing.contains("No request at the moment."))
    #expect(nothing.contains("no model can be reached"))
    #expect(nothing.contains(#"<div id="budget" hidden>"#))
    #expect(nothing.contains(#"<div id="advice" hidden>"#))
    #expect(
      section("models", snapshot([FleetFixture.member("a", models: [])])).contains("ollama pull"))
    let filter = PageRenderer.Filter(model: "x", entries: [])
    #expect(page(snapshot([]), filter: filter).html.contains("No request matches."))
  }

  @Test func statesAreWordsAndShapes() {
    let states: [(BackendHealth.State, String, String)] = [
      (.up, "healthy", "i-ok"), (.down, "unhealthy", "i-bad"), (.loading, "loading", "i-clock"),
      (.unknown, "unknown", "i-ask"),
    ]
    for (state, word, icon) in states {
      let html = section("fleet", snapshot([FleetFixture.member("a", state, models: [])]))
      #expect(html.contains("#\(icon)\"/></svg>\(word)"))
    }
    let html = section("fleet", snapshot([FleetFixture.member("a", models: [], isDraining: true)]))
    #expect(html.contains("#i-pause\"/></svg>draining"))
  }

  @Test func requestsShowTheirPhase() {
    func phase(_ phase: LiveSnapshot.LiveRequest.Phase) -> String {
      section(
        "live",
        snapshot(
          [],
          requests: [
            .init(
              id: KeptID([0x61]), endpoint: "chat", model: [0x6D], backend: nil, phase: phase,
              age: 1_234, isStream: true, retries: 0)
          ]))
    }
    #expect(phase(.queued).contains("queued"))
    #expect(phase(.loading).contains("loading the model"))
    #expect(phase(.waiting).contains("waiting for first token"))
    #expect(phase(.streaming(tokensPerSecond: 41.6)).contains("streaming at 42 tokens/s"))
    #expect(phase(.streaming(tokensPerSecond: nil)).contains("streaming</span>"))
  }

  @Test func theBudgetHasAGauge() {
    let budget = LiveSnapshot.Budget(
      spent: 15_000_000, reserved: 1_000_000, limit: 20_000_000, softShare: 0.75, level: .soft,
      month: "2026-11", action: .warn)
    let html = section("budget", snapshot([], budget: budget))
    #expect(html.contains("$15") && html.contains("80 %") && html.contains("near the limit"))
    #expect(html.contains(#"class="fill" width="750""#))
  }

  @Test func anHourBecomesLines() {
    var series: [LiveSnapshot.Point] = []
    for index in 0..<360 {
      var point = LiveSnapshot.Point()
      point.time = Int64(index * 10)
      point.requests = UInt64(index % 7)
      point.errors = index % 50 == 0 ? 1 : 0
      point.firstToken = index % 90 == 0 ? nil : 200
      point.tokensPerSecond = 40
      series.append(point)
    }
    let html = section("charts", snapshot([], series: series))
    #expect(PageCheck(Array(html.utf8)).faults == [])
    #expect(html.contains("200 ms at last, between 200 ms and 200 ms"))
    #expect(html.contains("errors"))
    let hour = ChartSection.Hour(series)
    #expect(hour.tokens.allSatisfy { $0 == 40 })
    // Half a minute holds three points; a rate per minute is twice what it counts.
    let all = hour.requests.compactMap { $0 }.reduce(0, +) / 2
    let expected = Double(series.reduce(0) { $0 + $1.requests })
    #expect(abs(all - expected) < 1)
    #expect([0.2, 1, 1.5, 3, 7, 11, 999].map(Chart.roundedUp) == [1, 1, 2, 5, 10, 20, 1_000])
  }

  // MARK: The tag

  @Test func theTagStaysWithTheFacts() {
    let member = FleetFixture.member("a", models: [])
    let tag = page(snapshot([member])).tag
    #expect(page(snapshot([member], time: 1_800_000_000_000, uptime: 9_999)).tag == tag)
    #expect(page(snapshot([])).tag != tag)
    #expect(page(snapshot([member], history: [entry([0x6D], id: "r")])).tag != tag)
    let filter = PageRenderer.Filter(status: "error", entries: [])
    #expect(page(snapshot([member]), filter: filter).tag != tag)
  }

  // MARK: Bounds

  @Test func aLargeFleetStaysBounded() {
    let models = (0..<1_000).map { FleetFixture.model("family/model-\($0):latest", has: [.chat]) }
    let members = (0..<150).map { FleetFixture.member("box-\($0)", models: models) }
    let snapshot = snapshot(members)
    let matrix = PageCheck(Array(section("models", snapshot).utf8))
    #expect(matrix.tags.count { $0.name == "tr" } == MatrixSection.rowLimit + 1)
    #expect(
      matrix.tags.count { $0.name == "td" } == MatrixSection.rowLimit
        * (MatrixSection.columnLimit + 2))
    #expect(matrix.text.contains("800 more models, 120 more backends"))
    let fleet = PageCheck(Array(section("fleet", snapshot).utf8))
    #expect(fleet.tags.count { $0.name == "article" } == FleetSection.limit)
    #expect(fleet.text.contains("50 more"))
    #expect(page(snapshot).html.utf8.count < 1 << 20)
  }

  @Test func longNamesAreCut() {
    let name = String(repeating: "é", count: 5_000)
    let member = FleetFixture.member(name, models: [FleetFixture.model(name)])
    #expect(page(snapshot([member])).html.utf8.count < 64 << 10)
  }

  // MARK: Words

  @Test func figuresAreReadable() {
    #expect(
      [0, 999, 1_000, 1_234_567, -1_234].map { Figures.count($0) } == [
        "0", "999", "1,000", "1,234,567", "-1,234",
      ])
    #expect(
      [0, 850, 1_250, 12_340, 65_000].map { Figures.duration(milliseconds: $0) } == [
        "0 ms", "850 ms", "1.25 s", "12.3 s", "1m 5s",
      ])
    #expect(
      [59, 420, 11_040, 190_800].map { Figures.uptime(seconds: $0) } == [
        "59s", "7m", "3h 4m", "2d 5h",
      ])
    #expect(
      [512, 8_192, 131_072, 200_000, 1_048_576].map { Figures.context($0) } == [
        "512", "8k", "128k", "200k", "1M",
      ])
    #expect([2_300, 0, 1_500_000].map { Figures.dollars($0) } == ["$0.0023", "$0", "$1.5"])
    #expect(Figures.percent(0.125) == "12.5 %" && Figures.decimal(.infinity) == "–")
  }

  @Test func browsersWantAPageAndProgramsDoNot() {
    #expect(AcceptField.prefersHTML("text/html,application/xhtml+xml,*/*;q=0.8"))
    #expect(!AcceptField.prefersHTML("*/*") && !AcceptField.prefersHTML(""))
    #expect(!AcceptField.prefersHTML("text/html;q=0.2, text/plain"))
    #expect(!AcceptField.prefersHTML("text/html;q=0"))
  }

  /// Pages are put together for everybody who asks; their parts are made once.
  @Test func partsAreMadeOnceForAllWhoLook() {
    let renderings = LiveRenderings()
    func snapshot(_ number: UInt64, _ version: String) -> LiveSnapshot {
      LiveSnapshot(
        number: number, unixMilliseconds: 0, uptimeSeconds: 0, version: version,
        view: GatewayView(fleet: FleetSnapshot(), rules: GatewayRules(Settings())), totals: .init(),
        queue: .init(), budget: nil, backends: [], requests: [], requestsUnderWay: 0, series: [],
        history: [], historyVersion: 0, jobs: [],
        advice: AdviceReport(isEnabled: false, generated: 0), renderings: renderings)
    }
    let first = renderings.page(snapshot(1, "a")).hash
    // What it would say otherwise shows that it is not made again.
    #expect(renderings.page(snapshot(1, "b")).hash == first)
    #expect(renderings.page(snapshot(2, "b")).hash != first)
    #expect(renderings.page(snapshot(3, "a")).hash == first)
  }
}

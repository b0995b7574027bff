import Console
import Testing

@Suite struct TopScreenTests {
  private static func backend(_ name: String, _ status: String = "healthy") -> TopFacts.Backend {
    var backend = TopFacts.Backend()
    backend.name = name
    backend.status = status
    backend.type = "vllm"
    backend.zone = "restricted"
    backend.models = 14
    backend.loaded = ["llama3:8b", "qwen3:8b"]
    backend.active = 2
    backend.requests = 1_234
    backend.firstToken = 210
    backend.tokensPerSecond = 48.2
    backend.errorShare = 0
    return backend
  }

  private static func facts(_ count: Int = 2) -> TopFacts {
    var facts = TopFacts()
    facts.version = "0.1.0"
    facts.address = "http://127.0.0.1:8000"
    facts.uptimeSeconds = 273_720
    facts.requestsPerMinute = 12.3
    facts.tokensPerSecond = 96.4
    facts.errorShare = 0.012
    facts.requestsUnderWay = 2
    facts.queueDepth = 1
    facts.queueLimit = 100
    var budget = TopFacts.Budget()
    budget.spent = 3.2
    budget.limit = 50
    facts.budget = budget
    facts.backends = (0..<count).map { backend("box-\($0)") }
    var request = TopFacts.Request()
    request.model = "llama3:8b"
    request.backend = "box-0"
    request.phase = "streaming"
    request.age = 2_340
    request.tokensPerSecond = 47.9
    facts.requests = [request]
    request.phase = "queued"
    request.backend = nil
    request.tokensPerSecond = nil
    request.age = 80
    facts.requests.append(request)
    return facts
  }

  private static func text(
    _ facts: TopFacts?, rows: Int = 24, columns: Int = 80, _ state: TopState = TopState(),
    ended: [HistoryItem] = [], trouble: String? = nil
  ) -> [String] {
    TopScreen(
      facts, ended: ended, size: .init(rows: rows, columns: columns), state: state,
      trouble: trouble
    ).lines.map(\.text)
  }

  @Test func everythingIsThereInEightyByTwentyFour() throws {
    var facts = Self.facts()
    facts.backends[1].status = "unhealthy"
    facts.backends[1].circuit = "open: errors"
    facts.backends[1].lastError = "refused"
    let entry = try #require(Entry().item)
    let lines = Self.text(facts, ended: [entry])
    let expected = """
      nexus 0.1.0  http://127.0.0.1:8000  up 3d04h  1/2 healthy
      12.3 req/min  96.4 tok/s  2 in flight  1.2% errors  queue 1/100  $3.20 of $50.00

      BACKEND  STATUS     ACT  TOK/S   TTFT   REQ  ERR   MEM  CIRCUIT       NOTE
      box-0    healthy      2   48.2  210ms  1234   0%  2/14  closed        llama3:8b…
      box-1    unhealthy    2   48.2  210ms  1234   0%  2/14  open: errors  refused

       LIVE  PHASE      MODEL      BACKEND  TOK/S  TRIES
      2.34s  streaming  llama3:8b  box-0     47.9      1
       80ms  queued     llama3:8b  -            -      1

      TIME     ST  MODEL        → BACKEND     TOOK    TTFT   TOK/S
      19:35:11 200 llama3:8b    → attic      1.24s   310ms     371
      """
    #expect(Array(lines.prefix(13)).joined(separator: "\n") == expected)
    #expect(lines.count == 24)
    #expect(lines[13..<23].allSatisfy { $0.isEmpty })
    #expect(lines[23] == "q quit  h help  s sort: fleet order  / filter  p pause")
  }

  @Test func aSmallTerminalShowsWhatMattersMost() {
    let lines = Self.text(Self.facts(), rows: 10, columns: 40)
    #expect(lines.count == 10)
    #expect(lines[0] == "nexus 0.1.0  http://127.0.0.1:8000  up …")
    #expect(lines[2] == "BACKEND  STATUS   ACT  TOK/S   TTFT  ERR")
    #expect(lines[3] == "box-0    healthy    2   48.2  210ms   0%")
    #expect(lines[9].hasPrefix("q quit  h help"))
    #expect(Self.text(Self.facts(), rows: 1, columns: 20) == ["12.3 req/min  96.4 …"])
  }

  @Test func aLongFleetScrolls() {
    let facts = Self.facts(50)
    var state = TopState()
    let screen = TopScreen(facts, size: .init(rows: 24, columns: 80), state: state)
    let first = screen.lines.map(\.text)
    #expect(first[3].hasPrefix("BACKEND") && first[4].hasPrefix("box-0"))
    let most = screen.mostScroll
    #expect((30..<45).contains(most))
    for _ in 0..<100 { _ = state.on(.down, mostScroll: most) }
    let last = Self.text(facts, state)
    #expect(last[4].hasPrefix("box-\(most) "))
    #expect(last.contains { $0.hasPrefix("box-49 ") })
    #expect(last[23].hasPrefix("\(most + 1)-50 of 50  q quit"), "\(last[23])")
    #expect(last.contains { $0.contains("streaming") }, "the live requests keep their place")
  }

  @Test func sortingAndFiltering() {
    var facts = Self.facts(3)
    facts.backends[1].active = 9
    facts.backends[2].loaded = ["phi"]
    var state = TopState()
    while state.sort != .active { _ = state.on(.letter("s"), mostScroll: 0) }
    #expect(TopScreen.backends(facts, state).map(\.name) == ["box-1", "box-0", "box-2"])
    _ = state.on(.letter("r"), mostScroll: 0)
    #expect(TopScreen.backends(facts, state).map(\.name) == ["box-2", "box-0", "box-1"])
    for key in "/PHI" { _ = state.on(.letter(key), mostScroll: 0) }
    #expect(TopScreen.backends(facts, state).map(\.name) == ["box-2"])
    #expect(Self.text(facts, state).last?.hasPrefix("filter: PHI") == true)
    for key in "nope" { _ = state.on(.letter(key), mostScroll: 0) }
    #expect(Self.text(facts, state).contains("No backend has 'PHInope'."))
  }

  @Test func statesHaveWords() {
    var state = TopState()
    _ = state.on(.letter("p"), mostScroll: 0)
    #expect(Self.text(Self.facts(), state)[0].hasSuffix("PAUSED"))
    _ = state.on(.letter("h"), mostScroll: 0)
    #expect(Self.text(Self.facts(), state).contains { $0.contains("quit") && $0.hasPrefix(" q") })
    #expect(
      Self.text(Self.facts(), trouble: "waiting for the gateway")[1] == "waiting for the gateway")
    #expect(Self.text(nil)[1] == "asking the gateway")
    #expect(Self.text(TopFacts()).contains("No backends. 'nexus backends add URL' adds one."))
  }

  /// Whatever the facts and the size: no line too wide, none too many, nothing that moves the cursor.
  @Test(arguments: 0..<6) func everyPictureFits(seed: UInt64) {
    var hostile = Hostile(seed: seed)
    let sizes =
      [(1, 1), (1, 80), (24, 1), (2, 2), (5, 10), (6, 20), (10, 40), (24, 80), (60, 250)]
      + (0..<8).map { _ in (1 + hostile.below(40), 1 + hostile.below(160)) }
    for (rows, columns) in sizes {
      let facts = hostile.facts()
      var state = TopState()
      let keys = Array("sSrp/jkgG?hab模")
      for _ in 0..<hostile.below(8) {
        _ = state.on(.letter(keys[hostile.below(keys.count)]), mostScroll: hostile.below(60))
      }
      let ended = (0..<hostile.below(30)).compactMap { _ in hostile.item() }
      let trouble = hostile.below(3) == 0 ? hostile.text() : nil
      let screen = TopScreen(
        hostile.below(10) == 0 ? nil : facts, ended: ended,
        size: .init(rows: rows, columns: columns), state: state, trouble: trouble)
      let lines = screen.lines
      let place: Comment = "\(rows) × \(columns), seed \(seed)"
      #expect(lines.count <= rows, place)
      #expect(rows < 6 || lines.count == rows, place)
      #expect(screen.mostScroll >= 0)
      for line in lines {
        #expect(line.width <= columns && DisplayText.width(line.text) == line.width, place)
        #expect(DisplayText.harmless(line.text) == line.text, place)
        #expect(Self.withoutColours(line.painted) == line.text, place)
      }
      let text = TopScreen.text(facts, ended: ended, columns: columns) { _ in 0 }
      #expect(text.allSatisfy { $0.width <= columns }, place)
    }
  }

  private static func withoutColours(_ text: String) -> String {
    text.replacing(/\u{1B}\[[0-9]+m/, with: "")
  }
}

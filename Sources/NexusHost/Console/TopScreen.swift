/// The live view as lines of a terminal. Pure: whatever the facts, no line is wider than the terminal
/// and there are no more lines than it has.
public struct TopScreen {
  public struct Size: Equatable, Sendable {
    public var rows: Int
    public var columns: Int

    public init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  /// The facts, or nil before any have come.
  let facts: TopFacts?
  /// The last requests that have ended, the newest last.
  let ended: [HistoryItem]
  let size: Size
  let state: TopState
  /// Why there is nothing new, or nil.
  let trouble: String?
  let offset: @Sendable (Int64) -> Int64

  /// `offset` as for `TailTable`.
  public init(
    _ facts: TopFacts?, ended: [HistoryItem] = [], size: Size, state: TopState = TopState(),
    trouble: String? = nil, offset: @escaping @Sendable (Int64) -> Int64 = { _ in 0 }
  ) {
    self.facts = facts
    self.ended = ended
    self.size = size
    self.state = state
    self.trouble = trouble
    self.offset = offset
  }

  /// The lines from the top.
  public var lines: [ScreenLine] {
    all().prefix(max(0, size.rows)).map { $0.cut(to: max(0, size.columns)) }
  }

  /// All of it as text for a file: as long as it needs to be.
  public static func text(
    _ facts: TopFacts, ended: [HistoryItem], columns: Int,
    offset: @escaping @Sendable (Int64) -> Int64
  ) -> [ScreenLine] {
    let screen = TopScreen(
      facts, ended: ended, size: Size(rows: .max, columns: columns), offset: offset)
    let sections = [
      screen.header(2), screen.fleet(.max), screen.live(.max), screen.past(12),
    ]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [ScreenLine()]))
      .map { $0.cut(to: columns) }
  }

  /// From this height on there is a line for keys at the bottom, and one between sections.
  private static let roomy = 14
  private static let smallest = 6

  /// Backends above the first that is shown when the last of them is.
  public var mostScroll: Int {
    guard let facts else { return 0 }
    return max(0, Self.backends(facts, state).count - places)
  }

  /// Lines for backends.
  private var places: Int {
    let room = size.rows - (size.rows >= Self.smallest ? 3 : 1)
    return max(1, shares(room).fleet - blanks - 1)
  }

  /// Which backends are shown, if not all are: "4-12 of 30".
  var place: String? {
    guard let facts, mostScroll > 0 else { return nil }
    let first = min(state.scroll, mostScroll)
    let count = Self.backends(facts, state).count
    return "\(first + 1)-\(min(first + places, count)) of \(count)"
  }

  private func all() -> [ScreenLine] {
    let footer = size.rows >= Self.smallest ? [self.footer()] : []
    var lines = header(size.rows >= Self.smallest ? 2 : 1)
    let room = size.rows - lines.count - footer.count
    guard room > 0 else { return lines }
    let body = state.showsHelp ? Array(Self.help.prefix(room)) : sections(room)
    lines += body
    lines += Array(repeating: ScreenLine(), count: max(0, room - body.count))
    return lines + footer
  }

  /// Shares the room among the fleet, the live requests and the last ones: the fleet gets what it
  /// needs beyond a quarter for each of the others.
  private func shares(_ room: Int) -> (fleet: Int, live: Int, past: Int) {
    func wants(_ section: [ScreenLine]) -> Int { section.isEmpty ? 0 : section.count + blanks }
    let (fleetNeed, liveNeed) = (fleetHeight + blanks, wants(live(room)))
    let pastNeed = wants(past(room))
    let quarter = max(2 + blanks, room / 4)
    let livePart = room < 6 ? 0 : min(liveNeed, quarter)
    let pastPart = room < 10 ? 0 : min(pastNeed, quarter)
    let fleetPart = min(fleetNeed, room - livePart - pastPart)
    let liveRoom = min(liveNeed, room - fleetPart - pastPart)
    return (fleetPart, liveRoom, room - fleetPart - liveRoom)
  }

  /// A line between sections, if there is room.
  private var blanks: Int { size.rows >= Self.roomy ? 1 : 0 }

  private func sections(_ room: Int) -> [ScreenLine] {
    guard facts != nil else { return [] }
    let shares = shares(room)
    var lines: [ScreenLine] = []
    func add(_ part: Int, _ make: (Int) -> [ScreenLine]) {
      guard part > blanks + 1 || (part > 0 && blanks == 0) else { return }
      let section = make(part - blanks)
      if blanks > 0, !section.isEmpty { lines.append(ScreenLine()) }
      lines += section.prefix(part - blanks)
    }
    add(shares.fleet, fleet)
    add(shares.live, live)
    add(shares.past, past)
    return lines
  }

  static let help: [ScreenLine] = [
    ("", ""), ("q", "quit"), ("s  S", "sort the backends by the next or the previous column"),
    ("r", "turn the order round"), ("/", "show only what has that text; Esc shows all"),
    ("↑ ↓  j k", "scroll through the backends; also PgUp, PgDn, Home, End"),
    ("p", "pause: nothing changes until p is pressed again"), ("h  ?", "this page"),
    ("Ctrl-L", "draw anew"), ("", ""),
    ("ACT", "requests that are there now"), ("TTFT", "time to the first token of streams"),
    ("ERR", "share of requests that failed in the last hour"),
    ("MEM", "models in memory / known"),
  ].map { key, text in
    var line = ScreenLine(" \(key)", .bold)
    line.pad(to: 12)
    line.append(text)
    return line
  }
}

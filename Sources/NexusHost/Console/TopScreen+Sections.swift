extension TopScreen {
  private typealias Cell = ScreenTable.Cell

  /// The backends that the filter leaves, sorted.
  public static func backends(_ facts: TopFacts, _ state: TopState) -> [TopFacts.Backend] {
    let wanted = state.filter.lowercased()
    var list = facts.backends
    if !wanted.isEmpty {
      list = list.filter { backend in
        ([backend.name, backend.type, backend.status, backend.zone] + backend.loaded)
          .contains { $0.lowercased().contains(wanted) }
      }
    }
    list.sort(by: state.sort)
    return state.isReversed ? list.reversed() : list
  }

  /// Lines that the whole fleet would take.
  var fleetHeight: Int { facts.map { max(1, Self.backends($0, state).count) + 1 } ?? 0 }

  /// What goes first where there is too little room: notes, unless one tells of trouble.
  private static func fleetColumns(_ backends: [TopFacts.Backend]) -> [ScreenTable.Column] {
    let hasTrouble = backends.contains { $0.lastError != nil || $0.operation != nil }
    return [
      .init("BACKEND", narrowest: 8), .init("STATUS"), .init("ACT", isRight: true, rank: 1),
      .init("TOK/S", isRight: true, rank: 2), .init("TTFT", isRight: true, rank: 4),
      .init("REQ", isRight: true, rank: 5), .init("ERR", isRight: true, rank: 3),
      .init("MEM", isRight: true, rank: 6), .init("CIRCUIT", rank: 8),
      .init("TYPE", narrowest: 4, rank: 9), .init("ZONE", narrowest: 4, rank: 10),
      .init("NOTE", narrowest: 10, rank: hasTrouble ? 7 : 11),
    ]
  }

  /// The fleet in so many lines at most, its titles included.
  func fleet(_ room: Int) -> [ScreenLine] {
    guard let facts, room > 0 else { return [] }
    let all = Self.backends(facts, state)
    guard !all.isEmpty else {
      return [
        ScreenLine("BACKEND", .bold),
        ScreenLine(
          facts.backends.isEmpty
            ? "No backends. 'nexus backends add URL' adds one."
            : "No backend has '\(state.filter)'.", .dim),
      ]
    }
    let places = max(1, room - 1)
    let start = min(state.scroll, max(0, all.count - places))
    let rows = all.map(Self.cells)
    let shown = rows[start...].prefix(places)
    let table = ScreenTable(Self.fleetColumns(all), rows, width: size.columns)
    return [table.head()] + shown.map(table.line)
  }

  private static func cells(_ backend: TopFacts.Backend) -> [Cell] {
    let errors = backend.errorShare ?? 0
    let isClosed = backend.circuit == "closed"
    let circuit = backend.circuit == "half_open" ? "half open" : backend.circuit
    let note = backend.operation ?? backend.lastError ?? loaded(backend)
    return [
      Cell(backend.name), Cell(backend.status, Paint(status: backend.status)),
      Cell("\(backend.active)", backend.active > 0 ? .bold : .dim),
      Cell(Figures.rate(backend.tokensPerSecond)), Cell(Figures.duration(backend.firstToken)),
      Cell(Figures.count(backend.requests)),
      Cell(
        Figures.percent(backend.errorShare), errors >= 0.1 ? .red : errors > 0 ? .yellow : nil),
      Cell("\(backend.loaded.count)/\(backend.models)"),
      Cell(circuit, isClosed ? .dim : .red),
      Cell(backend.type.isEmpty ? Figures.none : backend.type, .dim), Cell(backend.zone, .dim),
      Cell(note, backend.operation != nil ? .cyan : backend.lastError != nil ? .red : .dim),
    ]
  }

  private static func loaded(_ backend: TopFacts.Backend) -> String {
    backend.loaded.prefix(3).joined(separator: ", ")
      + (backend.loaded.count > 3 ? ", \(backend.loaded.count - 3) more" : "")
  }

  private static let liveColumns: [ScreenTable.Column] = [
    .init("LIVE", isRight: true), .init("PHASE", narrowest: 6), .init("MODEL", narrowest: 8),
    .init("BACKEND", narrowest: 6, rank: 1), .init("TOK/S", isRight: true, rank: 2),
    .init("TRIES", isRight: true, rank: 3),
  ]

  /// The requests under way in so many lines at most.
  func live(_ room: Int) -> [ScreenLine] {
    guard let facts, room > 0 else { return [] }
    let wanted = state.filter.lowercased()
    let requests = facts.requests.filter { request in
      wanted.isEmpty
        || [request.model, request.backend ?? ""].contains { $0.lowercased().contains(wanted) }
    }
    guard !requests.isEmpty else { return [] }
    let rows = requests.map { request in
      [
        Cell(Figures.duration(request.age)), Cell(request.phase, Self.paint(phase: request.phase)),
        Cell(request.model), Cell(request.backend ?? Figures.none),
        Cell(Figures.rate(request.tokensPerSecond)),
        Cell("\(request.retries + 1)", request.retries > 0 ? .yellow : .dim),
      ]
    }
    let table = ScreenTable(Self.liveColumns, rows, width: size.columns)
    var lines = [table.head()] + rows.map(table.line)
    let count = max(Int(clamping: facts.requestsUnderWay), requests.count)
    if lines.count > room, room > 1 {
      lines = Array(lines.prefix(room - 1))
      lines.append(ScreenLine("… \(count - (room - 2)) more", .dim))
    }
    return lines
  }

  private static func paint(phase: String) -> Paint? {
    switch phase {
    case "streaming": .green
    case "queued", "loading": .yellow
    default: nil
    }
  }

  /// The last requests in so many lines at most, the newest at the top.
  func past(_ room: Int) -> [ScreenLine] {
    let wanted = state.filter.lowercased()
    let items = ended.filter { item in
      wanted.isEmpty
        || [item.model, item.requestedModel, item.backend].contains {
          $0?.lowercased().contains(wanted) == true
        }
    }
    guard room > 1, !items.isEmpty else { return [] }
    var table = TailTable(width: size.columns, offset: offset)
    let shown = items.suffix(room - 1)
    // Twice: columns are as wide as the widest name asks for.
    for item in shown { _ = table.line(item) }
    return [table.titles()] + shown.reversed().map { table.line($0) }
  }
}

extension [TopFacts.Backend] {
  /// The busiest, slowest and most faulty first; what is equal stays in the order of the fleet.
  fileprivate mutating func sort(by sort: TopState.Sort) {
    switch sort {
    case .order: break
    case .name: order { $0.name.lowercased() < $1.name.lowercased() }
    case .status: order { $0.status > $1.status }
    case .active: order { $0.active > $1.active }
    case .requests: order { $0.requests > $1.requests }
    case .firstToken: order { $0.firstToken ?? -1 > $1.firstToken ?? -1 }
    case .speed: order { $0.tokensPerSecond ?? -1 > $1.tokensPerSecond ?? -1 }
    case .errors: order { $0.errorShare ?? -1 > $1.errorShare ?? -1 }
    }
  }

  private mutating func order(_ isBefore: (Element, Element) -> Bool) {
    self = enumerated().sorted {
      isBefore($0.element, $1.element)
        || (!isBefore($1.element, $0.element) && $0.offset < $1.offset)
    }.map(\.element)
  }
}

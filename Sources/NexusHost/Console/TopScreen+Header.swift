extension TopScreen {
  /// The gateway as a whole in one line or two.
  func header(_ count: Int) -> [ScreenLine] {
    guard let facts else {
      return Array([ScreenLine("nexus top", .bold), status()].suffix(count))
    }
    if count == 1 { return [trouble == nil ? rates(facts) : status()] }
    var first = ScreenLine("nexus \(facts.version)", .bold)
    if !facts.address.isEmpty { first.append("  \(facts.address)", .cyan) }
    first.append("  up \(Figures.span(facts.uptimeSeconds))")
    let healthy = facts.backends.count { $0.status == "healthy" }
    let isWhole = healthy == facts.backends.count
    first.append("  \(healthy)/\(facts.backends.count) healthy", isWhole ? .green : .yellow)
    if state.isPaused { first.append("  PAUSED", .inverse) }
    return [first, trouble == nil ? rates(facts) : status()]
  }

  private func status() -> ScreenLine {
    ScreenLine(trouble ?? "asking the gateway", trouble == nil ? .dim : .yellow)
  }

  private func rates(_ facts: TopFacts) -> ScreenLine {
    var line = ScreenLine()
    func add(_ text: String, _ paint: Paint? = nil) {
      if line.width > 0 { line.append("  ") }
      line.append(text, paint)
    }
    add("\(Figures.rate(facts.requestsPerMinute)) req/min")
    add("\(Figures.rate(facts.tokensPerSecond)) tok/s")
    add("\(facts.requestsUnderWay) in flight")
    let errors = facts.errorShare ?? 0
    add(
      "\(Figures.percent(facts.errorShare)) errors",
      errors >= 0.1 ? .red : errors > 0 ? .yellow : nil
    )
    if facts.queueLimit > 0 {
      add("queue \(facts.queueDepth)/\(facts.queueLimit)", facts.queueDepth > 0 ? .yellow : nil)
    }
    if let budget = facts.budget {
      let paint: Paint? =
        switch budget.status {
        case "SoftLimit": .yellow
        case "HardLimit": .red
        default: nil
        }
      add("\(Figures.dollars(budget.spent)) of \(Figures.dollars(budget.limit))", paint)
    }
    let room = size.columns - line.width - 2
    if room >= 8 { add(Sparkline.text(facts.series, columns: min(room, 60)), .dim) }
    return line
  }

  /// The keys, or what is being written.
  func footer() -> ScreenLine {
    if state.isEditing {
      var line = ScreenLine("filter: ", .bold)
      line.append(state.filter)
      line.append(" ", .inverse)
      line.append("  Enter keeps it, Esc shows all", .dim)
      return line
    }
    var line = place.map { ScreenLine($0, .bold) } ?? ScreenLine()
    let order = "\(state.sort.rawValue)\(state.isReversed ? " ↓" : "")"
    for (key, text) in [
      ("q", "quit"), ("h", "help"), ("s", "sort: \(order)"),
      ("/", state.filter.isEmpty ? "filter" : "filter: \(state.filter)"), ("p", "pause"),
    ] {
      if line.width > 0 { line.append("  ") }
      line.append(key, .bold)
      line.append(" \(text)", .dim)
    }
    return line
  }
}

/// A row of bars, one letter each.
enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// The last values, as high as the highest of them allows; nothing if there is nothing to see.
  static func text(_ values: [Double], columns: Int) -> String {
    let shown = values.suffix(columns)
    guard let most = shown.max(), most > 0, most.isFinite else { return "" }
    return String(
      shown.map { value in
        let share = value.isFinite ? min(max(value / most, 0), 1) : 0
        return value > 0 ? bars[min(bars.count - 1, Int(share * Double(bars.count)))] : " "
      })
  }
}

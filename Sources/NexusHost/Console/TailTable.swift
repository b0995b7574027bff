import Text

/// The access log as lines: one for each request, in columns that stay where they are.
///
/// Columns of names grow with the longest name that was seen, so that lines above need not be written
/// again.
public struct TailTable: Sendable {
  /// Columns of the terminal; nil where nobody counts them.
  public var width: Int?
  /// Seconds that the clock on the wall is ahead of UTC at a moment in Unix seconds.
  private let offset: @Sendable (Int64) -> Int64
  private var modelWidth = 12
  private var backendWidth = 8
  private var showsCost = false

  private static let numbers = (duration: 6, firstToken: 6, tokens: 11, speed: 6, cost: 8)
  /// From this width on there is room for everything.
  private static let wide = 110

  public init(width: Int?, offset: @escaping @Sendable (Int64) -> Int64 = { _ in 0 }) {
    self.width = width
    self.offset = offset
  }

  /// The line of a request.
  public mutating func line(_ item: HistoryItem) -> ScreenLine {
    if item.cost != nil { showsCost = true }
    let model = DisplayText.harmless(item.requestedModel ?? item.model ?? Figures.none)
    let backend = DisplayText.harmless(item.backend ?? "none")
    grow(&modelWidth, model, share: 4)
    grow(&backendWidth, backend, share: 5)
    var line = ScreenLine(clock(item.time), .dim)
    line.append(" \(item.statusCode) ", Paint(statusCode: item.statusCode))
    line.append(DisplayText.fit(model, to: modelWidth))
    line.append(" → ", .dim)
    line.append(DisplayText.fit(backend, to: backendWidth))
    number(Figures.duration(item.duration), Self.numbers.duration, &line)
    if item.isSuccess { figures(of: item, &line) }
    notes(on: item, &line)
    return width.map { line.cut(to: $0) } ?? line
  }

  /// Titles over the columns as they are now.
  public func titles() -> ScreenLine {
    var line = ScreenLine("TIME     ST  ", .bold)
    line.append(DisplayText.fit("MODEL", to: modelWidth) + " → ", .bold)
    line.append(DisplayText.fit("BACKEND", to: backendWidth), .bold)
    var titles = [("TOOK", Self.numbers.duration), ("TTFT", Self.numbers.firstToken)]
    if hasRoom { titles.append(("TOKENS", Self.numbers.tokens)) }
    titles.append(("TOK/S", Self.numbers.speed))
    if showsCost { titles.append(("COST", Self.numbers.cost)) }
    for (title, width) in titles {
      line.append("  " + DisplayText.fit(title, to: width, right: true), .bold)
    }
    return width.map { line.cut(to: $0) } ?? line
  }

  private var hasRoom: Bool { width.map { $0 >= Self.wide } ?? true }

  /// Of a request that went well; else its message stands here.
  private func figures(of item: HistoryItem, _ line: inout ScreenLine) {
    number(Figures.duration(item.firstToken), Self.numbers.firstToken, &line)
    if hasRoom {
      let tokens = [item.promptTokens, item.completionTokens].map { $0.map(Figures.count) }
      let text = tokens.allSatisfy { $0 == nil } ? nil : tokens.map { $0 ?? "?" }
      number(text?.joined(separator: "+") ?? Figures.none, Self.numbers.tokens, &line)
    }
    number(Figures.rate(item.tokensPerSecond), Self.numbers.speed, &line)
    if showsCost { number(Figures.dollars(item.cost), Self.numbers.cost, &line) }
  }

  private func notes(on item: HistoryItem, _ line: inout ScreenLine) {
    if item.attempts.count > 1 { line.append("  \(item.attempts.count) tries", .yellow) }
    if item.isFallback { line.append("  fallback \(item.model ?? "")", .yellow) }
    if let message = item.errorMessage, !item.isSuccess {
      line.append("  \(message)", Paint(statusCode: item.statusCode))
    }
  }

  private func number(_ text: String, _ width: Int, _ line: inout ScreenLine) {
    line.append("  " + DisplayText.fit(text, to: width, right: true))
  }

  /// A name gets a share of the terminal at most.
  private func grow(_ column: inout Int, _ name: String, share: Int) {
    let limit = width.map { max(6, $0 / share) } ?? 64
    column = min(limit, max(column, DisplayText.width(name)))
  }

  private func clock(_ time: Int64) -> String {
    let (limit, local) = (Int64(1) << 40, time.addingReportingOverflow(offset(time)).partialValue)
    let moment = UTCTime(unixSeconds: min(max(local, -limit), limit))
    return [moment.hour, moment.minute, moment.second].map { Figures.two(Int64($0)) }
      .joined(separator: ":")
  }
}

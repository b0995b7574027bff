/// The tables and the verdict, as text or as Markdown.
struct Report {
  private let isMarkdown: Bool
  private var traces: [(name: String, summary: String, tallies: [Tally])] = []

  /// Against the oracle's p99, against the best simple strategy, and of the hits that perfect
  /// stickiness has.
  static let mostOfOracle = 1.25
  static let mostOfSimple = 1.05
  static let leastHits = 0.95

  init(isMarkdown: Bool) { self.isMarkdown = isMarkdown }

  mutating func add(_ name: String, _ summary: String, _ tallies: [Tally]) {
    guard !tallies.isEmpty else { return }
    traces.append((name, summary, tallies))
  }

  /// Whether `smart` met every criterion that could be looked at.
  var isGood: Bool { verdicts.allSatisfy { $0.allSatisfy { !$0.hasSuffix("!") } } }

  var text: String {
    let tables = isMarkdown ? matrices : traces.map { table($0.name, $0.summary, $0.tallies) }
    return (tables + (verdicts.isEmpty ? [] : [verdict])).joined(separator: "\n")
  }

  // MARK: For people at a terminal: a table for each trace

  private func table(_ name: String, _ summary: String, _ tallies: [Tally]) -> String {
    let sticky = tallies.first { $0.name == "session-sticky" }?.hits ?? .nan
    let rows = tallies.map { tally in
      [
        tally.name, tally.mean.text(2), tally.p99.text(2), tally.goodput.text(2),
        String(tally.coldLoads), (tally.hits * 100).text(1), (tally.hits / sticky * 100).text(1),
        String(tally.failures),
      ]
    }
    let load = tallies.last.map { ($0.load * 100).text(0) } ?? "-"
    return "\(name): \(summary); \(tallies[0].requests) requests, load \(load) %\n"
      + columns(
        ["strategy", "mean s", "p99 s", "good/s", "cold", "hits %", "of sticky %", "failed"], rows)
  }

  // MARK: For the documentation: a table for each figure

  private var matrices: [String] {
    [
      matrix("time to the first token: mean / p99, seconds") {
        "\($0.mean.short) / \($0.p99.short)"
      },
      matrix("first tokens within 2 s, per second") { $0.goodput.text(2) },
      matrix("cold loads; hits of what a cache could have, %; failures") {
        [
          $0.coldLoads > 0 ? "\($0.coldLoads) loads" : "",
          $0.hits.isNaN ? "" : "\(($0.hits * 100).text(0)) %",
          $0.failures > 0 ? "\($0.failures) failed" : "",
        ].filter { !$0.isEmpty }.joined(separator: ", ")
      },
    ]
  }

  private func matrix(_ title: String, _ cell: (Tally) -> String) -> String {
    let names = traces.first?.tallies.map(\.name) ?? []
    let rows = names.indices.map { row in
      [names[row]] + traces.map { cell($0.tallies[row]) }
    }
    return columns([title] + traces.map(\.name), rows)
  }

  // MARK: Verdict

  private var verdict: String {
    let rows = verdicts
    let title = "smart, as a share of others; ! misses its criterion"
    let head = [
      "p99 / oracle (\(Self.mostOfOracle.text(2)))",
      "mean / best simple (\(Self.mostOfSimple.text(2)))",
      "p99 / best simple (\(Self.mostOfSimple.text(2)))",
      "hits / best sticky (agents \(Self.leastHits.text(2)))",
    ]
    return isMarkdown
      ? columns([title] + head, rows) : "\(title)\n" + columns(["trace"] + head, rows)
  }

  private var verdicts: [[String]] { traces.compactMap { verdict($0.name, $0.tallies) } }

  private func verdict(_ name: String, _ tallies: [Tally]) -> [String]? {
    let simple = tallies.filter { !["smart", "seer", "oracle"].contains($0.name) }
    guard let smart = tallies.first(where: { $0.name == "smart" }),
      let oracle = tallies.first(where: { $0.name == "oracle" }), !simple.isEmpty
    else { return nil }
    let mean = simple.map(\.mean).min() ?? .infinity
    let p99 = simple.map(\.p99).min() ?? .infinity
    // How well stickiness does depends on where sessions begin: the better of two homes counts.
    let sticky = max(simple.first { $0.name == "session-sticky" }?.hits ?? 0, oracle.hits)
    return [
      name, cell(smart.p99 / oracle.p99, smart.p99 <= oracle.p99 * Self.mostOfOracle),
      cell(smart.mean / mean, smart.mean <= mean * Self.mostOfSimple),
      cell(smart.p99 / p99, smart.p99 <= p99 * Self.mostOfSimple),
      cell(smart.hits / sticky, name != "agents" || smart.hits >= sticky * Self.leastHits),
    ]
  }

  private func cell(_ value: Double, _ isGood: Bool) -> String {
    value.text(2) + (isGood ? "" : " !")
  }

  private func columns(_ head: [String], _ rows: [[String]]) -> String {
    guard !isMarkdown else {
      return "| " + head.joined(separator: " | ") + " |\n|---|"
        + String(repeating: "---:|", count: head.count - 1) + "\n"
        + rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    return ([head] + rows).map { row in
      let rest = row.indices.dropFirst().map { "  " + row[$0].aligned(widths[$0]) }
      return "  " + row[0].padded(widths[0]) + rest.joined() + "\n"
    }.joined()
  }
}

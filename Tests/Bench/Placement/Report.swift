/// The tables and the verdict, as text or as Markdown.
struct Report {
  let isMarkdown: Bool
  private(set) var text = ""
  private(set) var isGood = true
  private var verdicts: [[String]] = []

  /// Against the oracle's p99, against the best simple strategy, and of the hits that perfect
  /// stickiness has.
  static let mostOfOracle = 1.25
  static let mostOfSimple = 1.05
  static let leastHits = 0.95

  init(isMarkdown: Bool) { self.isMarkdown = isMarkdown }

  mutating func add(_ name: String, _ summary: String, _ tallies: [Tally]) {
    guard !tallies.isEmpty else { return }
    let sticky = tallies.first { $0.name == "session-sticky" }?.hits ?? .nan
    let rows = tallies.map { tally in
      [
        tally.name, tally.mean.text(2), tally.p99.text(2), tally.goodput.text(2),
        String(tally.coldLoads), (tally.hits * 100).text(1), (tally.hits / sticky * 100).text(1),
        String(tally.failures),
      ]
    }
    let load = tallies.last.map { ($0.load * 100).text(0) } ?? "-"
    let title = "\(name): \(summary); \(tallies[0].requests) requests, load \(load) %"
    text += isMarkdown ? "**\(title)**\n\n" : "\(title)\n"
    add(
      [
        "strategy", "mean s", "p99 s", "good/s", "cold", "hits %", "of sticky %", "failed",
      ], rows)
    judge(name, tallies)
  }

  private mutating func judge(_ name: String, _ tallies: [Tally]) {
    guard let smart = tallies.first(where: { $0.name == "smart" }),
      let oracle = tallies.first(where: { $0.name == "oracle" })
    else { return }
    let simple = tallies.filter { !["smart", "seer", "oracle"].contains($0.name) }
    let mean = simple.map(\.mean).min() ?? .infinity
    let p99 = simple.map(\.p99).min() ?? .infinity
    let results = [
      (smart.p99 / oracle.p99, smart.p99 <= oracle.p99 * Self.mostOfOracle),
      (smart.mean / mean, smart.mean <= mean * Self.mostOfSimple),
      (smart.p99 / p99, smart.p99 <= p99 * Self.mostOfSimple),
    ]
    var row = [name] + results.map { $0.0.text(2) + ($0.1 ? "" : " !") }
    // How well stickiness does depends on where sessions begin: the better of two homes counts.
    let sticky = max(simple.first { $0.name == "session-sticky" }?.hits ?? 0, oracle.hits)
    let keeps = name != "agents" || smart.hits >= sticky * Self.leastHits
    row.append((smart.hits / sticky).text(2) + (keeps ? "" : " !"))
    verdicts.append(row)
    isGood = isGood && keeps && results.allSatisfy(\.1)
  }

  mutating func addVerdict() {
    guard !verdicts.isEmpty else { return }
    let title = "smart, as a share of others; ! misses its criterion"
    text += isMarkdown ? "**\(title)**\n\n" : "\(title)\n"
    add(
      [
        "trace", "p99 / oracle (1.25)", "mean / best simple (1.05)", "p99 / best simple (1.05)",
        "hits / best sticky (agents 0.95)",
      ], verdicts)
  }

  private mutating func add(_ head: [String], _ rows: [[String]]) {
    if isMarkdown {
      text += "| " + head.joined(separator: " | ") + " |\n|---|"
      text += String(repeating: "---:|", count: head.count - 1) + "\n"
      for row in rows { text += "| " + row.joined(separator: " | ") + " |\n" }
    } else {
      let widths = head.indices.map { column in
        ([head] + rows).map { $0[column].count }.max() ?? 0
      }
      for row in [head] + rows {
        var line = "  " + row[0].padded(widths[0])
        for column in 1..<row.count { line += "  " + row[column].aligned(widths[column]) }
        text += line + "\n"
      }
    }
    text += "\n"
  }
}

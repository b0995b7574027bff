import Foundation

/// The table of docs/METRICS.md.
struct DocumentedMetrics {
  struct Family {
    let name: String
    let type: String
    let labels: [String]
  }

  let families: [Family]
  private let byName: [String: Family]

  init() throws {
    let text = try String(
      contentsOf: GatewayProcess.package.appendingPathComponent("docs/METRICS.md"),
      encoding: .utf8)
    families = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      let labels = cells[3].split(separator: "`").map(String.init).filter { $0 != ", " }
      return Family(
        name: cells[1].replacingOccurrences(of: "`", with: ""), type: cells[2], labels: labels)
    }
    byName = Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0) })
  }

  /// The family that a series of this name belongs to.
  func family(ofSeries name: String) -> Family? {
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
      if let family = byName[String(name.dropLast(suffix.count))], family.type == "histogram" {
        return family
      }
    }
    return byName[name].flatMap { $0.type == "histogram" ? nil : $0 }
  }

  /// What is wrong with a query: names and labels that do not exist, counters that are not asked for
  /// their rate.
  func faults(of query: String) -> [String] {
    // Duplicates would be labels of other selectors, so each counts for itself.
    let series = query.matches(of: /((?:nexus|process)_[a-z0-9_]+)(\{[^}]*\})?/)
    var faults: [String] = []
    var labels: Set<String> = ["job", "instance"]
    for one in series {
      let name = String(one.output.1)
      guard let family = family(ofSeries: name) else {
        faults.append("no family has the series \(name)")
        continue
      }
      let own = family.labels + ["job", "instance", "le"]
      labels.formUnion(own)
      let choice = String(one.output.2 ?? "")
      for match in choice.matches(of: /([a-z_]+)(=~|!=|!~|=)"/)
      where !own.contains(String(match.output.1)) {
        faults.append("\(name) has no label \(match.output.1)")
      }
      let isCounted = name == family.name ? family.type == "counter" : true
      let before = query[..<one.range.lowerBound]
      if isCounted, !["rate(", "increase("].contains(where: { before.hasSuffix($0) }) {
        faults.append("\(name) grows for ever and is not asked for its rate")
      }
    }
    for match in query.matches(of: /(?:by|on|without|ignoring) \(([^)]*)\)/) {
      for label in match.output.1.split(separator: ", ") where !labels.contains(String(label)) {
        faults.append("nothing in it has the label \(label)")
      }
    }
    return faults
  }
}

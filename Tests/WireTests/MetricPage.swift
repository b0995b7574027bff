import Foundation

/// A page of metrics as a scraper sees it.
struct MetricPage {
  let text: String
  let head: String
  /// Of each sample its name, its labels and its value.
  private let samples: [(name: String, labels: [String: String], value: Double)]

  init(port: UInt16, accept: String = "") throws {
    let client = try LoadClient(port: port)
    defer { client.close() }
    let field = accept.isEmpty ? "" : "Accept: \(accept)\r\n"
    let answer = try client.exchange(
      Array("GET /metrics HTTP/1.1\r\nHost: gateway\r\n\(field)\r\n".utf8))
    guard answer.status == 200 else { throw CaseFailure("\(answer.head)\n\(answer.text)") }
    head = answer.head.lowercased()
    text = answer.text
    samples = try Self.parse(answer.text)
  }

  /// The sum of all samples of that name whose labels have these values.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    samples.filter { sample in
      sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }.reduce(0) { $0 + $1.value }
  }

  /// The names of families, as their TYPE lines tell them.
  var families: [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
      String($0.split(separator: " ")[2])
    }
  }

  /// How many series there are.
  var count: Int { samples.count }

  /// The values of a label, each once.
  func values(of label: String) -> Set<String> { Set(samples.compactMap { $0.labels[label] }) }

  private static func parse(
    _ text: String
  ) throws -> [(name: String, labels: [String: String], value: Double)] {
    try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let sample = line.components(separatedBy: " # ")[0]
      guard let space = sample.lastIndex(of: " "),
        let value = Double(sample[sample.index(after: space)...])
      else { throw CaseFailure("no sample: \(line)") }
      let series = sample[..<space]
      guard let brace = series.firstIndex(of: "{") else { return (String(series), [:], value) }
      var labels: [String: String] = [:]
      for pair in series[series.index(after: brace)...].dropLast().components(separatedBy: "\",") {
        let parts = pair.components(separatedBy: "=\"")
        guard parts.count == 2 else { throw CaseFailure("no labels: \(line)") }
        labels[parts[0]] = parts[1].replacingOccurrences(of: "\"", with: "")
      }
      return (String(series[..<brace]), labels, value)
    }
  }
}

import Text

/// The last hour as three charts.
enum ChartSection {
  static func html(_ snapshot: LiveSnapshot) -> HTMLText {
    let hour = Hour(snapshot.series)
    var html: HTMLText = #"<div id="charts" class="charts">"#
    html.add(
      Chart(
        name: "requests", title: "Requests per minute", unit: "per minute",
        values: hour.requests, second: hour.errors, secondName: "errors"
      ).html)
    html.add(
      Chart(
        name: "ttft", title: "Time to first token", unit: "ms", values: hour.firstToken,
        leastTop: 10, format: { Figures.duration(milliseconds: Int($0.rounded())) }
      ).html)
    html.add(
      Chart(
        name: "tokens", title: "Tokens per second", unit: "tokens per second",
        values: hour.tokens
      ).html)
    html.add("</div>")
    return html
  }

  /// The last hour in pieces of half a minute, oldest first; nil where nothing is known.
  struct Hour {
    static let count = 120
    private static let seconds: Int64 = 30

    private(set) var requests = [Double?](repeating: nil, count: count)
    private(set) var errors = [Double?](repeating: nil, count: count)
    private(set) var firstToken = [Double?](repeating: nil, count: count)
    private(set) var tokens = [Double?](repeating: nil, count: count)

    init(_ series: [LiveSnapshot.Point]) {
      guard let end = series.last?.time else { return }
      let perMinute = 60 / Double(LiveSnapshot.pointSeconds)
      var parts = [Int](repeating: 0, count: Self.count)
      var timed = parts
      for point in series {
        let age = (end - point.time) / Self.seconds
        guard (0..<Int64(Self.count)).contains(age) else { continue }
        let index = Self.count - 1 - Int(age)
        parts[index] += 1
        requests[index] = mean(
          requests[index], Double(point.requests) * perMinute, parts[index])
        errors[index] = mean(errors[index], Double(point.errors) * perMinute, parts[index])
        tokens[index] = mean(tokens[index], point.tokensPerSecond, parts[index])
        if let firstToken = point.firstToken {
          timed[index] += 1
          self.firstToken[index] = mean(
            self.firstToken[index], Double(firstToken), timed[index])
        }
      }
    }

    private func mean(_ old: Double?, _ new: Double, _ count: Int) -> Double {
      guard let old else { return new }
      return old + (new - old) / Double(count)
    }
  }
}

import Telemetry

/// How many requests there were and how long they took, made from the workers' counters.
struct RequestSums {
  struct Sum {
    var requests: UInt64 = 0
    /// Those that were answered with 4xx or 5xx, or not at all.
    var errors: UInt64 = 0
    var nanoseconds: UInt64 = 0
    /// How many of them were timed.
    var timed: UInt64 = 0

    /// With one decimal; 0 without data.
    var averageMilliseconds: Double {
      timed == 0 ? 0 : (Double(nanoseconds) / Double(timed) / 100_000).rounded() / 10
    }

    fileprivate mutating func add(_ other: Sum) {
      requests &+= other.requests
      errors &+= other.errors
      nanoseconds &+= other.nanoseconds
      timed &+= other.timed
    }
  }

  private(set) var total = Sum()
  /// By their labels. "none" is of requests that were sent nowhere.
  private(set) var backends: [String: Sum] = [:]
  private(set) var models: [String: Sum] = [:]

  init(_ metrics: MetricSum) {
    for (number, cells) in metrics.places.enumerated() where !cells.isEmpty {
      let sum = Self.sum(cells)
      let place = metrics.labels.places[number]
      total.add(sum)
      backends[metrics.labels.backends[place.backend], default: Sum()].add(sum)
      models[metrics.labels.models[place.model], default: Sum()].add(sum)
    }
  }

  private static func sum(_ cells: [PlaceCells]) -> Sum {
    var statuses: [Int: UInt64] = [:]
    for cell in cells { cell.statuses.add(to: &statuses) }
    var sum = Sum()
    for (status, count) in statuses {
      sum.requests &+= count
      if !(200..<400).contains(status) { sum.errors &+= count }
    }
    let duration = MetricSum.reading(cells) { $0.duration.reading }
    (sum.nanoseconds, sum.timed) = (duration.sum, duration.count)
    return sum
  }
}

@testable import Control

/// Histories at a fixed moment.
enum DemandSample {
  /// A Wednesday, as a day since 1970.
  static let today = 20_600
  /// Its noon, in Unix seconds.
  static let noon = moment(today, 12)

  static func moment(_ day: Int, _ hour: Int, _ second: Int = 0) -> Int64 {
    Int64(day * 24 + hour) * 3_600 + Int64(second)
  }

  /// `rows`: days before today, hour, requests.
  static func demand(_ rows: [(ago: Int, hour: Int, requests: Int)]) -> ModelDemand {
    var demand = ModelDemand()
    for row in rows {
      demand.add(UInt64(row.requests), in: (today - row.ago) * 24 + row.hour)
    }
    return demand
  }

  static func history(_ models: [String: ModelDemand]) -> DemandHistory {
    var history = DemandHistory()
    for (model, demand) in models { _ = history.restore(demand, of: model, at: noon) }
    return history
  }

  /// Requests at nine, three times as many as at three other hours, on each of the last days.
  static func peak(days: Int, requests: Int) -> ModelDemand {
    demand(
      (1...days).flatMap { day in
        [
          (ago: day, hour: 9, requests: requests / 2), (ago: day, hour: 10, requests: requests / 6),
          (ago: day, hour: 11, requests: requests / 6),
          (ago: day, hour: 14, requests: requests / 6),
        ]
      })
  }
}

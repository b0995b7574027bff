/// How often each model was asked for, by the hour: a value of bounded size.
public struct DemandHistory: Equatable, Sendable {
  /// Models that are remembered; of more, the least used one goes.
  public static let mostModels = 200

  public private(set) var models: [String: ModelDemand] = [:]

  public init() {}

  /// Adds requests for a model at a moment (Unix seconds). Returns the model that is forgotten for it.
  public mutating func add(_ requests: UInt64, of model: String, at seconds: Int64) -> String? {
    let hour = ModelDemand.hour(of: seconds)
    if models[model] != nil {
      models[model]?.add(requests, in: hour)
      return nil
    }
    var demand = ModelDemand()
    demand.add(requests, in: hour)
    return keep(demand, of: model, at: hour)
  }

  /// Takes a model as it was kept. Returns the model that is forgotten for it.
  public mutating func restore(
    _ demand: ModelDemand, of model: String, at seconds: Int64
  ) -> String? {
    keep(demand, of: model, at: ModelDemand.hour(of: seconds))
  }

  private mutating func keep(
    _ demand: ModelDemand, of model: String, at hour: Int
  ) -> String? {
    var forgotten: String?
    if models.count >= Self.mostModels, models[model] == nil {
      forgotten =
        models.min { first, second in
          (first.value.total(until: hour), first.key) < (
            second.value.total(until: hour), second.key
          )
        }?.key
    }
    if let forgotten { models[forgotten] = nil }
    models[model] = demand
    return forgotten
  }
}

/// Requests of a model by hour of the day and by day of the week, all in UTC.
public struct DemandProfile: Equatable, Sendable {
  /// Sums by hour of the day.
  public private(set) var hours = [Int](repeating: 0, count: 24)
  /// Sums by day of the week, from Monday, and hour.
  public private(set) var week = [[Int]](
    repeating: [Int](repeating: 0, count: 24), count: 7)
  /// Days with at least one request.
  public private(set) var activeDays = 0

  /// What the window that ends with `hour` holds.
  public init(_ demand: ModelDemand, until hour: Int) {
    var lastDay = Int.min
    for hour in ModelDemand.window(until: hour) {
      let count = demand[hour]
      guard count > 0 else { continue }
      let (day, hourOfDay) = ModelDemand.split(hour)
      hours[hourOfDay] += count
      week[ModelDemand.weekday(of: day)][hourOfDay] += count
      if day != lastDay { activeDays += 1 }
      lastDay = day
    }
  }
}

/// What is expected of a model in an hour to come, by the same hours of the past.
///
/// The same hour of the same weekday counts most; the same hour of the last fourteen days stands in
/// where there are few of those, as a prior of Bayes' kind that weighs two observations.
public struct DemandForecast: Equatable, Sendable {
  /// How likely it is that the model is used at all in the hour, 0 to 1.
  public var likelihood = 0.0
  /// Requests to be expected in it.
  public var requests = 0.0

  private static let priorWeight = 2.0
  private static let priorDays = 14
  /// A guess by fewer days is none.
  private static let fewestDays = 3

  /// The forecast for `hour` (since 1970) by what came before it.
  public init(_ demand: ModelDemand, for hour: Int) {
    guard let oldest = demand.oldest(until: hour - 1) else { return }
    // Days before, the day of the first request included.
    let known = ModelDemand.split(hour).day - ModelDemand.split(oldest).day
    guard known >= Self.fewestDays else { return }
    let near = Self.look(demand, before: hour, every: 1, upTo: min(known, Self.priorDays))
    let week = Self.look(demand, before: hour, every: 7, upTo: known)
    let weight = Self.priorWeight / near.days
    likelihood = (week.used + near.used * weight) / (week.days + Self.priorWeight)
    requests = (week.requests + near.requests * weight) / (week.days + Self.priorWeight)
  }

  private static func look(
    _ demand: ModelDemand, before hour: Int, every step: Int, upTo known: Int
  ) -> (days: Double, used: Double, requests: Double) {
    var days = 0.0
    var used = 0.0
    var requests = 0.0
    for day in stride(from: step, through: min(known, ModelDemand.days - 1), by: step) {
      let count = demand[hour - day * 24]
      days += 1
      used += count > 0 ? 1 : 0
      requests += Double(count)
    }
    return (days, used, requests)
  }
}

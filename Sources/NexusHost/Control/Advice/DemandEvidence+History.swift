extension DemandEvidence {
  /// Days that a trend compares with as many before.
  private static let trendHours = 7 * 24
  /// Less of a change is none.
  private static let trendThreshold = 0.2

  /// What the history of a model says at `hour`; nil if it has no requests.
  public init?(_ demand: ModelDemand, until hour: Int) {
    guard let oldest = demand.oldest(until: hour), let newest = demand.newest(until: hour) else {
      return nil
    }
    let profile = DemandProfile(demand, until: hour)
    let busy = profile.hours.filter { $0 > 0 }
    let sum = busy.reduce(0, +)
    // Of equal hours the first is the peak.
    let peak = profile.hours.indices.max {
      (profile.hours[$0], -$0) < (profile.hours[$1], -$1)
    }
    // Averages are all per day with requests, which their ratio does not depend on.
    let ratio = Double(busy.max() ?? 0) * Double(busy.count) / Double(max(1, sum))
    self.init(
      requests: sum, days: (newest - oldest) / 24, activeDays: profile.activeDays,
      peakHour: peak ?? 0, peakRatio: ratio, trend: Self.trend(demand, until: hour))
  }

  private static func trend(_ demand: ModelDemand, until hour: Int) -> Trend {
    func sum(endingBefore end: Int) -> Int {
      (end - trendHours..<end).reduce(0) { $0 + demand[$1] }
    }
    let new = sum(endingBefore: hour + 1)
    let old = sum(endingBefore: hour + 1 - trendHours)
    guard old > 0 else { return new > 0 ? .increasing : .stable }
    let change = Double(new - old) / Double(old)
    return change > trendThreshold ? .increasing : change < -trendThreshold ? .decreasing : .stable
  }
}

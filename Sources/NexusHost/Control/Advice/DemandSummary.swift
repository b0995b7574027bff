import Config

/// How much is known of the use of models, for those who wonder why there is no advice.
public struct DemandSummary: Equatable, Sendable {
  /// Models with any request.
  public var models = 0
  /// Models that were used often enough, and over enough days, to be judged.
  public var judged = 0
  /// The most used model with its requests and days; nil if there is none.
  public var mostUsed: String?
  public var requests = 0
  public var days = 0
  /// What a model needs to be judged.
  public var requestsNeeded = 0
  public var daysNeeded = 0

  public init() {}

  /// What a history says at `now` (Unix seconds).
  public init(_ history: DemandHistory, _ recommender: Recommender, at now: Int64) {
    requestsNeeded = recommender.settings.minRequestCount
    daysNeeded = recommender.settings.minSampleDays
    let hour = ModelDemand.hour(of: now)
    for (model, demand) in history.models {
      guard let evidence = DemandEvidence(demand, until: hour) else { continue }
      models += 1
      if recommender.isEnough(evidence) { judged += 1 }
      if (evidence.requests, mostUsed ?? "") > (requests, model) {
        (mostUsed, requests, days) = (model, evidence.requests, evidence.days)
      }
    }
  }
}

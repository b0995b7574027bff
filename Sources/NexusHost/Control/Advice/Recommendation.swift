/// Advice about which model to keep where, with what it rests on. Nothing is done by itself.
public struct Recommendation: Equatable, Sendable {
  /// "rec-" and sixteen hexadecimal digits, the same as long as the advice stays the same.
  public let id: String
  public let model: String
  /// Names of backends that could load it, best first.
  public let targets: [String]
  /// 0 to 1.
  public let confidence: Double
  /// What it rests on, in whole sentences.
  public let reasoning: String
  /// The figures behind that.
  public let evidence: DemandEvidence
  /// What the model takes in memory; nil if unknown.
  public let memoryBytes: UInt64?
  /// A command that follows the advice.
  public let command: String
  /// Unix seconds.
  public let generated: Int64
  public let expires: Int64

  public init(
    id: String, model: String, targets: [String], confidence: Double, reasoning: String,
    evidence: DemandEvidence, memoryBytes: UInt64?, command: String, generated: Int64,
    expires: Int64
  ) {
    self.id = id
    self.model = model
    self.targets = targets
    self.confidence = confidence
    self.reasoning = reasoning
    self.evidence = evidence
    self.memoryBytes = memoryBytes
    self.command = command
    self.generated = generated
    self.expires = expires
  }
}

/// How a model was used, as far as advice rests on it.
public struct DemandEvidence: Equatable, Sendable {
  /// Which way its use goes: the last seven days against the seven before.
  public enum Trend: String, Sendable {
    case increasing, stable, decreasing
  }

  public var requests: Int
  /// From the first to the last request.
  public var days: Int
  /// Days with at least one request.
  public var activeDays: Int
  /// Hour of the day (UTC) with most requests.
  public var peakHour: Int
  /// Requests in that hour over those of an average hour with requests.
  public var peakRatio: Double
  public var trend: Trend

  public init(
    requests: Int, days: Int, activeDays: Int, peakHour: Int, peakRatio: Double, trend: Trend
  ) {
    self.requests = requests
    self.days = days
    self.activeDays = activeDays
    self.peakHour = peakHour
    self.peakRatio = peakRatio
    self.trend = trend
  }
}

/// All advice of a moment.
public struct AdviceReport: Equatable, Sendable {
  public var recommendations: [Recommendation]
  public var isEnabled: Bool
  /// Unix seconds.
  public var generated: Int64
  /// What it rests on.
  public var demand: DemandSummary

  public init(
    recommendations: [Recommendation] = [], isEnabled: Bool, generated: Int64,
    demand: DemandSummary = DemandSummary()
  ) {
    self.recommendations = recommendations
    self.demand = demand
    self.isEnabled = isEnabled
    self.generated = generated
  }
}

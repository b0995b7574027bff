/// What is expected of a model on a backend. All times in milliseconds. Where nothing was measured it
/// is what such servers usually do, rather fast: so that each gets its chance.
public struct Speed: Equatable, Sendable {
  /// From the dispatch of a request with an empty prompt to its first token, with nothing else there.
  public var base = 100.0
  /// What each token of the prompt adds that is in no cache.
  public var perPromptToken = 0.2
  /// How many times as slow as usual it has been in the last seconds.
  public var slowdown = 1.0
  /// How long a request occupies its slot, on average.
  public var service = 2_000.0
  /// How many requests it seems to serve at once; 0 unknown.
  public var slots = 0
  /// So many it was seen to serve at once.
  public var slotsAtLeast = 0
  /// Tokens of one answer in a second, on average; 0 unknown.
  public var tokensPerSecond = 0.0
  /// How long the model takes to come into memory; 0 unknown.
  public var load = 0.0
  /// For how long it has been coming into memory; nil if nobody waits for that.
  public var loadingFor: Double?
  /// Which share of a prompt that should be in a cache there really is, 0 to 1.
  public var cacheTrust = 1.0
  /// By how much the requests that wait there for their first token are overdue, on average.
  public var overdue = 0.0
  /// How much this rests on: about the number of recent requests.
  public var weight = 0.0

  /// What is assumed before anything was measured.
  public static let usual = Speed()

  public init() {}

  /// The time to the first token of a prompt of which so many tokens must be computed, with nothing
  /// in the way.
  public func prefill(tokens: Double) -> Double { (base + perPromptToken * tokens) * slowdown }
}

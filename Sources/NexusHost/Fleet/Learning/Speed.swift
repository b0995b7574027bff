/// What is expected of a model on a backend: all times in milliseconds, 0 where nothing is known.
public struct Speed: Equatable, Sendable {
  /// From the dispatch of a request with an empty prompt to its first token, with nothing else there.
  public var base = 0.0
  /// What each token of the prompt adds that is in no cache.
  public var perPromptToken = 0.0
  /// How long a request occupies its slot, on average.
  public var service = 0.0
  /// Tokens of one answer in a second, on average.
  public var tokensPerSecond = 0.0
  /// How long the model takes to come into memory.
  public var load = 0.0
  /// Which share of a prompt that should be in a cache there really is, 0 to 1.
  public var cacheTrust = 1.0
  /// How much this rests on: about the number of recent requests.
  public var weight = 0.0

  public init() {}
}

/// How fast a server is: a seeded model of prompt processing, generation, loading and slots. The
/// simulated servers live by it in real time, the placement benchmark in virtual time.
public struct LatencyModel: Equatable, Sendable {
  /// Milliseconds from the grant of a slot to the first token, before the prompt's length counts.
  public var firstToken = 10.0
  /// Microseconds that each token of the prompt adds.
  public var promptToken = 20.0
  /// Tokens per second of one stream; 0 = as fast as the loop can.
  public var tokensPerSecond = 500.0
  /// Milliseconds that it takes to bring a cold model into memory.
  public var load = 50.0
  /// Answers computed at once; the rest wait.
  public var slots = 4
  /// How many may wait before the server says that it is busy; nil = any number.
  public var queue: Int?
  /// What each further answer that is computed at once adds to the time of all, as a share of it.
  public var crowding = 0.0

  public init() {}

  /// Milliseconds until the first token of this answer: up to a tenth more or less, by `random`.
  public func firstToken(prompt tokens: Int, _ random: inout Random) -> Double {
    (firstToken + promptToken * Double(tokens) / 1000) * (0.9 + 0.2 * random.fraction())
  }

  /// Milliseconds between two tokens.
  public func interval(_ random: inout Random) -> Double {
    tokensPerSecond > 0 ? 1000 / tokensPerSecond * (0.9 + 0.2 * random.fraction()) : 0
  }

  /// By how much everything takes longer with so many answers computed at once.
  public func slowdown(running: Int) -> Double { 1 + crowding * Double(max(0, running - 1)) }
}

import Synchronization

/// How fast a model is answered on a backend: fed by requests, read by plans without a lock. Any
/// thread.
public final class SpeedAccount: Sendable {
  /// A request that got its first token.
  public struct FirstToken: Sendable {
    /// Milliseconds since it was sent.
    public var milliseconds: Double
    /// Tokens of its prompt, estimated.
    public var promptTokens: Double
    /// Of these, tokens that were thought to be in a cache there.
    public var cachedTokens: Double
    /// Requests that were there when it came.
    public var ahead: Int
    /// Whether the model had to come into memory first.
    public var isCold: Bool

    public init(
      milliseconds: Double, promptTokens: Double = 0, cachedTokens: Double = 0, ahead: Int = 0,
      isCold: Bool = false
    ) {
      self.milliseconds = milliseconds
      self.promptTokens = promptTokens
      self.cachedTokens = cachedTokens
      self.ahead = ahead
      self.isCold = isCold
    }
  }

  private let base = Atomic<UInt64>(0)

  public init() {}

  /// What is expected now.
  public var speed: Speed {
    var speed = Speed()
    speed.base = Double(bitPattern: base.load(ordering: .relaxed))
    speed.weight = speed.base > 0 ? 1 : 0
    return speed
  }

  /// A request got its first token at `now`, in milliseconds of the monotonic clock.
  public func record(_ sample: FirstToken, at now: UInt64) {
    guard !sample.isCold else { return }
    let old = Double(bitPattern: base.load(ordering: .relaxed))
    let new = old == 0 ? sample.milliseconds : old + (sample.milliseconds - old) / 8
    base.store(new.bitPattern, ordering: .relaxed)
  }
}

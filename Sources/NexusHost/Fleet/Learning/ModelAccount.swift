import Synchronization

/// What is known of one model on one backend from the requests that were sent there. It outlives
/// snapshots and changes of what the server reports. Any thread.
public final class ModelAccount: Sendable {
  /// The requests for the model that this host has under way there.
  public let requests = Occupancy()
  /// How well the model is answered there.
  public let quality = BackendQuality()
  /// Whether requests for the model are sent there, as far as the model decides that.
  public let circuit = Circuit()
  // Beside what every plan reads.
  private let leaving = Atomic<Bool>(false)
  /// How fast the model is answered there.
  public let speed = SpeedAccount()
  /// The time that nineteen of twenty whole answers stay below.
  public let wholeAnswer = Quantile(0.95)
  /// How many bytes of a prompt make a token.
  public let tokens = TokenScale()
  /// By which number its requests are counted, once somebody has given it one.
  public let place = AssignedNumber()

  public init() {}

  /// Whether it is about to leave the memory there: other places that have it are preferred.
  public var isLeaving: Bool { leaving.load(ordering: .relaxed) }

  /// It is to leave the memory there. Whoever says so says `leaveEnded` when it has, or stays.
  public func leaveBegan() { leaving.store(true, ordering: .relaxed) }

  /// It has left, or stays.
  public func leaveEnded() { leaving.store(false, ordering: .relaxed) }
}

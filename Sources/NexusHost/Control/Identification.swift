import Drivers

/// A question to all drivers: is that server one of yours?
public struct Identification {
  /// Answers that are still to come.
  public private(set) var remaining: Int
  /// The most certain answer, and the driver that gave it.
  public private(set) var best: (identity: ServerIdentity, driver: Driver)?
  /// Whether some driver got as far as saying that the server is not one of its own.
  public private(set) var wasReached = false
  /// What a driver said that did not get that far.
  public private(set) var failure: DriverFailure?
  private var bestRank = (0, 0, 0)
  /// The type that somebody says it has; it counts only between equally certain answers.
  private let hint: String?

  public init(remaining: Int, hint: String? = nil) {
    self.remaining = remaining
    self.hint = hint
  }

  /// Takes an answer. Of equally certain ones the first driver's stays, whichever came first.
  public mutating func take(_ outcome: ExchangeOutcome, from driver: Driver, order: Int) {
    remaining -= 1
    if let failure = outcome.failure {
      if failure.code == .unsupported { wasReached = true } else { self.failure = failure }
      return
    }
    wasReached = true
    guard let identity = outcome.reports.identity,
      driver.descriptor.types.contains(identity.backendType)
    else { return }
    let rank = (identity.certainty, identity.backendType == hint ? 1 : 0, -order)
    guard best == nil || rank > bestRank else { return }
    best = (identity, driver)
    bestRank = rank
  }
}

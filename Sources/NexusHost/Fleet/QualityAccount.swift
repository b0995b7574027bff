import Glibc

/// What is remembered of a backend's quality from one look at its sums to the next: a value.
///
/// What lies back counts less and less. A backend that fails too often is left out; after a while it
/// gets one request as a trial, which decides. Trials that fail come ever more rarely.
public struct QualityAccount: Equatable, Sendable {
  private enum Phase: Equatable {
    case good
    /// Left out; the time to the next trial, and what that time was at first.
    case poor(left: Double, wait: Double)
    case onTrial(wait: Double)
  }

  private var seen = BackendQuality.Sums()
  private var succeeded = 0.0
  private var failed = 0.0
  private var timed = 0.0
  private var milliseconds = 0.0
  private var phase = Phase.good
  private var isJudged = false

  /// Seconds after which a request counts half.
  static let halfLife = 150.0
  /// Requests, with their present weight, below which nobody is judged.
  static let leastRequests = 10.0
  /// Longest time between two trials in seconds.
  static let longestWait = 300.0

  public init() {}

  /// A look at the sums, so many seconds after the one before. `threshold`: the share of failures
  /// from which a backend is left out; 1 never does.
  public mutating func look(
    at sums: BackendQuality.Sums, after seconds: Double, threshold: Double
  ) -> BackendQuality.Figures {
    let wins = Double(sums.succeeded &- seen.succeeded)
    let losses = Double(sums.failed &- seen.failed)
    let kept = exp2(-seconds / Self.halfLife)
    succeeded = succeeded * kept + wins
    failed = failed * kept + losses
    timed = timed * kept + Double(sums.timed &- seen.timed)
    milliseconds = milliseconds * kept + Double(sums.microseconds &- seen.microseconds) / 1_000
    seen = sums
    move(wins, losses, seconds, threshold)
    let seen = succeeded + failed
    // What was judged once stays so until hardly anything is left to judge by.
    if phase != .good || seen >= Self.leastRequests {
      isJudged = true
    } else if seen < 1 {
      isJudged = false
    }
    return figures
  }

  private mutating func move(
    _ wins: Double, _ losses: Double, _ seconds: Double, _ threshold: Double
  ) {
    guard threshold < 1 else {
      phase = .good
      return
    }
    switch phase {
    case .good where succeeded + failed >= Self.leastRequests && errorRate >= threshold:
      phase = .poor(left: seconds, wait: seconds)
    case .good: break
    case .poor(let left, let wait) where left > seconds:
      phase = .poor(left: left - seconds, wait: wait)
    case .poor(_, let wait): phase = .onTrial(wait: wait)
    case .onTrial(let wait) where losses > 0:
      let longer = min(wait * 2, Self.longestWait)
      phase = .poor(left: longer, wait: longer)
    case .onTrial where wins > 0:
      phase = .good
      (succeeded, failed) = (wins, 0)
    case .onTrial: break
    }
  }

  private var errorRate: Double {
    succeeded + failed > 0 ? failed / (succeeded + failed) : 0
  }

  private var figures: BackendQuality.Figures {
    var figures = BackendQuality.Figures()
    switch phase {
    case .good: figures.verdict = .good
    case .poor: figures.verdict = .poor
    case .onTrial: figures.verdict = .onTrial
    }
    figures.errorRate = errorRate
    figures.isJudged = isJudged
    figures.firstToken = timed > 0 ? UInt64(min(max(1, milliseconds / timed), 1e12)) : 0
    return figures
  }
}

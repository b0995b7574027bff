import Synchronization

/// How well a backend, or a model there, answers: counters that every request adds to, and what was last made of them.
/// Any thread.
public final class BackendQuality: Sendable {
  /// What the figures mean for new requests.
  public enum Verdict: UInt8, Sendable {
    case good
    /// It fails too often: it serves what nothing else can.
    case poor
    /// It was poor, and may show with one request that it is better.
    case onTrial
  }

  /// Sums since the start.
  public struct Sums: Equatable, Sendable {
    public var succeeded: UInt64 = 0
    public var failed: UInt64 = 0
    /// Streams whose first byte was measured, and their times together.
    public var timed: UInt64 = 0
    public var microseconds: UInt64 = 0

    public init() {}
  }

  /// What was made of the sums, and stands until they are looked at again.
  public struct Figures: Equatable, Sendable {
    public var verdict = Verdict.good
    /// Share of requests that failed, 0 to 1.
    public var errorRate = 0.0
    /// Average time to the first token of streams in milliseconds; 0 if unknown.
    public var firstToken: UInt64 = 0
    /// Whether enough requests were seen to judge by.
    public var isJudged = false

    public init() {}
  }

  private let succeeded = Atomic<UInt64>(0)
  private let failed = Atomic<UInt64>(0)
  private let timed = Atomic<UInt64>(0)
  private let microseconds = Atomic<UInt64>(0)
  private let verdict = Atomic<UInt8>(0)
  private let errorRate = Atomic<UInt64>(0)
  private let firstToken = Atomic<UInt64>(0)
  private let judged = Atomic<Bool>(false)
  private let trial = Atomic<Bool>(false)
  private let window = Mutex((hour: QualityWindow.Counts(), day: QualityWindow.Counts()))

  init() {}

  public var sums: Sums {
    var sums = Sums()
    sums.succeeded = succeeded.load(ordering: .relaxed)
    sums.failed = failed.load(ordering: .relaxed)
    sums.timed = timed.load(ordering: .relaxed)
    sums.microseconds = microseconds.load(ordering: .relaxed)
    return sums
  }

  /// Whether enough requests were seen to judge by.
  var isJudged: Bool { judged.load(ordering: .relaxed) }

  /// What the figures are now. One on trial whose request is under way counts as poor.
  public var figures: Figures {
    var figures = Figures()
    figures.verdict = Verdict(rawValue: verdict.load(ordering: .relaxed)) ?? .good
    if figures.verdict == .onTrial, !trial.load(ordering: .relaxed) { figures.verdict = .poor }
    figures.errorRate = Double(bitPattern: errorRate.load(ordering: .relaxed))
    figures.firstToken = firstToken.load(ordering: .relaxed)
    figures.isJudged = judged.load(ordering: .relaxed)
    return figures
  }

  /// A request was answered to its end.
  public func recordSuccess() { succeeded.wrappingAdd(1, ordering: .relaxed) }

  /// A request failed by the backend's fault, before its answer or in the middle of it.
  public func recordFailure() { failed.wrappingAdd(1, ordering: .relaxed) }

  /// A stream began to answer so long after it was asked for.
  public func record(firstTokenMicroseconds: UInt64) {
    timed.wrappingAdd(1, ordering: .relaxed)
    microseconds.wrappingAdd(firstTokenMicroseconds, ordering: .relaxed)
  }

  /// Whether this request may be the trial; true once for each trial.
  public func takeTrial() -> Bool { trial.exchange(false, ordering: .relaxed) }

  /// What became of the requests of the last hour and of the last day, as it was when it was last
  /// looked at.
  public var recent: (hour: QualityWindow.Counts, day: QualityWindow.Counts) {
    window.withLock { $0 }
  }

  /// Says what that is now.
  public func publish(recent: (hour: QualityWindow.Counts, day: QualityWindow.Counts)) {
    window.withLock { $0 = recent }
  }

  /// Lets new requests go by other figures.
  public func publish(_ figures: Figures) {
    errorRate.store(figures.errorRate.bitPattern, ordering: .relaxed)
    firstToken.store(figures.firstToken, ordering: .relaxed)
    judged.store(figures.isJudged, ordering: .relaxed)
    let old = verdict.exchange(figures.verdict.rawValue, ordering: .relaxed)
    if figures.verdict != .onTrial {
      trial.store(false, ordering: .relaxed)
    } else if old != figures.verdict.rawValue {
      trial.store(true, ordering: .relaxed)
    }
  }
}

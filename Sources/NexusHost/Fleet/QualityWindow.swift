/// What a backend's sums were at times of the last day: a value, from which counts of an hour and of a
/// day are made.
public struct QualityWindow: Sendable {
  /// What happened in a time.
  public struct Counts: Equatable, Sendable {
    public var succeeded: UInt64 = 0
    public var failed: UInt64 = 0

    public var total: UInt64 { succeeded &+ failed }

    public init() {}
  }

  private var marks: [(second: Double, sums: BackendQuality.Sums)] = []

  /// Seconds between two marks: how exact the edges of the times are.
  private static let step = 300.0
  static let hour = 3_600.0
  static let day = 86_400.0

  public init() {}

  /// A look at the sums at `now`, in seconds of a monotonic clock. Gives what happened in the last
  /// hour and in the last day.
  public mutating func look(
    at sums: BackendQuality.Sums, now: Double
  ) -> (hour: Counts, day: Counts) {
    // A mark stands at the begin of its step, and the first at the begin of all.
    if marks.isEmpty { marks.append((now, BackendQuality.Sums())) }
    let result = (counts(to: sums, since: now - Self.hour), counts(to: sums, since: now - Self.day))
    if now - marks[marks.count - 1].second >= Self.step { marks.append((now, sums)) }
    while marks.count > 1, marks[1].second <= now - Self.day { marks.removeFirst() }
    return result
  }

  /// From the last mark that is no younger than that.
  private func counts(to sums: BackendQuality.Sums, since second: Double) -> Counts {
    let mark = marks.last { $0.second <= second } ?? marks[0]
    var counts = Counts()
    counts.succeeded = sums.succeeded &- mark.sums.succeeded
    counts.failed = sums.failed &- mark.sums.failed
    return counts
  }
}

import Synchronization

/// The time that a given share of requests stays below, followed by small steps. Any thread.
///
/// A sample above moves the estimate up, one below moves it down, by steps whose proportion makes it
/// rest where the share is met (stochastic approximation, Robbins and Monro 1951, on a logarithmic
/// scale). It needs no memory of samples, and goes along when times change.
public final class Quantile: Sendable {
  private let share: Double
  private let estimate = Atomic<UInt64>(0)
  private let samples = Atomic<UInt64>(0)

  /// Samples before which nothing is told.
  static let least: UInt64 = 20
  private static let step = 0.2

  /// `share`: 0.95 for the time that nineteen of twenty requests stay below.
  public init(_ share: Double) { self.share = share }

  /// Milliseconds; nil before enough was seen.
  public var milliseconds: Double? {
    guard samples.load(ordering: .relaxed) >= Self.least else { return nil }
    return Double(bitPattern: estimate.load(ordering: .relaxed))
  }

  /// A request took so long.
  public func record(milliseconds: Double) {
    let old = Double(bitPattern: estimate.load(ordering: .relaxed))
    let count = samples.wrappingAdd(1, ordering: .relaxed).oldValue
    // Two threads at once lose one of many steps.
    estimate.store(next(old, max(0.1, milliseconds), count).bitPattern, ordering: .relaxed)
  }

  /// It begins at twice the mean of the first samples, which a single late one hardly moves.
  private func next(_ old: Double, _ sample: Double, _ count: UInt64) -> Double {
    if count < Self.least {
      let mean = old + (sample - old) / Double(count + 1)
      return count + 1 == Self.least ? 2 * mean : mean
    }
    return sample > old ? old * (1 + Self.step * share) : old * (1 - Self.step * (1 - share))
  }
}

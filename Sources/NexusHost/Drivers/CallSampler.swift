import Net

/// Measures some of the calls of drivers: one in 32, since to look at the clock costs about as much as
/// a call. Confined to one thread.
public final class CallSampler {
  private var left = 1
  private let record: (Driver, UInt64) -> Void
  private static let callsPerSample = 32

  /// `record` is told the nanoseconds of each call that was measured.
  public init(_ record: @escaping (Driver, UInt64) -> Void) { self.record = record }

  /// The present moment if the call that begins is to be measured, else 0.
  @inline(__always)
  func begin() -> UInt64 {
    left &-= 1
    guard left == 0 else { return 0 }
    left = Self.callsPerSample
    return MonotonicClock.nanoseconds()
  }

  func end(_ driver: Driver, since moment: UInt64) {
    record(driver, MonotonicClock.nanoseconds() &- moment)
  }
}

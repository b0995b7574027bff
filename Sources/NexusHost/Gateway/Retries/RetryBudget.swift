import Synchronization

/// How many retries a gateway may still make, so that failures do not multiply its traffic when
/// everything fails: each request earns a share of a retry, and a retry spends a whole one. Any
/// thread.
///
/// What was earned in good times is kept, up to a retry for each request that is served at once:
/// when a backend dies under many long requests, all of them may go elsewhere. Few retries in a time
/// are allowed however little was earned.
final class RetryBudget: Sendable {
  /// In hundredths of a retry.
  private let earned: Atomic<Int>
  /// The retries of a window beyond what was earned: its number from bit 8 on, and how many.
  private let extra = Atomic<UInt64>(0)

  /// What logs and headers say where a retry was not made.
  static let token = "retry_budget_exhausted"
  /// Retries that a gateway begins with.
  static let initial = 100
  /// Retries beyond what was earned, and in how many milliseconds.
  static let floor: UInt64 = 10
  static let window: UInt64 = 10_000

  init() { earned = Atomic(Self.initial * 100) }

  /// In hundredths of a retry.
  var left: Int { max(0, earned.load(ordering: .relaxed)) }

  /// A request came. `percent`: retries that a hundred requests earn. `most`: retries that are kept.
  func earn(percent: Int, most: Int) {
    let seen = earned.load(ordering: .relaxed)
    if seen < max(most, Self.initial) * 100 { earned.wrappingAdd(percent, ordering: .relaxed) }
  }

  /// Whether there may be a retry at `now`, in milliseconds of the monotonic clock: true for each
  /// that is made. With 0 per cent there is none.
  func spend(percent: Int, at now: UInt64) -> Bool {
    guard percent > 0 else { return false }
    var seen = earned.load(ordering: .relaxed)
    while seen >= 100 {
      let (exchanged, new) = earned.compareExchange(
        expected: seen, desired: seen - 100, ordering: .relaxed)
      if exchanged { return true }
      seen = new
    }
    return spendExtra(at: now)
  }

  private func spendExtra(at now: UInt64) -> Bool {
    let window = (now / Self.window) << 8
    var seen = extra.load(ordering: .relaxed)
    while true {
      let used = seen & ~0xFF == window ? seen & 0xFF : 0
      guard used < Self.floor else { return false }
      let (exchanged, new) = extra.compareExchange(
        expected: seen, desired: window | (used + 1), ordering: .relaxed)
      if exchanged { return true }
      seen = new
    }
  }
}

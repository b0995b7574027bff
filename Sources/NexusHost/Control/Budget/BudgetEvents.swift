import Synchronization

/// What has happened to the budget since the start. Any thread.
public final class BudgetEvents: Sendable {
  public enum Kind: Int, CaseIterable, Sendable {
    case softLimitReached, hardLimitReached, monthRollover, limitIncreased, limitDecreased

    /// Its name in the log and in metrics.
    public var name: String {
      switch self {
      case .softLimitReached: "soft_limit_reached"
      case .hardLimitReached: "hard_limit_reached"
      case .monthRollover: "month_rollover"
      case .limitIncreased: "limit_increased"
      case .limitDecreased: "limit_decreased"
      }
    }
  }

  private let counts: InlineArray<5, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }

  init() {}

  public func count(of kind: Kind) -> UInt64 { counts[kind.rawValue].load(ordering: .relaxed) }

  func note(_ kind: Kind) { counts[kind.rawValue].wrappingAdd(1, ordering: .relaxed) }
}

import Config
import Control
import Net
import Text

extension LiveJSON {
  /// The members of a budget.
  static func append(_ budget: LiveSnapshot.Budget, to text: inout JSONText) {
    // What is under way counts with the most that it can cost. All is booked when it has ended.
    let now = MonotonicClock.unixSeconds() / 60 * 60
    text.member("current_spending_usd", dollars(budget.spent))
    text.member("reserved_usd", dollars(budget.reserved))
    text.member("monthly_limit_usd", dollars(budget.limit))
    let percent = Double(budget.spent + budget.reserved) / Double(budget.limit) * 10_000
    text.member("utilization_percent", percent.rounded() / 100)
    text.member("status", name(of: budget.level))
    text.member("billing_month", budget.month)
    text.member("last_reconciliation", UTCTime(unixSeconds: now).text)
    text.member("soft_limit_threshold", (budget.softShare * 10_000).rounded() / 100)
    text.member("hard_limit_action", name(of: budget.action))
    text.member("next_reset_date", dayAfter(month: UTCTime(unixSeconds: now)))
  }

  private static func dollars(_ micro: Int64) -> Double { Double(micro) / 1_000_000 }

  private static func name(of level: BudgetState.Level) -> StaticString {
    switch level {
    case .normal: "Normal"
    case .soft: "SoftLimit"
    case .hard: "HardLimit"
    }
  }

  private static func name(of action: Settings.HardLimitAction) -> StaticString {
    switch action {
    case .warn: "Warn"
    case .blockCloud: "BlockCloud"
    case .blockAll: "BlockAll"
    }
  }

  private static func dayAfter(month time: UTCTime) -> String {
    let (year, month) = time.month == 12 ? (time.year + 1, 1) : (time.year, time.month + 1)
    return "\(year)-\(month < 10 ? "0" : "")\(month)-01"
  }
}

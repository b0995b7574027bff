import Control
import Net

/// The header fields that tell how the month's budget stands, once it is nearly spent.
enum BudgetFields {
  static func append(_ worker: Worker, to out: ByteBuffer) {
    let rules = worker.rules.budget
    guard let limit = rules.limit else { return }
    let standing = worker.shared.ledger.standing(rules)
    guard standing.level > .normal else { return }
    out.append("x-nexus-budget-status: ")
    out.append(standing.level == .hard ? "HardLimit" : "SoftLimit")
    out.append("\r\n")
    let share = Int64((Double(standing.committed) / Double(limit) * 10_000).rounded())
    HeadWriter.field("x-nexus-budget-utilization", hundredths(share), in: out)
    let left = max(0, limit - standing.committed) / 10_000
    HeadWriter.field("x-nexus-budget-remaining", hundredths(left), in: out)
  }

  private static func hundredths(_ value: Int64) -> [UInt8] {
    Array("\(value / 100).\(value % 100 < 10 ? "0" : "")\(value % 100)".utf8)
  }
}

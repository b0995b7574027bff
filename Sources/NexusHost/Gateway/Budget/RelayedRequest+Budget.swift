import Config
import Control
import Drivers
import Fleet
import Net
import Routing

/// What was reserved for one attempt.
struct Payment {
  let attempt: Attempt
  /// Micro-dollars that the ledger holds back; 0 if there is no budget.
  let reserved: Int64
  let rules: BudgetRules
}

extension RelayedRequest {
  /// What the request may cost, and what may be spent.
  var spending: Spending {
    request.spending.within(worker.rules.budget, worker.shared.ledger)
  }

  /// What is reserved for an attempt where nothing has to be: it costs nothing, or there is no budget.
  func freely(_ attempt: Attempt) -> Payment? {
    let rules = worker.rules.budget
    guard attempt.worstCost == nil || rules.limit == nil else { return nil }
    return Payment(attempt: attempt, reserved: 0, rules: rules)
  }

  /// Reserves the most that an attempt can cost; nil if the budget does not allow it. Waits until the
  /// disk counts it, so that no end of the process makes the month look cheaper than it was.
  func pay(for attempt: Attempt) async -> Payment? {
    let rules = worker.rules.budget
    guard let amount = attempt.worstCost else { return nil }
    let wait = LoopBound(DurableWait(worker.loop))
    let loop = worker.loop
    switch worker.shared.ledger.reserve(
      amount, rules, durable: { loop.post { wait.value.end() } })
    {
    case .refused: return nil
    case .granted: break
    case .pending: await wait.value.run()
    }
    return Payment(attempt: attempt, reserved: amount, rules: rules)
  }

  /// Books what an attempt has cost.
  func settle(_ payment: Payment, _ outcome: Outcome, _ call: UpstreamCall) {
    var isFailed = false
    if case .failed = outcome { isFailed = true }
    guard let cost = payment.cost(of: call, request.spending, isFailed: isFailed) else { return }
    session.record.paid(cost)
    payment.book(cost, in: worker.shared.ledger)
  }

  /// For a request whose money others were faster to spend.
  func budgetSpent() -> APIError {
    session.record.refusal = "budget_exceeded"
    return .budgetExceeded(
      "The month's budget does not allow the request. It begins anew with the next month (UTC).",
      context: .init(availableBackends: worker.fleet.routableNames))
  }
}

extension Spending {
  /// The same with what may be spent now.
  func within(_ rules: BudgetRules, _ ledger: BudgetLedger) -> Spending {
    guard rules.limit != nil else { return self }
    let standing = ledger.standing(rules)
    var spending = self
    spending.left = rules.keptLimit.map { $0 - standing.committed }
    spending.prefersFree = standing.level > .normal
    spending.endsAll = rules.action == .blockAll
    return spending
  }
}

extension Payment {
  /// What the attempt has cost in micro-dollars: what its backend counted, or else the most that it
  /// can have been, and nothing if it failed. Nil where nothing costs anything.
  func cost(of call: UpstreamCall, _ spending: Spending, isFailed: Bool) -> Int64? {
    guard let price = attempt.price, let worst = attempt.worstCost else { return nil }
    guard let usage = call.exchange.sink.reports.usage else { return isFailed ? 0 : worst }
    return price.cost(
      input: usage.input ?? spending.promptTokens, output: usage.output ?? spending.answerTokens)
  }

  /// Counts that as spent instead of what was reserved.
  func book(_ cost: Int64, in ledger: BudgetLedger) {
    guard rules.limit != nil else { return }
    ledger.settle(reserved, actual: cost, rules)
  }
}

/// A wait for the disk, a second at most: a full disk is no reason to refuse everything. Confined to
/// its loop's thread.
private final class DurableWait: Timed {
  private let loop: EventLoop
  private var waiter: UnsafeContinuation<Void, Never>?
  private var isOver = false
  private static let patience: UInt64 = 1_000

  init(_ loop: EventLoop) { self.loop = loop }

  func run() async {
    guard !isOver else { return }
    loop.expire(self, after: Self.patience)
    await withUnsafeContinuation { waiter = $0 }
  }

  func end() {
    isOver = true
    loop.cancelExpiry(self)
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }

  override func expire() { end() }
}

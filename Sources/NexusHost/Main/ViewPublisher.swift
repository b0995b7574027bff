import Control
import Fleet
import Gateway
import Synchronization

/// Hands each new fleet to all workers, together with the rules that belong to it.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only.
final class ViewPublisher: @unchecked Sendable {
  private let workers: [WorkerThread]
  private let published: PublishedView
  private let affinity: Affinity
  private let ledger: BudgetLedger
  private var rules: GatewayRules
  private var taken: (@Sendable () -> Void)?

  init(
    workers: [WorkerThread], published: PublishedView, affinity: Affinity,
    ledger: BudgetLedger
  ) {
    self.ledger = ledger
    self.workers = workers
    self.affinity = affinity
    self.published = published
    rules = published.current.rules
  }

  /// Lets other rules go with the next fleet and those after it. `taken` is called when every worker
  /// goes by them, on the thread of the last one.
  func adopt(_ rules: GatewayRules, taken: @escaping @Sendable () -> Void) {
    ledger.limitChanged(from: self.rules.budget.limit, to: rules.budget.limit)
    self.rules = rules
    self.taken = taken
  }

  func publish(_ fleet: FleetSnapshot) {
    affinity.follow(from: published.current.fleet, to: fleet)
    let view = GatewayView(fleet: fleet, rules: rules)
    let countdown = taken.map { Countdown(from: workers.count, $0) }
    taken = nil
    for worker in workers { worker.publish(view) { countdown?.step() } }
    published.replace(with: view)
  }
}

/// Calls an action when so many others have done their part. Any thread.
private final class Countdown: Sendable {
  private let left: Atomic<Int>
  private let action: @Sendable () -> Void

  init(from count: Int, _ action: @escaping @Sendable () -> Void) {
    left = Atomic(count)
    self.action = action
  }

  func step() {
    if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { action() }
  }
}

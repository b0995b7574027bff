import Config
import Net
import Synchronization
import Telemetry
import Text

/// The month's spending, shared by all workers and kept beyond a restart. Any thread.
public final class BudgetLedger: Sendable {
  /// How things stand.
  public struct Standing: Sendable {
    public let spent: Int64
    public let committed: Int64
    public let level: BudgetState.Level
  }

  /// What has happened so far.
  public let events = BudgetEvents()
  private let state: Mutex<BudgetState>
  private let store: StateStore
  private let log: Log
  private let clock: @Sendable () -> Int64
  private static let kind = "budget"

  /// Goes on where the last run ended. `clock`: Unix seconds.
  public init(
    _ store: StateStore, log: Log,
    clock: @escaping @Sendable () -> Int64 = MonotonicClock.unixSeconds
  ) {
    self.store = store
    self.log = log
    self.clock = clock
    let month = Self.month(clock())
    let kept = store.values(Self.kind).first { $0.key == Self.key(month) }
    let spent = kept.flatMap { Int64(String(decoding: $0.value, as: UTF8.self)) } ?? 0
    state = Mutex(BudgetState(month: month, spent: spent))
    for (key, _) in store.values(Self.kind) where key < Self.key(month) {
      store.put(StateRecord(kind: Self.kind, key: key, value: nil)) { _ in }
    }
  }

  public func standing(_ rules: BudgetRules) -> Standing {
    let month = Self.month(clock())
    return state.withLock { state in
      if state.turn(to: month) { events.note(.monthRollover) }
      return Standing(
        spent: state.spent, committed: state.committed, level: state.level(rules))
    }
  }

  /// The month that spending counts for, as "2026-11" (UTC).
  public var billingMonth: String { Self.key(Self.month(clock())) }

  /// Another limit holds from now on; nil for none.
  public func limitChanged(from old: Int64?, to new: Int64?) {
    let (old, new) = (old ?? .max, new ?? .max)
    if new != old { events.note(new > old ? .limitIncreased : .limitDecreased) }
  }

  /// What becomes of a reservation.
  public enum Reservation: Sendable {
    case refused
    /// The request may go.
    case granted
    /// It may go when the disk counts it; `durable` calls back then.
    case pending
  }

  /// Reserves the worst case of a request. With `.pending`, `durable` is called on another thread.
  public func reserve(
    _ amount: Int64, _ rules: BudgetRules, durable: @escaping @Sendable () -> Void
  ) -> Reservation {
    let month = Self.month(clock())
    let (isGranted, now, ahead) = state.withLock { state -> (Bool, Int64?, Int64?) in
      if state.turn(to: month) { events.note(.monthRollover) }
      guard state.reserve(amount, within: rules.keptLimit) else { return (false, nil, nil) }
      return (
        true, state.due(block: rules.block, ahead: false),
        state.due(block: rules.block, ahead: true)
      )
    }
    tell(rules)
    guard isGranted else { return .refused }
    if let now {
      write(now, for: month, then: durable)
      return .pending
    }
    if let ahead { write(ahead, for: month) {} }
    return .granted
  }

  /// A request has ended; `actual` is what it cost.
  public func settle(_ amount: Int64, actual: Int64, _ rules: BudgetRules) {
    let month = Self.month(clock())
    let (due, counted) = state.withLock { state -> (Int64?, Int) in
      if state.turn(to: month) { events.note(.monthRollover) }
      state.settle(amount, actual: actual)
      return (state.due(block: rules.block, ahead: true), state.month)
    }
    if let due { write(due, for: counted) {} }
    tell(rules)
  }

  /// Writes what was really spent, at the end of the process.
  public func close() {
    let (spent, month, isUsed) = state.withLock {
      ($0.committed, $0.month, $0.durable != $0.committed)
    }
    guard isUsed else { return }
    // The store writes what waits when it is closed.
    store.put(record(spent, for: month)) { _ in }
  }

  private func write(
    _ sum: Int64, for month: Int, then done: @escaping @Sendable () -> Void
  ) {
    store.put(record(sum, for: month)) { [self] error in
      if let error {
        log.warn("budget", "what is spent could not be written", ["reason": "\(error)"])
      } else {
        state.withLock { $0.wrote(sum, for: month) }
      }
      done()
    }
  }

  private func record(_ sum: Int64, for month: Int) -> StateRecord {
    StateRecord(kind: Self.kind, key: Self.key(month), value: Array("\(sum)".utf8))
  }

  private func tell(_ rules: BudgetRules) {
    guard let limit = rules.limit,
      let (level, committed) = state.withLock({ state in
        state.news(rules).map { ($0, state.committed) }
      })
    else { return }
    let event = level == .hard ? BudgetEvents.Kind.hardLimitReached : .softLimitReached
    events.note(event)
    log.warn(
      "budget",
      level == .hard ? "the month's budget is spent" : "the month's budget is nearly spent",
      [
        "event": event.name,
        "committed_usd": Self.dollars(committed), "limit_usd": Self.dollars(limit),
        "action": rules.action.rawValue,
      ])
  }

  /// With four decimals, rounded up.
  public static func dollars(_ microdollars: Int64) -> String {
    let units = (max(0, microdollars) + 99) / 100
    let fraction = String(units % 10_000)
    return "\(units / 10_000).\(String(repeating: "0", count: 4 - fraction.utf8.count))\(fraction)"
  }

  private static func month(_ seconds: Int64) -> Int {
    let time = UTCTime(unixSeconds: seconds)
    return time.year * 12 + time.month - 1
  }

  /// "2026-11".
  private static func key(_ month: Int) -> String {
    let number = month % 12 + 1
    return "\(month / 12)-\(number < 10 ? "0" : "")\(number)"
  }
}

import Fleet
import Synchronization

/// The decisions of the last requests, of all workers together. Any thread.
///
/// Each place has a lock of its own, which two requests meet at only if a thousand others have come
/// between them.
public final class DecisionRing: Sendable {
  /// How many requests are remembered.
  static let size = 1_000
  /// What fleets of the past may take, in bytes; decisions that would keep more alive lose theirs.
  static let fleetLimit = 16 << 20

  private final class Place: Sendable {
    let decision = Mutex<Decision?>(nil)
  }

  private let places = (0..<DecisionRing.size).map { _ in Place() }
  private let count = Atomic<Int>(0)
  private let edition = Atomic<UInt64>(0)

  /// Adds a decision, which takes the place of the oldest. Returns the number by which `keep` finds it.
  func add(_ decision: Decision) -> Int {
    let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
    // The oldest goes outside of the lock.
    _ = places[number % Self.size].decision.withLock { held -> Decision? in
      let old = held
      held = decision
      return old
    }
    return number
  }

  /// The request of a decision has ended: it is among the last again, should others have pushed it
  /// out meanwhile.
  func keep(_ decision: Decision, addedAs number: Int) {
    guard count.load(ordering: .relaxed) - number > Self.size else { return }
    _ = add(decision)
  }

  /// The newest decision about a request of that id.
  func find(_ id: [UInt8]) -> Decision? {
    let wanted = KeptID(id)
    return newestFirst { $0.isCalled(wanted) }
  }

  /// The fleet has become another: decisions about those before it keep them alive only as far as
  /// memory allows, the newest first.
  func fleetChanged(to fleet: FleetSnapshot) {
    guard edition.exchange(fleet.edition, ordering: .relaxed) != fleet.edition else { return }
    var sizes: [UInt64: Int] = [fleet.edition: 0]
    var total = 0
    _ = newestFirst { decision in
      guard let old = decision.state.basis.view?.fleet else { return false }
      if sizes.updateValue(old.indexSize, forKey: old.edition) == nil { total += old.indexSize }
      if total > Self.fleetLimit, old.edition != fleet.edition { decision.forgetFleet() }
      return false
    }
  }

  private func newestFirst(_ isWanted: (Decision) -> Bool) -> Decision? {
    let end = count.load(ordering: .relaxed)
    for number in stride(from: end - 1, through: max(0, end - Self.size), by: -1) {
      let decision = places[number % Self.size].decision.withLock { $0 }
      if let decision, isWanted(decision) { return decision }
    }
    return nil
  }
}

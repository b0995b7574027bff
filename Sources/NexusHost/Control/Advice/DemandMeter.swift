import Fleet

/// Notices how many requests were answered since it looked last, from counters that are kept anyway:
/// a value.
///
/// What counts is an answer that was sent to its end, in time: each request once, whatever was tried
/// for it. The accounts outlive snapshots; of a backend that goes, what came after the last look is
/// lost.
struct DemandMeter {
  private struct Seen {
    /// Goes with its backend.
    weak var account: ModelAccount?
    var total: UInt64
  }

  private var seen: [ObjectIdentifier: Seen] = [:]

  /// Counts from here: what `fleet` has answered before is left out.
  init(_ fleet: FleetSnapshot) { _ = look(at: fleet) }

  /// The requests of each model since the last look.
  mutating func look(at fleet: FleetSnapshot) -> [String: UInt64] {
    var requests: [String: UInt64] = [:]
    for member in fleet.members {
      for model in member.models {
        let total = model.account.quality.sums.succeeded
        let id = ObjectIdentifier(model.account)
        let before = seen[id].flatMap { $0.account == nil ? nil : $0.total } ?? 0
        guard total > before || seen[id] == nil else { continue }
        seen[id] = Seen(account: model.account, total: total)
        if total > before { requests[model.id, default: 0] += total - before }
      }
    }
    return requests
  }

  /// Forgets accounts that are gone.
  mutating func clear() { seen = seen.filter { $0.value.account != nil } }
}

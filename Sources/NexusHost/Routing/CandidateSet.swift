import Fleet

/// The candidates that are still in the race. A stage can only take away.
struct CandidateSet {
  /// A candidate that was taken away, with the reason.
  struct Drop {
    let candidate: Candidate
    let stage: RoutingStage
    let reason: DropReason
  }

  /// Shares the snapshot's array until something is dropped.
  private(set) var survivors: [Candidate]
  /// The drops, in order.
  private(set) var drops: [Drop] = []

  init(_ candidates: [Candidate]) { survivors = candidates }

  /// Drops every candidate for which `reason` gives one.
  mutating func drop(_ stage: RoutingStage, where reason: (Candidate) -> DropReason?) {
    // Nearly always nothing is dropped, and then nothing is copied.
    guard survivors.contains(where: { reason($0) != nil }) else { return }
    var kept: [Candidate] = []
    kept.reserveCapacity(survivors.count)
    for candidate in survivors {
      if let reason = reason(candidate) {
        drops.append(Drop(candidate: candidate, stage: stage, reason: reason))
      } else {
        kept.append(candidate)
      }
    }
    survivors = kept
  }
}

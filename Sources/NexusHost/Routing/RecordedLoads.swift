import Fleet

/// What a plan saw of the load, from which it can be made and explained again.
public struct RecordedLoads: LoadSource, Sendable {
  /// What was read of one candidate.
  struct Entry: Sendable {
    /// Places in the snapshot, as those of a `Candidate`.
    let member: Int
    let model: Int
    let reading: LoadReading

    func isOf(_ candidate: Candidate) -> Bool {
      member == candidate.member && model == candidate.model
    }
  }

  /// How much is here of what the plan saw.
  enum Extent: Sendable {
    case all
    /// It looked at more than what is here.
    case partial
    /// Nothing, and whatever could have served was full.
    case full
  }

  fileprivate let extent: Extent
  /// The only reading of most plans, which needs no list.
  private let first: Entry?
  private let others: [Entry]

  init(_ first: Entry?, _ others: [Entry], _ extent: Extent) {
    self.extent = extent
    self.first = first
    // Without the room that they have to grow.
    self.others = others.isEmpty ? [] : Array(others[...])
  }

  /// For a plan that found no place: whatever could have served was full.
  public static let full = RecordedLoads(nil, [], .full)

  /// Whether the plan looked at more than what is here.
  public var isPartial: Bool { extent == .partial }

  public func reading(of candidate: Candidate, on member: FleetMember) -> LoadReading {
    if let entry = entry(of: candidate) { return entry.reading }
    if extent == .full { return LoadReading(inFlight: .max) }
    // Behind everything that was read: what is not here was not chosen.
    var other = LoadReading(inFlight: 0)
    other.quality.verdict = .poor
    return other
  }

  fileprivate func holds(_ candidate: Candidate) -> Bool { entry(of: candidate) != nil }

  private func entry(of candidate: Candidate) -> Entry? {
    if let first, first.isOf(candidate) { return first }
    return others.first { $0.isOf(candidate) }
  }
}

extension Router {
  /// Why a plan of the past was as it was. Of candidates whose load was not recorded, since nobody
  /// looked at it or there were too many, it says only that they could have served.
  public static func explain(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy,
    recorded: RecordedLoads, draw: UInt64
  ) -> RouteExplanation {
    let whole = explain(facts, fleet, policy, loads: recorded, draw: draw)
    guard recorded.extent != .full else { return whole }
    return RouteExplanation(
      model: whole.model,
      steps: whole.steps.map { step in
        var isKnown = [Bool](repeating: false, count: fleet.members.count)
        for candidate in fleet.candidates(for: step.model) {
          isKnown[candidate.member] = recorded.holds(candidate)
        }
        return step.withoutLoads { isKnown[$0] }
      })
  }
}

extension RouteExplanation.Step {
  /// The same with nothing said that depends on the load of backends that are not known.
  fileprivate func withoutLoads(exceptOf isKnown: (Int) -> Bool) -> RouteExplanation.Step {
    func rank(_ index: Int) -> Int? {
      guard isKnown(index), case .kept(let rank, _, _) = entries[index].outcome else { return nil }
      return rank
    }
    let ranks = entries.indices.compactMap(rank).sorted()
    let outcomes = entries.enumerated().map { index, entry in
      let outcome: RouteExplanation.Outcome
      switch entry.outcome {
      case .kept(let rank, let load, let score) where isKnown(index):
        outcome = .kept(rank: ranks.firstIndex(of: rank) ?? rank, load, score)
      case .dropped(.quality, _) where !isKnown(index), .kept: outcome = .notChosen
      case .notChosen, .dropped: return entry
      }
      return RouteExplanation.Entry(
        backend: entry.backend, model: entry.model, outcome: outcome)
    }
    return RouteExplanation.Step(
      model: model, hops: hops, policies: policies, zone: zone, minTier: minTier, entries: outcomes)
  }
}

import Drivers
import Fleet

/// Decides where a request goes: a pure function of the request, the fleet and its load.
public enum Router {
  /// The plan for a request. Takes no lock and does no I/O; may run on any thread.
  public static func plan(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy = RoutingPolicy(),
    loads: some LoadSource = LiveLoads()
  ) -> RoutePlan {
    let set = narrowed(facts, fleet)
    // A single survivor needs no order, which is how it is in most fleets.
    if set.survivors.count == 1, let attempt = attempt(set.survivors[0], fleet) {
      return .route([attempt])
    }
    let attempts = rank(set.survivors, fleet, loads).compactMap { attempt($0.candidate, fleet) }
    return attempts.isEmpty ? refusal(facts, fleet, set) : .route(attempts)
  }

  private static func attempt(_ candidate: Candidate, _ fleet: FleetSnapshot) -> Attempt? {
    let member = fleet.members[candidate.member]
    guard let kind = member.backend.kind else { return nil }
    return Attempt(member: member, model: member.models[candidate.model], kind: kind)
  }

  /// Why the plan is as it is: what became of every backend.
  public static func explain(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy = RoutingPolicy(),
    loads: some LoadSource = LiveLoads()
  ) -> RouteExplanation {
    let set = narrowed(facts, fleet)
    return explanation(facts, fleet, set, ranked: rank(set.survivors, fleet, loads))
  }

  private static func narrowed(_ facts: RequestFacts, _ fleet: FleetSnapshot) -> CandidateSet {
    var set = CandidateSet(fleet.candidates(for: facts.model))
    for step in RoutingStages.all { step(&set, facts, fleet) }
    return set
  }
}

// MARK: - Order

extension Router {
  /// A survivor with what decides its place.
  struct Ranked {
    let candidate: Candidate
    let reading: LoadReading
    let nameRank: Int

    /// Least in flight first; then the fastest, where one never measured is tried before all
    /// others, so that it gets measured; then by name.
    static func precedes(_ left: Ranked, _ right: Ranked) -> Bool {
      if left.reading.inFlight != right.reading.inFlight {
        return left.reading.inFlight < right.reading.inFlight
      }
      if left.reading.latencyMicroseconds != right.reading.latencyMicroseconds {
        return left.reading.latencyMicroseconds < right.reading.latencyMicroseconds
      }
      return left.nameRank < right.nameRank
    }
  }

  /// The survivors in the order in which they are tried.
  private static func rank(
    _ survivors: [Candidate], _ fleet: FleetSnapshot, _ loads: some LoadSource
  ) -> [Ranked] {
    var ranked: [Ranked] = []
    ranked.reserveCapacity(survivors.count)
    for candidate in survivors {
      ranked.append(
        Ranked(
          candidate: candidate, reading: loads.reading(of: fleet.members[candidate.member]),
          nameRank: fleet.nameRanks[candidate.member]))
    }
    if ranked.count > 1 { ranked.sort(by: Ranked.precedes) }
    return ranked
  }
}

// MARK: - Refusal and explanation

extension Router {
  private static func refusal(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ set: CandidateSet
  ) -> RoutePlan {
    let explanation = explanation(facts, fleet, set, ranked: [])
    let reason = reason(facts, fleet, set)
    let rejection = Rejection(reason: reason, explanation: explanation)
    return reason == .backendLoading ? .queue(rejection) : .reject(rejection)
  }

  /// The reason that stands nearest to success: a backend that was only not up says more than one
  /// that could not have done it.
  private static func reason(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ set: CandidateSet
  ) -> Rejection.Reason {
    var states: [BackendHealth.State] = []
    var isDraining = false
    var missing: Abilities?
    var largest: UInt64 = 0
    for drop in set.drops {
      switch drop.reason {
      case .notUp(let state): states.append(state)
      case .draining: isDraining = true
      case .abilityMissing(let abilities): missing = missing?.intersection(abilities) ?? abilities
      case .contextTooSmall(let tokens): largest = max(largest, tokens)
      case .modelAbsent, .operationUnsupported: break
      }
    }
    if states.contains(.loading) { return .backendLoading }
    if !states.isEmpty || isDraining { return .noHealthyBackend }
    if largest > 0 { return .contextTooSmall(largest: largest) }
    if let missing { return .abilityMissing(missing.isEmpty ? facts.allNeeds : missing) }
    if !set.drops.isEmpty { return .operationUnsupported(facts.operation) }
    return .modelUnknown(
      available: Array(fleet.routableModels.prefix(Rejection.listedModels)))
  }

  private static func explanation(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ set: CandidateSet, ranked: [Ranked]
  ) -> RouteExplanation {
    var outcomes = [RouteExplanation.Outcome](
      repeating: .dropped(.model, .modelAbsent), count: fleet.members.count)
    var models = [String?](repeating: nil, count: fleet.members.count)
    for drop in set.drops {
      outcomes[drop.candidate.member] = .dropped(drop.stage, drop.reason)
      models[drop.candidate.member] = name(of: drop.candidate, fleet)
    }
    for (rank, entry) in ranked.enumerated() {
      outcomes[entry.candidate.member] = .kept(rank: rank, entry.reading)
      models[entry.candidate.member] = name(of: entry.candidate, fleet)
    }
    let entries = fleet.members.indices.map { index in
      RouteExplanation.Entry(
        backend: fleet.members[index].backend.name, model: models[index], outcome: outcomes[index])
    }
    return RouteExplanation(model: facts.model, entries: entries)
  }

  private static func name(of candidate: Candidate, _ fleet: FleetSnapshot) -> String {
    fleet.members[candidate.member].models[candidate.model].id
  }
}

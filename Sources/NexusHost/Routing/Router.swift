import Config
import Drivers
import Fleet

/// Decides where a request goes: a pure function of the request, the fleet, the rules and the load.
public enum Router {
  /// The plan for a request. Takes no lock and does no I/O; may run on any thread.
  ///
  /// `draw`: a random number, new for every request, for the strategy `random`.
  public static func plan(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy = RoutingPolicy(),
    loads: some LoadSource = LiveLoads(), draw: UInt64 = 0
  ) -> RoutePlan {
    let planner = Planner(facts: facts, fleet: fleet, policy: policy, loads: loads, draw: draw)
    return planner.plan()
  }

  /// Why the plan is as it is: what became of every backend.
  public static func explain(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy = RoutingPolicy(),
    loads: some LoadSource = LiveLoads(), draw: UInt64 = 0
  ) -> RouteExplanation {
    let planner = Planner(facts: facts, fleet: fleet, policy: policy, loads: loads, draw: draw)
    return planner.explain()
  }
}

/// What a plan is made of.
struct Planner<Loads: LoadSource> {
  let facts: RequestFacts
  let fleet: FleetSnapshot
  let policy: RoutingPolicy
  let loads: Loads
  let draw: UInt64

  func plan() -> RoutePlan {
    var attempts: [Attempt] = []
    var obstacles = Obstacles()
    gather(.usual, &attempts, &obstacles)
    // What may work is tried before a request is refused; but what is full will have a place.
    if attempts.isEmpty, obstacles.hasShut, !obstacles.hasFull {
      gather(.lastResort, &attempts, &obstacles)
    }
    return attempts.isEmpty ? refusal() : .route(attempts)
  }

  /// What stood in the way of candidates that could have served otherwise.
  private struct Obstacles {
    var hasFull = false
    var hasShut = false
  }

  private func gather(
    _ pass: CircuitPass, _ attempts: inout [Attempt], _ obstacles: inout Obstacles
  ) {
    let first = policy.firstStep(facts, fleet)
    append(first, pass, to: &attempts, &obstacles)
    guard attempts.count < policy.maxAttempts else { return }
    for step in policy.fallbackSteps(after: first, facts, fleet)
    where attempts.count < policy.maxAttempts {
      append(step, pass, to: &attempts, &obstacles)
    }
  }

  /// What a step demands, with the lowest tier that has to do.
  func requirements(_ step: RouteStep, _ candidates: [Candidate]) -> Requirements {
    var wanted = Requirements(facts, step.demands)
    guard facts.mode == .flexible, wanted.minTier > 0 else { return wanted }
    wanted.minTier = 0
    var highest = 0
    for candidate in candidates where drop(candidate, step, wanted) == nil {
      highest = max(highest, fleet.standings[candidate.member].tier)
    }
    wanted.minTier = min(step.demands.minTier, highest)
    return wanted
  }

  /// The first stage that drops a candidate, before anybody looks at the load.
  /// `inAnyZone`: the same if no policy demanded a zone.
  func drop(
    _ candidate: Candidate, _ step: RouteStep, _ wanted: Requirements, inAnyZone: Bool = false
  ) -> RoutingStages.Drop? {
    let isByAlias = candidate.isByAlias && !policy.isPlain
    let isMeasured = candidate.contextTokens > 0 || candidate.price != nil
    guard isByAlias || isMeasured || inAnyZone else {
      return RoutingStages.drop(candidate, fleet.standings[candidate.member], wanted)
    }
    var wanted = wanted
    if isByAlias {
      // The name asked for is one of two; what is demanded of the other holds as well.
      let id = fleet.members[candidate.member].models[candidate.model].id
      let demands = policy.demands(step.demands, alsoBy: id)
      wanted.zone = demands.zone
      wanted.maxCost = demands.maxCost
      if facts.mode != .flexible { wanted.minTier = demands.minTier }
    }
    if inAnyZone { wanted.zone = .open }
    if isMeasured { measure(candidate, &wanted) }
    return RoutingStages.drop(candidate, fleet.standings[candidate.member], wanted)
  }

  /// Reckons the prompt in the tokens of the candidate's model, where that can decide anything.
  private func measure(_ candidate: Candidate, _ wanted: inout Requirements) {
    let mayBeTooLong = wanted.prompt.mostTokens > candidate.contextTokens
    guard mayBeTooLong || candidate.price != nil else { return }
    wanted.bytesPerToken = tokens(of: candidate).bytesPerToken
    if candidate.price != nil { wanted.spending = spending(on: candidate) }
  }

  private func tokens(of candidate: Candidate) -> TokenScale.Figures {
    loads.tokens(of: candidate, on: fleet.members[candidate.member])
  }

  /// What the request may cost there.
  private func spending(on candidate: Candidate) -> Spending {
    var spending = facts.spending
    if let tokens = facts.prompt.costTokens(tokens(of: candidate)) {
      spending.promptTokens = tokens
    }
    return spending
  }

  /// Whether prompt and answer together may be longer than the window there.
  private func isTight(_ candidate: Candidate, _ reading: LoadReading) -> Bool {
    let window = candidate.contextTokens
    guard window > 0, facts.prompt.mostTokens &+ facts.answerLimit > window else { return false }
    let prompt = facts.prompt.windowTokens(bytesPerToken: reading.bytesPerToken)
    return prompt &+ facts.answerLimit > window
  }

  func reading(of candidate: Candidate) -> LoadReading {
    loads.reading(of: candidate, on: fleet.members[candidate.member])
  }

  func ranked(_ candidate: Candidate, _ reading: LoadReading) -> Ranked {
    let member = candidate.member
    return Ranked(
      candidate, fleet.standings[member], reading, nameRank: fleet.nameRanks[member], facts,
      cachedBytes: cachedBytes(on: member), policy, draw: draw,
      isTight: isTight(candidate, reading))
  }

  /// Bytes of the prompt that are thought to be in a cache of the member's backend.
  func cachedBytes(on member: Int) -> UInt64 {
    facts.warm.places.isEmpty ? 0 : facts.warm.bytes(at: fleet.members[member].backend.key)
  }

  private func append(
    _ step: RouteStep, _ pass: CircuitPass, to attempts: inout [Attempt],
    _ obstacles: inout Obstacles
  ) {
    let candidates = fleet.candidates(for: step.model)
    let wanted = requirements(step, candidates)
    // A single candidate needs no order, which is how it is in most fleets.
    if candidates.count == 1, attempts.isEmpty {
      if let only = attempt(only: candidates[0], step, wanted, pass, &obstacles) {
        attempts = [only]
      }
      return
    }
    var ranking = Ranking(
      limit: policy.maxAttempts - attempts.count, of: candidates.count)
    for candidate in candidates {
      if let drop = drop(candidate, step, wanted) {
        if pass == .usual { loads.noteDrop(by: drop.stage) }
        if drop.stage == .privacy, self.drop(candidate, step, wanted, inAnyZone: true) == nil {
          ranking.privacyDecided = true
        }
        continue
      }
      // A model may be found under two names of a chain.
      if step.fallback > 0, isTried(candidate, by: attempts) { continue }
      var reading = reading(of: candidate)
      if RoutingStages.circuit(reading.circuit, pass) != nil {
        obstacles.hasShut = true
        if pass == .usual { loads.noteDrop(by: .circuit) }
        if pass == .usual { ranking.noteShut(ranked(candidate, reading)) }
        continue
      }
      let isFull = RoutingStages.capacity(fleet.standings[candidate.member], reading) != nil
      // Would it come first but for its load?
      if isFull {
        loads.noteDrop(by: .capacity)
        reading.inFlight = 0
        obstacles.hasFull = true
      }
      let place = ranked(candidate, reading)
      if isFull { ranking.noteFull(place) } else { ranking.insert(place) }
    }
    attempts.reserveCapacity(attempts.count + ranking.ranked.count)
    let reason = reason(for: step, ranking)
    let hasGood = pass == .usual && ranking.ranked.contains(where: \.isGood)
    for place in ranking.ranked {
      // What fails too often is for when nothing else is there.
      if place.isPoor, hasGood {
        loads.noteDrop(by: .quality)
        continue
      }
      let attempt = attempt(
        place.candidate, step, reason, pass, expected: place.expected,
        isTrial: place.reading.quality.verdict == .onTrial)
      if let attempt { attempts.append(attempt) }
    }
  }

  private func attempt(
    only candidate: Candidate, _ step: RouteStep, _ wanted: Requirements, _ pass: CircuitPass,
    _ obstacles: inout Obstacles
  ) -> Attempt? {
    if let drop = drop(candidate, step, wanted) {
      if pass == .usual { loads.noteDrop(by: drop.stage) }
      return nil
    }
    let reading = reading(of: candidate)
    if RoutingStages.circuit(reading.circuit, pass) != nil {
      obstacles.hasShut = true
      if pass == .usual { loads.noteDrop(by: .circuit) }
      return nil
    }
    if RoutingStages.capacity(fleet.standings[candidate.member], reading) != nil {
      loads.noteDrop(by: .capacity)
      obstacles.hasFull = true
      return nil
    }
    return attempt(candidate, step, step.fallback > 0 ? .failover : .capabilityMatch, pass)
  }

  private func isTried(_ candidate: Candidate, by attempts: [Attempt]) -> Bool {
    let model = fleet.members[candidate.member].models[candidate.model]
    return attempts.contains { $0.model === model }
  }

  private func reason(for step: RouteStep, _ ranking: Ranking) -> RouteReason {
    if step.fallback > 0 || ranking.isFailover { return .failover }
    if ranking.privacyDecided { return .privacyRequirement }
    return ranking.isOverflow ? .capacityOverflow : .capabilityMatch
  }

  private func attempt(
    _ candidate: Candidate, _ step: RouteStep, _ reason: RouteReason, _ pass: CircuitPass,
    expected: Double = 0, isTrial: Bool = false
  ) -> Attempt? {
    let member = fleet.members[candidate.member]
    guard let kind = member.backend.kind else { return nil }
    let model = member.models[candidate.model]
    var demands = step.demands
    if candidate.isByAlias && !policy.isPlain {
      demands = policy.demands(demands, alsoBy: model.id)
    }
    let isBelow = member.backend.tier < demands.minTier
    let bytesPerToken = model.account.tokens.bytesPerToken
    let measures = Attempt.Measures(
      worstCost: candidate.price.map { spending(on: candidate).worstCase($0) },
      price: candidate.price, expected: expected,
      promptTokens: Double(facts.prompt.tokens(bytesPerToken: bytesPerToken)),
      cachedTokens: Double(cachedBytes(on: candidate.member)) / bytesPerToken,
      slots: Score.slots(candidate, fleet.standings[candidate.member]),
      needsLoading: candidate.loading == .told)
    return Attempt(
      model, on: member, as: kind, zone: demands.zone, isFallback: step.fallback > 0,
      missedTier: isBelow ? demands.minTier : nil, isTrial: isTrial,
      isLastResort: pass == .lastResort, isBelow ? .failover : reason, measures)
  }
}

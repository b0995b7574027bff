import Config
import Drivers
import Fleet

// MARK: - Refusal and explanation: made only when somebody asks, or when there is no route

extension Planner {
  func explain() -> RouteExplanation {
    let first = policy.firstStep(facts, fleet)
    let steps = [first] + policy.fallbackSteps(after: first, facts, fleet)
    let usual = explain(steps, .usual)
    return usual.needsLastResort ? explain(steps, .lastResort) : usual
  }

  private func explain(_ steps: [RouteStep], _ pass: CircuitPass) -> RouteExplanation {
    var kept: [Candidate] = []
    return RouteExplanation(
      model: facts.model, steps: steps.map { explain($0, after: steps[0], pass, &kept) })
  }

  func refusal() -> RoutePlan {
    let explanation = explain()
    var reason = Rejection.Reason.modelUnknown(
      available: Array(fleet.routableModels.prefix(Rejection.listedModels)))
    for step in explanation.steps {
      guard let other = self.reason(step), other.isNearer(than: reason) else { continue }
      reason = other
    }
    let rejection = Rejection(reason: reason, explanation: explanation)
    return rejection.isPassing ? .queue(rejection) : .reject(rejection)
  }

  /// `kept`: what could serve in the steps before, and is not tried once more.
  private func explain(
    _ step: RouteStep, after first: RouteStep, _ pass: CircuitPass, _ kept: inout [Candidate]
  ) -> RouteExplanation.Step {
    var outcomes = [RouteExplanation.Outcome](
      repeating: .dropped(.model, .modelAbsent), count: fleet.members.count)
    var models = [String?](repeating: nil, count: fleet.members.count)
    let candidates = fleet.candidates(for: step.model)
    let wanted = requirements(step, candidates)
    var ranking = Ranking(limit: candidates.count, of: candidates.count)
    for candidate in candidates {
      let standing = fleet.standings[candidate.member]
      models[candidate.member] = fleet.members[candidate.member].models[candidate.model].id
      if let drop = drop(candidate, step, wanted) {
        outcomes[candidate.member] = .dropped(drop.stage, drop.reason)
        continue
      }
      let reading = reading(of: candidate)
      if let reason = RoutingStages.circuit(reading.circuit, pass) {
        outcomes[candidate.member] = .dropped(.circuit, reason)
      } else if let reason = RoutingStages.capacity(standing, reading) {
        outcomes[candidate.member] = .dropped(.capacity, reason)
      } else {
        ranking.insert(ranked(candidate, reading))
      }
    }
    let isNew = ranking.ranked.map { place in
      !kept.contains { $0.member == place.candidate.member && $0.model == place.candidate.model }
    }
    let hasGood = pass == .usual && zip(ranking.ranked, isNew).contains { $0.isGood && $1 }
    var rank = 0
    for (place, isNew) in zip(ranking.ranked, isNew) {
      if place.isPoor, hasGood, isNew {
        let share = Int((place.reading.quality.errorRate * 100).rounded())
        outcomes[place.candidate.member] = .dropped(.quality, .tooManyErrors(share))
        continue
      }
      outcomes[place.candidate.member] = .kept(rank: rank, place.reading, score(of: place))
      rank += 1
      if isNew { kept.append(place.candidate) }
    }
    let entries = fleet.members.indices.map { index in
      RouteExplanation.Entry(
        backend: fleet.members[index].backend.name, model: models[index], outcome: outcomes[index])
    }
    return RouteExplanation.Step(
      model: step.model, hops: step.hops,
      policies: policy.patterns(for: step, after: first, asked: facts.model),
      zone: step.demands.zone, minTier: step.demands.minTier > 0 ? step.demands.minTier : nil,
      entries: entries)
  }

  private func score(of place: Ranked) -> Score? {
    guard policy.strategy == .smart else { return nil }
    return Score(
      place.candidate, fleet.standings[place.candidate.member], place.reading, facts,
      cachedBytes: cachedBytes(on: place.candidate.member), policy.weights,
      ttftPenalty: policy.ttftPenalty)
  }

  /// The reason of a step that stands nearest to success: a backend that was only not up says more
  /// than one that could not have done it. Nil if no backend lists the model.
  private func reason(_ step: RouteExplanation.Step) -> Rejection.Reason? {
    var missing: Abilities?
    var largest: UInt64 = 0
    var reasons: [Rejection.Reason] = []
    for entry in step.entries {
      guard case .dropped(_, let reason) = entry.outcome else {
        // It was full when the plan was made, and has got a place since.
        reasons.append(.saturated)
        continue
      }
      switch reason {
      case .modelAbsent: break
      case .operationUnsupported(let kind): reasons.append(.operationUnsupported(kind))
      case .abilityMissing(let some): missing = missing?.intersection(some) ?? some
      case .contextTooSmall(let tokens): largest = max(largest, tokens)
      case .zoneForbidden(_, let zone): reasons.append(.zoneForbidden(zone))
      case .tierTooLow(_, let tier): reasons.append(.tierTooLow(tier))
      case .budgetExhausted: reasons.append(.budgetExhausted)
      case .tooExpensive: reasons.append(.tooExpensive)
      case .neverLoad, .notLoaded: reasons.append(.notLoaded)
      case .notUp(.loading): reasons.append(.backendLoading)
      case .notUp, .draining: reasons.append(.noHealthyBackend)
      case .circuitOpen(let opening): reasons.append(.circuitOpen(opening))
      case .full, .tooManyErrors: reasons.append(.saturated)
      }
    }
    if largest > 0 { reasons.append(.contextTooSmall(largest: largest)) }
    if let missing {
      reasons.append(.abilityMissing(missing.isEmpty ? facts.allNeeds : missing))
    }
    return reasons.max { $1.isNearer(than: $0) }
  }
}

extension RouteExplanation {
  /// Whether nothing can serve but what is open.
  fileprivate var needsLastResort: Bool {
    var hasShut = false
    for entry in steps.flatMap(\.entries) {
      switch entry.outcome {
      case .kept, .dropped(.capacity, _): return false
      case .dropped(.circuit, _): hasShut = true
      case .dropped, .notChosen: break
      }
    }
    return hasShut
  }
}

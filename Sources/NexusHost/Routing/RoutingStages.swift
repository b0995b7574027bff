import Config
import Drivers
import Fleet

/// What a request demands of a candidate.
struct Requirements {
  let operation: OperationKind
  let needs: Abilities
  let prompt: PromptSize
  var zone: Settings.Zone
  var minTier: Int
  var maxCost: Int64?
  var spending: Spending
  /// Bytes of a prompt that make a token of the candidate's model.
  var bytesPerToken = TokenScale.usual

  init(_ facts: borrowing RequestFacts, _ demands: Demands) {
    operation = facts.operation
    needs = facts.allNeeds
    prompt = facts.prompt
    zone = demands.zone
    minTier = demands.minTier
    maxCost = demands.maxCost
    spending = facts.spending
  }
}

/// Which circuits a plan goes by.
enum CircuitPass {
  /// What is open is left out.
  case usual
  /// There is nothing else: only what is known to fail is left out.
  case lastResort
}

/// The steps of a plan. Each is a pure function that can only drop a candidate, whatever becomes of
/// the others.
enum RoutingStages {
  /// Where a candidate is dropped, and why.
  struct Drop: Equatable {
    let stage: RoutingStage
    let reason: DropReason
  }

  /// The first step that drops a candidate; nil if it may serve.
  ///
  /// What a backend can never do comes before how it is now: so that "down" is only told of one that
  /// would have served the request.
  static func drop(
    _ candidate: Candidate, _ standing: Standing, _ wanted: Requirements
  ) -> Drop? {
    if let reason = operation(candidate, wanted) { return Drop(stage: .operation, reason: reason) }
    if let reason = capability(candidate, wanted) {
      return Drop(stage: .capability, reason: reason)
    }
    if let reason = privacy(candidate, standing, wanted) {
      return Drop(stage: .privacy, reason: reason)
    }
    if let reason = tier(standing, wanted) { return Drop(stage: .tier, reason: reason) }
    if let reason = budget(candidate, wanted) { return Drop(stage: .budget, reason: reason) }
    if let reason = lifecycle(candidate) { return Drop(stage: .lifecycle, reason: reason) }
    if let reason = health(standing) { return Drop(stage: .health, reason: reason) }
    return nil
  }

  /// Backends whose driver can do what was asked.
  static func operation(_ candidate: Candidate, _ wanted: Requirements) -> DropReason? {
    candidate.operations.contains(wanted.operation)
      ? nil : .operationUnsupported(wanted.operation)
  }

  /// Models that are not known to lack what the request needs: only a definite no excludes, and only a
  /// window that is too small even if the estimate of the prompt is as much too high as it can be.
  static func capability(_ candidate: Candidate, _ wanted: Requirements) -> DropReason? {
    let missing = wanted.needs.intersection(candidate.lacks)
    if !missing.isEmpty { return .abilityMissing(missing) }
    let window = candidate.contextTokens
    guard window > 0, wanted.prompt.leastTokens(bytesPerToken: wanted.bytesPerToken) > window else {
      return nil
    }
    return .contextTooSmall(window)
  }

  /// Places that the prompt may reach.
  static func privacy(
    _ candidate: Candidate, _ standing: Standing, _ wanted: Requirements
  ) -> DropReason? {
    let zone = candidate.zone(on: standing)
    return zone >= wanted.zone ? nil : .zoneForbidden(zone, demanded: wanted.zone)
  }

  /// Backends that are capable enough.
  static func tier(_ standing: Standing, _ wanted: Requirements) -> DropReason? {
    standing.tier >= wanted.minTier
      ? nil : .tierTooLow(standing.tier, demanded: wanted.minTier)
  }

  /// What the request may be spent on.
  static func budget(_ candidate: Candidate, _ wanted: Requirements) -> DropReason? {
    let spending = wanted.spending
    if let left = spending.left, left <= 0, spending.endsAll { return .budgetExhausted }
    guard let price = candidate.price else { return nil }
    let cost = spending.worstCase(price)
    if let most = wanted.maxCost, cost > most { return .tooExpensive(cost, most: most) }
    if let left = spending.left, left <= 0 || cost > left { return .budgetExhausted }
    return nil
  }

  /// Models that are in memory, or may come there.
  static func lifecycle(_ candidate: Candidate) -> DropReason? {
    switch candidate.loading {
    case .free, .told: nil
    case .forbidden: .neverLoad
    case .impossible: .notLoaded
    }
  }

  /// Backends that are up and in use.
  static func health(_ standing: Standing) -> DropReason? {
    if standing.isDraining { return .draining }
    return standing.state == .up ? nil : .notUp(standing.state)
  }

  /// Places where requests have not failed a moment ago.
  static func circuit(_ reading: CircuitReading, _ pass: CircuitPass) -> DropReason? {
    guard case .open(let opening) = reading, pass == .usual || opening.isFirm else { return nil }
    return .circuitOpen(opening)
  }

  /// Backends that may be sent one more request.
  static func capacity(_ standing: Standing, _ reading: LoadReading) -> DropReason? {
    reading.inFlight < standing.limit ? nil : .full(standing.limit)
  }
}

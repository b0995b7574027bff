import Drivers
import Fleet

/// The steps of a plan. Each is a pure function that may only drop candidates; their order is the
/// order of the list, and another step is another line of it.
enum RoutingStages {
  typealias Step = @Sendable (inout CandidateSet, RequestFacts, FleetSnapshot) -> Void

  /// What a model cannot do comes before the health of its backend: so that "down" is only told of
  /// a backend that would have served the request.
  static let all: [Step] = [operation, capability, health]

  /// Backends whose driver can do what was asked.
  static func operation(_ set: inout CandidateSet, _ facts: RequestFacts, _ fleet: FleetSnapshot) {
    set.drop(.operation) { candidate in
      // A backend that is not identified has no models yet, or keeps those of an earlier driver.
      guard let kind = fleet.members[candidate.member].backend.kind,
        kind.driver.supports(facts.operation)
      else { return .operationUnsupported(facts.operation) }
      return nil
    }
  }

  /// Models that are not known to lack what the request needs: only a definite no excludes.
  static func capability(
    _ set: inout CandidateSet, _ facts: RequestFacts, _ fleet: FleetSnapshot
  ) {
    let needs = facts.allNeeds
    set.drop(.capability) { candidate in
      let model = fleet.members[candidate.member].models[candidate.model]
      let missing = needs.intersection(model.lacks)
      if !missing.isEmpty { return .abilityMissing(missing) }
      if let prompt = facts.promptTokens, model.contextTokens > 0, prompt > model.contextTokens {
        return .contextTooSmall(model.contextTokens)
      }
      return nil
    }
  }

  /// Backends that are up.
  static func health(_ set: inout CandidateSet, _ facts: RequestFacts, _ fleet: FleetSnapshot) {
    set.drop(.health) { candidate in
      let state = fleet.members[candidate.member].state
      return state == .up ? nil : .notUp(state)
    }
  }
}

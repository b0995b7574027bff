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
    let wanted = facts.operation
    set.drop(.operation) { candidate in
      candidate.operations.contains(wanted) ? nil : .operationUnsupported(wanted)
    }
  }

  /// Models that are not known to lack what the request needs: only a definite no excludes.
  static func capability(
    _ set: inout CandidateSet, _ facts: RequestFacts, _ fleet: FleetSnapshot
  ) {
    let needs = facts.allNeeds
    let prompt = facts.promptTokens ?? 0
    set.drop(.capability) { candidate in
      let missing = needs.intersection(candidate.lacks)
      if !missing.isEmpty { return .abilityMissing(missing) }
      let window = candidate.contextTokens
      return window > 0 && prompt > window ? .contextTooSmall(window) : nil
    }
  }

  /// Backends that are up and in use.
  static func health(_ set: inout CandidateSet, _ facts: RequestFacts, _ fleet: FleetSnapshot) {
    let states = fleet.states
    let isDraining = fleet.isDraining
    set.drop(.health) { candidate in
      if isDraining[candidate.member] { return .draining }
      let state = states[candidate.member]
      return state == .up ? nil : .notUp(state)
    }
  }
}

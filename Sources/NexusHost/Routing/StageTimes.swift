import Fleet

extension Router {
  /// How long each stage takes over the candidates of a request, by a clock of nanoseconds: every stage
  /// looks at every candidate, where a plan stops at the first that drops it.
  public static func stageTimes(
    _ facts: RequestFacts, _ fleet: FleetSnapshot, _ policy: RoutingPolicy,
    loads: some LoadSource = LiveLoads(), clock: () -> UInt64
  ) -> [(RoutingStage, UInt64)] {
    let began = clock()
    let step = policy.firstStep(facts, fleet)
    let candidates = fleet.candidates(for: step.model)
    var last = clock()
    var times: [(RoutingStage, UInt64)] = [(.model, last &- began)]
    let wanted = Requirements(facts, step.demands)
    let readings = candidates.map { loads.reading(of: $0, on: fleet.members[$0.member]) }
    func measure(_ stage: RoutingStage, _ drops: (Candidate, Standing, LoadReading) -> Bool) {
      last = clock()
      var dropped = 0
      for (candidate, reading) in zip(candidates, readings)
      where drops(candidate, fleet.standings[candidate.member], reading) {
        dropped += 1
      }
      // The number keeps the loop from being left out.
      if dropped <= candidates.count { times.append((stage, clock() &- last)) }
    }
    measure(.operation) { candidate, _, _ in
      RoutingStages.operation(candidate, wanted) != nil
    }
    measure(.capability) { candidate, _, _ in
      RoutingStages.capability(candidate, wanted) != nil
    }
    measure(.privacy) { RoutingStages.privacy($0, $1, wanted) != nil || $2.inFlight < 0 }
    measure(.tier) { _, standing, _ in RoutingStages.tier(standing, wanted) != nil }
    measure(.budget) { candidate, _, _ in RoutingStages.budget(candidate, wanted) != nil }
    measure(.lifecycle) { candidate, _, _ in RoutingStages.lifecycle(candidate) != nil }
    measure(.health) { _, standing, _ in RoutingStages.health(standing) != nil }
    measure(.circuit) { _, _, reading in RoutingStages.circuit(reading.circuit, .usual) != nil }
    measure(.quality) { _, _, reading in reading.quality.verdict == .poor }
    measure(.capacity) { _, standing, reading in
      RoutingStages.capacity(standing, reading) != nil
    }
    return times
  }
}

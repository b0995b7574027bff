@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Where a request may go, worked out a second time: straight from docs/ROUTING.md, as simply as can
/// be, with nothing of the router but the values that it is given.
///
/// Patterns of names are only understood as far as the property tests use them.
struct PlacementOracle {
  /// A model of a backend.
  struct Place: Hashable, CustomStringConvertible {
    let backend: String
    let model: String

    var description: String { "\(backend) \(model)" }
  }

  /// A model that the request may be served with, and all that stands against each place that has it.
  struct Step {
    let name: String
    let isFallback: Bool
    /// The policies of all names that lead to it.
    let policies: [Settings.Policy]
    var faults: [Place: Set<RoutingStage>] = [:]

    /// Places against which nothing stands but what `allowed` names.
    func places(but allowed: Set<RoutingStage> = []) -> Set<Place> {
      Set(faults.filter { $0.value.isSubset(of: allowed) }.keys)
    }
  }

  let facts: RequestFacts
  let members: [FleetMember]
  let rules: Settings.Routing
  let prices: [String: Settings.Price]
  let readings: [String: LoadReading]
  private(set) var steps: [Step] = []

  init(
    _ facts: RequestFacts, _ members: [FleetMember], _ rules: Settings.Routing,
    prices: [String: Settings.Price], _ readings: [String: LoadReading]
  ) {
    (self.facts, self.members, self.rules) = (facts, members, rules)
    (self.prices, self.readings) = (prices, readings)
    let asked = names(from: facts.model)
    let demanded = policies(for: asked)
    steps = [step(asked, demanded, isFallback: false)]
    let mayFallBack = facts.mode != .strict && demanded.allSatisfy(\.fallbackAllowed)
    let chain = rules.fallbacks[asked[asked.count - 1]] ?? rules.fallbacks[facts.model] ?? []
    for name in mayFallBack ? chain : [] {
      let names = names(from: name)
      guard !steps.contains(where: { $0.name == names[names.count - 1] }) else { continue }
      steps.append(step(names, demanded + policies(for: names), isFallback: true))
    }
  }

  // MARK: - What follows

  /// Places by step that can be sent the request now.
  var free: [Set<Place>] { steps.map { $0.places() } }

  /// Places by step that may be tried since there is nothing else, and nothing to wait for.
  var lastResort: [Set<Place>] {
    let isNeeded =
      free.allSatisfy(\.isEmpty) && steps.allSatisfy { $0.places(but: [.capacity]).isEmpty }
    return steps.map { step in
      isNeeded ? step.places(but: [.circuit]).filter { !isFirmlyShut($0) } : []
    }
  }

  /// Places by step that a plan may use.
  var usable: [Set<Place>] { free.allSatisfy(\.isEmpty) ? lastResort : free }

  /// Whether a request without a place is worth a wait.
  var isPassing: Bool {
    steps.contains { step in
      step.places(but: [.circuit, .capacity]).contains {
        step.faults[$0]?.contains(.capacity) == true && !isFirmlyShut($0)
      }
        || step.places(but: [.health, .circuit, .capacity]).contains { place in
          members.contains {
            $0.backend.name == place.backend && $0.state == .loading && !$0.isDraining
          }
        }
    }
  }

  /// The policies that bind a place: those of the step's names, and of what its server calls it.
  func policies(of place: Place, in step: Step) -> [Settings.Policy] {
    step.policies + (place.model == step.name ? [] : policies(for: [place.model]))
  }

  // MARK: - Names

  private func names(from asked: String) -> [String] {
    var names = [asked]
    while names.count <= 3 {
      let last = names[names.count - 1]
      guard !isListed(last), let next = target(of: last), !names.contains(next) else { break }
      names.append(next)
    }
    return names
  }

  private func isListed(_ name: String) -> Bool {
    members.contains { offer(of: name, by: $0) != nil }
  }

  private func target(of name: String) -> String? {
    if let exact = rules.aliases[name] { return exact }
    let patterns = rules.aliases.keys.filter { $0.hasSuffix("*") && matches($0, name) }
    return patterns.max { $0.count < $1.count }.flatMap { rules.aliases[$0] }
  }

  private func matches(_ pattern: String, _ name: String) -> Bool {
    if pattern.hasSuffix("*") { return name.hasPrefix(pattern.dropLast()) }
    if pattern.hasSuffix("[0-2]") {
      return ["0", "1", "2"].contains { name == pattern.dropLast(5) + $0 }
    }
    return pattern == name
  }

  /// The policies that hold for some of the names: of each the first that matches.
  func policies(for names: [String]) -> [Settings.Policy] {
    names.compactMap { name in rules.policies.first { matches($0.modelPattern, name) } }
  }

  /// The model that a backend means by a name.
  private func offer(of name: String, by member: FleetMember) -> Model? {
    let usable = member.models.filter { !$0.report.isUnavailable }
    return usable.first { $0.report.id == name }
      ?? usable.first { $0.report.alias == name }
  }

  // MARK: - What stands against a place

  private func step(
    _ names: [String], _ demanded: [Settings.Policy], isFallback: Bool
  ) -> Step {
    var step = Step(
      name: names[names.count - 1], isFallback: isFallback, policies: demanded)
    var tiers: [Place: Int] = [:]
    for member in members {
      guard let model = offer(of: step.name, by: member) else { continue }
      let place = Place(backend: member.backend.name, model: model.report.id)
      let binding = policies(of: place, in: step)
      step.faults[place] = faults(of: model, on: member, binding)
      tiers[place] = member.backend.settings.tier
      let demandedTier = binding.compactMap(\.minTier).max() ?? 0
      if facts.mode != .flexible, member.backend.settings.tier < demandedTier {
        step.faults[place]?.insert(.tier)
      }
    }
    guard facts.mode == .flexible else { return step }
    // Lower tiers do only where the one demanded is nowhere to be had.
    let best = step.places(but: [.circuit, .capacity]).compactMap { tiers[$0] }.max() ?? 0
    let least = min(best, demanded.compactMap(\.minTier).max() ?? 0)
    for (place, tier) in tiers where tier < least { step.faults[place]?.insert(.tier) }
    return step
  }

  private func faults(
    of model: Model, on member: FleetMember, _ policies: [Settings.Policy]
  ) -> Set<RoutingStage> {
    var faults: Set<RoutingStage> = []
    let report = model.report
    let reading = readings[member.backend.name] ?? LoadReading(inFlight: 0)
    if member.backend.kind?.supports(facts.operation) != true { faults.insert(.operation) }
    if isIncapable(report) { faults.insert(.capability) }
    let zone = report.isRemote ? .open : member.backend.zone
    if policies.contains(where: { ($0.privacy ?? .open) > zone }) { faults.insert(.privacy) }
    if isTooExpensive(report, zone, policies) { faults.insert(.budget) }
    if isOutOfMemory(model, on: member) { faults.insert(.lifecycle) }
    if member.state != .up || member.isDraining { faults.insert(.health) }
    if case .open = reading.circuit { faults.insert(.circuit) }
    if let limit = member.backend.settings.maxConcurrent, reading.inFlight >= limit {
      faults.insert(.capacity)
    }
    return faults
  }

  /// Whether the model is not in memory, and nobody may or can bring it there for a request.
  private func isOutOfMemory(_ model: Model, on member: FleetMember) -> Bool {
    let report = model.report
    guard !report.isRemote, [.unloaded, .loading, .failed].contains(report.residency) else {
      return false
    }
    let names = [report.id] + (report.alias.isEmpty ? [] : [report.alias])
    let isForbidden = member.backend.settings.neverLoad.contains { pattern in
      names.contains { matches(pattern, $0) }
    }
    if isForbidden, report.residency != .loading { return true }
    return report.needsLoad && member.backend.kind?.supports(.load) != true
  }

  private func isIncapable(_ report: ModelReport) -> Bool {
    var needs = facts.needs.subtracting(.reasoning)
    needs.insert(facts.operation == .embeddings ? .embeddings : .chat)
    let isKnownToLack = !needs.isDisjoint(with: report.abilitiesKnown.subtracting(report.abilities))
    // Estimates of text are too high by a quarter at most; token numbers are none.
    let least = Double(facts.prompt.knownTokens) + Double(facts.prompt.bytes) / 4 * 0.75
    return isKnownToLack
      || report.contextTokens > 0 && least > Double(report.contextTokens)
  }

  private func isTooExpensive(
    _ report: ModelReport, _ zone: Settings.Zone, _ policies: [Settings.Policy]
  ) -> Bool {
    let left = facts.spending.left.map(Double.init)
    if let left, left <= 0, facts.spending.endsAll { return true }
    guard zone == .open, let price = prices[report.id], price.input + price.output > 0 else {
      return false
    }
    let cost =
      Double(facts.spending.promptTokens) * price.input
      + Double(facts.spending.answerTokens) * price.output
    if policies.contains(where: { cost > ($0.maxCostPerRequest ?? .infinity) * 1_000_000 }) {
      return true
    }
    return left.map { $0 <= 0 || cost > $0 } ?? false
  }

  private func isFirmlyShut(_ place: Place) -> Bool {
    guard case .open(let opening) = readings[place.backend]?.circuit else { return false }
    return opening.isFirm
  }
}

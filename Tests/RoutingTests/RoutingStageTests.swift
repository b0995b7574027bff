import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Each stage by itself: what it lets pass, and what it says of the rest.
@Suite struct RoutingStageTests {
  typealias F = FleetFixture

  /// A candidate with how its backend stands.
  private func place(
    _ model: Model = F.model("m"), _ state: BackendHealth.State = .up,
    operations: OperationSet? = F.everything, isDraining: Bool = false,
    prices: PriceTable = PriceTable(), adjust: (inout Settings.Backend) -> Void = { _ in }
  ) -> (candidate: Candidate, standing: Standing) {
    let member = F.member(
      "b", state, models: [model], operations: operations, isDraining: isDraining, adjust: adjust)
    return (Candidate(member: 0, of: member, model: 0, prices: prices), Standing(member))
  }

  private func wanted(
    _ operation: OperationKind = .chat, needs: Abilities = [], prompt: PromptSize = PromptSize(),
    _ adjust: (inout Requirements) -> Void = { _ in }
  ) -> Requirements {
    var wanted = Requirements(
      RequestFacts(model: "m", operation: operation, needs: needs, prompt: prompt), .none)
    adjust(&wanted)
    return wanted
  }

  @Test(
    arguments: [
      (F.everything, .chat, true), (OperationSet(.chat), .chat, true),
      (OperationSet(.chat), .embeddings, false), (OperationSet(.embeddings), .chat, false),
      (nil, .chat, false),
    ] as [(OperationSet?, OperationKind, Bool)])
  func operation(_ operations: OperationSet?, _ asked: OperationKind, _ passes: Bool) {
    let reason = RoutingStages.operation(place(operations: operations).candidate, wanted(asked))
    #expect(reason == (passes ? nil : .operationUnsupported(asked)))
  }

  @Test(
    arguments: [
      // Known abilities, those it has, what is needed, what is missing.
      ([], [], [.vision, .tools], []),
      ([.vision], [], [.vision], [.vision]),
      ([.vision], [.vision], [.vision], []),
      ([.vision, .tools], [.tools], [.vision, .tools, .json], [.vision]),
      ([.vision, .tools], [], [.vision, .tools], [.vision, .tools]),
      ([.chat], [], [], [.chat]),
      ([.reasoning], [], [.reasoning], []),
    ] as [(Abilities, Abilities, Abilities, Abilities)])
  func capability(
    _ known: Abilities, _ has: Abilities, _ needs: Abilities, _ missing: Abilities
  ) {
    let candidate = place(F.model("m", has: has, known: known)).candidate
    let reason = RoutingStages.capability(candidate, wanted(needs: needs))
    #expect(reason == (missing.isEmpty ? nil : .abilityMissing(missing)))
  }

  @Test(
    arguments: [
      // Bytes of text, token numbers, window: only what is surely too long is left out.
      (400, 0, 0, true), (400, 0, 100, true), (532, 0, 100, true), (540, 0, 100, false),
      (0, 100, 100, true), (0, 101, 100, false), (4, 100, 100, true), (8, 100, 100, false),
    ] as [(UInt64, UInt64, UInt64, Bool)])
  func window(_ bytes: UInt64, _ tokens: UInt64, _ window: UInt64, _ passes: Bool) {
    let reason = RoutingStages.capability(
      place(F.model("m", context: window)).candidate,
      wanted(prompt: PromptSize(bytes: bytes, knownTokens: tokens)))
    #expect(reason == (passes ? nil : .contextTooSmall(window)))
  }

  /// Every zone against every demand; a remote model is open wherever it is listed.
  @Test(arguments: Settings.Zone.allCases, [false, true])
  func privacy(_ zone: Settings.Zone, _ isRemote: Bool) {
    let order: [Settings.Zone] = [.open, .internal, .confidential, .restricted]
    let (candidate, standing) = place(F.model("m", isRemote: isRemote)) { $0.zone = zone }
    let real = isRemote ? .open : zone
    for demanded in order {
      let reason = RoutingStages.privacy(candidate, standing, wanted { $0.zone = demanded })
      let passes = order.firstIndex(of: demanded) ?? 9 <= order.firstIndex(of: real) ?? -1
      #expect(reason == (passes ? nil : .zoneForbidden(real, demanded: demanded)))
    }
  }

  @Test(arguments: 1...5) func tier(_ tier: Int) {
    let standing = place { $0.tier = tier }.standing
    for demanded in 0...5 {
      let reason = RoutingStages.tier(standing, wanted { $0.minTier = demanded })
      #expect(reason == (tier >= demanded ? nil : .tierTooLow(tier, demanded: demanded)))
    }
  }

  @Test(
    arguments: [
      // Micro-dollars for a request, what is left, the limit of a policy, whether a spent budget
      // ends everything.
      (nil, nil, nil, false, nil),
      (nil, 0, 10, false, nil),
      (nil, 0, nil, true, .budgetExhausted),
      (nil, 1, nil, true, nil),
      (200, nil, nil, false, nil),
      (200, 200, nil, false, nil),
      (200, 199, nil, false, .budgetExhausted),
      (200, 0, nil, false, .budgetExhausted),
      (200, -5, nil, true, .budgetExhausted),
      (200, nil, 200, false, nil),
      (200, nil, 199, false, .tooExpensive(200, most: 199)),
      // What a policy forbids does not come back with the next month.
      (200, 10, 199, false, .tooExpensive(200, most: 199)),
    ] as [(Int64?, Int64?, Int64?, Bool, DropReason?)])
  func budget(
    _ cost: Int64?, _ left: Int64?, _ most: Int64?, _ endsAll: Bool, _ expected: DropReason?
  ) {
    let price = Settings.Price(input: Double(cost ?? 0) / 100, output: 0)
    let candidate = place(prices: PriceTable(["m": price])) { $0.zone = .open }.candidate
    #expect((candidate.price == nil) == (cost == nil))
    let wanted = wanted {
      $0.spending = Spending(promptTokens: 100)
      $0.spending.left = left
      $0.spending.endsAll = endsAll
      $0.maxCost = most
    }
    #expect(RoutingStages.budget(candidate, wanted) == expected)
  }

  /// Where the model is, whether requests load it, whether it may be, and what becomes of it.
  @Test(
    arguments: [
      (.loaded, false, ["m"], nil), (.unknown, false, ["m"], nil), (.loading, false, ["m"], nil),
      (.unloaded, false, ["m"], .neverLoad), (.failed, false, ["*"], .neverLoad),
      (.unloaded, false, ["x", "other:*"], .neverLoad), (.unloaded, false, ["x", "m?"], nil),
      (.unloaded, false, [], nil), (.failed, false, [], nil),
      (.loaded, true, [], nil), (.unknown, true, [], nil), (.unloaded, true, [], .notLoaded),
      (.failed, true, [], .notLoaded), (.loading, true, [], .notLoaded),
      (.unloaded, true, ["m"], .neverLoad),
      // One that cannot be read forbids everything.
      (.unloaded, false, ["["], .neverLoad),
    ] as [(Residency, Bool, [String], DropReason?)])
  func lifecycle(
    _ residency: Residency, _ needsLoad: Bool, _ never: [String], _ expected: DropReason?
  ) {
    for isRemote in [false, true] {
      let model = F.model(
        "m", alias: "other:1", residency: residency, isRemote: isRemote, needsLoad: needsLoad)
      func reason(_ operations: OperationSet) -> DropReason? {
        RoutingStages.lifecycle(
          place(model, operations: operations) { $0.neverLoad = never }.candidate)
      }
      #expect(reason(OperationSet(.chat)) == (isRemote ? nil : expected))
      // A driver that loads makes good what requests do not.
      #expect(reason(F.everything) == (isRemote || expected == .notLoaded ? nil : expected))
    }
  }

  @Test(arguments: BackendHealth.State.allCases, [false, true])
  func health(_ state: BackendHealth.State, _ isDraining: Bool) {
    let reason = RoutingStages.health(place(F.model("m"), state, isDraining: isDraining).standing)
    #expect(reason == (isDraining ? .draining : state == .up ? nil : .notUp(state)))
  }

  @Test(
    arguments: [
      (.closed, true, true), (.onTrial, true, true),
      (.open(CircuitOpening(.failing, left: 5)), false, true),
      (.open(CircuitOpening(.rateLimited, left: 5, isFirm: true)), false, false),
    ] as [(CircuitReading, Bool, Bool)])
  func circuit(_ reading: CircuitReading, _ passes: Bool, _ passesAtLast: Bool) {
    #expect((RoutingStages.circuit(reading, .usual) == nil) == passes)
    #expect((RoutingStages.circuit(reading, .lastResort) == nil) == passesAtLast)
  }

  @Test(arguments: [(nil, 99, nil), (2, 1, nil), (2, 2, 2), (2, 3, 2)] as [(Int?, Int, Int?)])
  func capacity(_ limit: Int?, _ inFlight: Int, _ full: Int?) {
    let standing = place { $0.maxConcurrent = limit }.standing
    let reason = RoutingStages.capacity(standing, LoadReading(inFlight: inFlight))
    #expect(reason == full.map(DropReason.full))
  }

  /// What a backend can never do is told before how it is now.
  @Test func theStagesHaveAnOrder() {
    var wanted = wanted(needs: .vision) {
      ($0.zone, $0.minTier, $0.maxCost) = (.restricted, 3, 1)
      $0.spending = Spending(promptTokens: 100)
    }
    var told: [RoutingStage?] = []
    for mended in 0...7 {
      if mended > 2 { wanted.zone = .open }
      if mended > 3 { wanted.minTier = 1 }
      if mended > 4 { wanted.maxCost = nil }
      let model = F.model(
        "m", has: mended > 1 ? .vision : [], known: .vision,
        residency: mended > 5 ? .loaded : .unloaded)
      let (candidate, standing) = place(
        model, mended > 6 ? .up : .down, operations: mended > 0 ? F.everything : nil,
        prices: PriceTable(["m": .init(input: 1, output: 1)])
      ) { ($0.zone, $0.neverLoad) = (.open, ["m"]) }
      told.append(RoutingStages.drop(candidate, standing, wanted)?.stage)
    }
    #expect(told == [.operation, .capability, .privacy, .tier, .budget, .lifecycle, .health, nil])
  }
}

import Seeded
import Testing

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Gateway
@testable import Routing

/// Where a request goes after a failure.
@Suite struct RetryTrailTests {
  typealias F = FleetFixture

  /// Attempts named "backend/model/window".
  private func attempts(_ names: [String]) -> ArraySlice<Attempt> {
    var backends: [String: Backend] = [:]
    return names.map { name -> Attempt in
      let parts = name.split(separator: "/").map(String.init)
      let model = F.model(parts[1], context: parts.count > 2 ? UInt64(parts[2]) ?? 0 : 0)
      let fresh = F.member(parts[0], models: [model])
      let backend = backends[parts[0]] ?? fresh.backend
      backends[parts[0]] = backend
      let member = FleetMember(backend: backend, state: .up, models: [model])
      guard
        case .route(let made) = Router.plan(
          RequestFacts(model: parts[1], operation: .chat), FleetSnapshot(members: [member]))
      else { return made(name) }
      return made[0]
    }[...]
  }

  private func made(_ name: String) -> Attempt {
    Issue.record("no attempt for \(name)")
    return attempts(["x/y"])[0]
  }

  /// The places tried, with "+" for each pause, when each fails like that.
  private func tried(
    _ names: [String], _ failures: [(FailureCode, UInt64)], mayPass: Bool = true,
    mayRepeat: Bool = true, shut: Set<Int> = []
  ) -> [String] {
    var trail = RetryTrail(attempts(names), mayRepeat: mayRepeat)
    var told: [String] = []
    var failures = failures[...]
    while let step = trail.next() {
      if shut.contains(step.index), !step.isForced {
        trail.skip(step)
        continue
      }
      let pause = step.pause.map { "+\($0.lowerBound)" } ?? ""
      told.append("\(step.index)\(pause)")
      guard let (code, detail) = failures.popFirst() else { break }
      trail.fail(step.index, DriverFailure(code, "", detail: detail), mayPass: mayPass)
    }
    return told
  }

  private func all(_ code: FailureCode, _ detail: UInt64 = 0) -> [(FailureCode, UInt64)] {
    Array(repeating: (code, detail), count: 20)
  }

  @Test(arguments: [FailureCode.badRequest, .contentBlocked])
  func theClientsOwnFaultIsTriedNowhereElse(_ code: FailureCode) {
    #expect(tried(["a/m", "b/m"], all(code)) == ["0"])
    #expect(tried(["a/m"], all(code)) == ["0"])
  }

  @Test func theFirstRetryGoesElsewhereAtOnceAndOthersWait() {
    let names = ["a/m", "b/m", "c/m", "d/m", "e/m"]
    #expect(tried(names, all(.upstreamBroken)) == ["0", "1", "2+50", "3+100", "4+200"])
    #expect(tried(names, all(.modelAbsent)) == ["0", "1", "2+50", "3+100", "4+200"])
  }

  @Test func anotherBackendComesBeforeAnotherModelOfTheSame() {
    let names = ["a/m", "a/n", "b/n"]
    #expect(tried(names, all(.upstreamBroken)) == ["0", "2", "1+100"])
    // What concerns the model alone says nothing of the other.
    #expect(tried(names, all(.modelAbsent)) == ["0", "1", "2+50"])
    // A key that is refused is refused for every model.
    #expect(tried(names, all(.credentialDead)) == ["0", "2"])
  }

  @Test func theOnlyOneIsAskedAgainOnce() {
    #expect(tried(["a/m"], all(.upstreamBroken)) == ["0", "0+100"])
    #expect(tried(["a/m"], all(.upstreamBroken), mayPass: false) == ["0"])
    #expect(tried(["a/m"], all(.upstreamBroken), mayRepeat: false) == ["0"])
    for code in [FailureCode.overloaded, .rateLimited, .modelLoading, .credentialDead, .driverBug] {
      #expect(tried(["a/m"], all(code)) == ["0"])
    }
  }

  @Test func aLongPromptGoesToLargerWindowsOnly() {
    let names = ["a/m/1000", "b/m/900", "c/m/2000", "d/m", "e/m/1500"]
    #expect(tried(names, all(.contextOverflow)) == ["0", "2", "3+50"])
    #expect(tried(names, all(.contextOverflow, 1_800)) == ["0", "2", "3+50"])
    #expect(
      tried(names, [(.contextOverflow, 1_000), (.upstreamBroken, 0)] + all(.modelAbsent))
        == ["0", "2", "3+50", "4+100"])
  }

  @Test func whatHasOpenedSinceComesLast() {
    #expect(tried(["a/m", "b/m", "c/m"], all(.upstreamBroken), shut: [1]) == ["0", "2", "1+50"])
    #expect(tried(["a/m", "b/m"], all(.modelAbsent), shut: [1]) == ["0", "1"])
  }

  @Test func noAttemptIsMadeTwice() {
    var random = SeededRandom(state: 7)
    for _ in 0..<500 {
      let names = (0..<Int.random(in: 2...6, using: &random)).map {
        "\(["a", "b", "c"].randomElement(using: &random) ?? "a")/m\($0)"
      }
      let failures = (0..<8).map { _ in
        (
          [FailureCode.upstreamBroken, .modelAbsent, .overloaded, .contextOverflow]
            .randomElement(using: &random) ?? .overloaded, UInt64(0)
        )
      }
      let shut = Set((0..<6).filter { _ in Int.random(in: 0...3, using: &random) == 0 })
      let told = tried(names, failures, shut: shut).map { $0.split(separator: "+")[0] }
      #expect(Set(told).count == told.count, "\(names) \(failures) \(shut): \(told)")
    }
  }
}

/// How many retries a gateway makes.
@Suite struct RetryBudgetTests {
  /// Whatever fails and however often, retries stay below a share of the requests.
  @Test(arguments: [1, 2, 3] as [UInt64]) func retriesAreAShareOfTheRequests(seed: UInt64) {
    var random = SeededRandom(state: seed)
    let budget = RetryBudget()
    let requests = 20_000
    var now: UInt64 = 1_000
    var attempts = 0
    for _ in 0..<requests {
      budget.earn(percent: 20, most: 1_000)
      attempts += 1
      now += UInt64.random(in: 0...1, using: &random)
      for _ in 0..<2 where budget.spend(percent: 20, at: now) { attempts += 1 }
    }
    let windows = Int(now / RetryBudget.window) + 1
    let floor = RetryBudget.initial + windows * Int(RetryBudget.floor)
    #expect(attempts <= requests * 12 / 10 + floor, "seed \(seed)")
    #expect(attempts >= requests * 119 / 100, "seed \(seed)")
  }

  @Test func aFewAreAlwaysAllowed() {
    let budget = RetryBudget()
    func granted(_ now: UInt64) -> Int {
      (0..<1_000).count { _ in budget.spend(percent: 20, at: now) }
    }
    #expect(granted(5) == RetryBudget.initial + Int(RetryBudget.floor))
    #expect(granted(9_999) == 0)
    #expect(granted(10_000) == Int(RetryBudget.floor))
    #expect((0..<100).count { _ in budget.spend(percent: 0, at: 90_000) } == 0)
  }

  @Test func whatIsKeptIsLimited() {
    let budget = RetryBudget()
    for _ in 0..<100_000 { budget.earn(percent: 100, most: 300) }
    let granted = (0..<10_000).count { _ in budget.spend(percent: 100, at: 0) }
    #expect(granted == 300 + Int(RetryBudget.floor))
  }
}

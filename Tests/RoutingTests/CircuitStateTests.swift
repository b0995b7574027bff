import Drivers
import Testing

@testable import Fleet

/// A circuit breaker as a value: what it makes of how requests end.
@Suite struct CircuitStateTests {
  typealias Event = CircuitState.Event
  private static let rules = CircuitRules(threshold: 3, open: 1_000, longest: 8_000)
  /// Draws that make the time of an opening what the rules say.
  private static let even: UInt64 = 20

  private static let broken = Event.failed(isUnreachable: false)

  private struct History {
    var state = CircuitState()
    var now: UInt64 = 10_000

    @discardableResult
    mutating func on(_ event: Event, after milliseconds: UInt64 = 0) -> CircuitState.Change? {
      now += milliseconds
      return state.on(event, at: now, CircuitStateTests.rules, draw: CircuitStateTests.even)
    }

    /// Milliseconds until there may be a trial; nil while it is closed.
    var left: UInt64? { state.opening.map { $0.until > now ? $0.until - now : 0 } }
  }

  @Test func failuresInARowOpenIt() {
    var history = History()
    #expect(history.on(Self.broken) == nil)
    #expect(history.on(Self.broken) == nil)
    history.on(.succeeded)
    #expect(history.state.isClean)
    history.on(Self.broken)
    history.on(Self.broken)
    #expect(history.on(Self.broken) == .opened(.failing, milliseconds: 1_000))
    // What was under way fails too, and prolongs nothing.
    #expect(history.on(Self.broken, after: 900) == nil)
    #expect(history.left == 100)
  }

  @Test func whereNobodyListensOneIsEnough() {
    var history = History()
    #expect(
      history.on(.failed(isUnreachable: true)) == .opened(.unreachable, milliseconds: 1_000))
    // A look at the server that succeeds brings the trial forward.
    history.on(.lookedWell, after: 10)
    #expect(history.left == 0)
  }

  @Test func trialsThatFailComeMoreRarely() {
    var history = History()
    for _ in 0..<3 { history.on(Self.broken) }
    var times: [UInt64] = []
    for _ in 0..<5 {
      times.append(history.left ?? 0)
      history.now += history.left ?? 0
      let trial = history.state.takeTrial(at: history.now)
      #expect(trial != nil)
      #expect(history.state.takeTrial(at: history.now) == nil)
      history.on(Self.broken)
      history.state.leaveTrial(trial ?? 0)
    }
    #expect(times == [1_000, 2_000, 4_000, 8_000, 8_000])
  }

  @Test func aTrialThatIsAnsweredClosesIt() {
    var history = History()
    for _ in 0..<3 { history.on(Self.broken) }
    history.now += 1_000
    let trial = history.state.takeTrial(at: history.now)
    #expect(history.on(.answers(since: history.now), after: 5) == .closed)
    // Answers that break off are known by one more.
    #expect(history.on(Self.broken) == .opened(.failing, milliseconds: 2_000))
    history.state.leaveTrial(trial ?? 0)
    history.now += 2_000
    #expect(history.state.takeTrial(at: history.now) == 2)
    history.on(.answers(since: history.now))
    history.on(.succeeded)
    #expect(history.state.isClean)
  }

  @Test func aTrialThatShowsNothingIsGivenAgain() {
    var history = History()
    history.on(.failed(isUnreachable: true))
    #expect(history.state.takeTrial(at: history.now) == nil)
    history.now += 1_000
    let first = history.state.takeTrial(at: history.now)
    history.state.leaveTrial(first ?? 0)
    #expect(history.state.takeTrial(at: history.now) == 2)
    // The end of an earlier one ends nothing.
    history.state.leaveTrial(1)
    #expect(history.state.takeTrial(at: history.now) == nil)
  }

  @Test func aServerIsTakenAtItsWord() {
    var history = History()
    #expect(
      history.on(.refused(.rateLimited, wait: 5_000)) == .opened(.rateLimited, milliseconds: 5_000))
    #expect(history.state.opening?.isFirm == true)
    // What was sent before proves nothing; what was sent since does.
    #expect(history.on(.answers(since: history.now), after: 100) == nil)
    history.on(.refused(.rateLimited, wait: 9_000))
    #expect(history.left == 9_000)
    #expect(history.on(.answers(since: history.now + 1), after: 10) == .closed)
    // Only so far.
    history.on(.refused(.overloaded, wait: .max))
    #expect(history.left == 300_000)
  }

  @Test func withoutAWordItIsAGuess() {
    var history = History()
    #expect(
      history.on(.refused(.overloaded, wait: 0)) == .opened(.overloaded, milliseconds: 1_000))
    #expect(history.state.opening?.isFirm == false)
    #expect(history.on(.refused(.absent, wait: 0), after: 5) == nil)
    var absent = History()
    absent.on(.refused(.absent, wait: 0))
    #expect(absent.left == 30_000)
    absent.on(.lookedWell)
    #expect(absent.left == 0)
  }

  @Test func aRefusedKeyIsForGood() {
    var history = History()
    #expect(history.on(.keyRefused) == .opened(.keyRefused, milliseconds: .max))
    #expect(history.on(.keyRefused) == nil)
    history.on(.refused(.rateLimited, wait: 1))
    history.now += 1 << 40
    #expect(history.state.takeTrial(at: history.now) == nil)
    history.on(.lookedWell)
    let trial = history.state.takeTrial(at: history.now)
    #expect(trial != nil)
    // It is said once.
    #expect(history.on(.keyRefused) == nil)
    history.state.leaveTrial(trial ?? 0)
    history.on(.lookedWell)
    #expect(history.on(.answers(since: history.now + 1), after: 2) == .closed)
  }

  @Test func openingsAreSpread() {
    let times = Set(
      (0..<500).compactMap { draw -> UInt64? in
        var state = CircuitState()
        _ = state.on(.failed(isUnreachable: true), at: 0, Self.rules, draw: UInt64(draw))
        return state.opening?.until
      })
    #expect(times.min() == 800 && times.max() == 1_200 && times.count == 41)
  }

  /// Every order of what can happen to three requests, to a depth of seven steps.
  @Test func exhaustiveExploration() {
    struct World: Hashable {
      var state = CircuitState()
      var now: UInt64 = 1
      /// Trials that have shown nothing yet.
      var open: Set<UInt64> = []
    }
    let events: [Event] = [
      Self.broken, .failed(isUnreachable: true), .refused(.rateLimited, wait: 700),
      .refused(.overloaded, wait: 0), .refused(.absent, wait: 0), .keyRefused, .lookedWell,
      .succeeded,
    ]
    var seen: [World: Int] = [:]
    func explore(_ world: World, _ depth: Int) {
      guard depth > seen[world] ?? 0 else { return }
      seen[world] = depth
      func go(_ change: (inout World) -> Void) {
        var next = world
        change(&next)
        check(next)
        explore(next, depth - 1)
      }
      for event in events { go { _ = $0.state.on(event, at: $0.now, Self.rules, draw: 20) } }
      for wait in [700, 1_000] as [UInt64] { go { $0.now += wait } }
      go {
        _ = $0.state.on(.answers(since: $0.now + 1), at: $0.now + 1, Self.rules)
        $0.open = []
        #expect($0.state.opening == nil)
      }
      go {
        if let trial = $0.state.takeTrial(at: $0.now) {
          #expect($0.open.isEmpty, "two trials at once: \(world)")
          $0.open.insert(trial)
        }
      }
      for trial in world.open {
        go {
          $0.state.leaveTrial(trial)
          $0.open.remove(trial)
        }
      }
    }
    func check(_ world: World) {
      guard let opening = world.state.opening else { return }
      let isForEver = opening.until == CircuitState.never
      #expect(isForEver == (opening.cause == .keyRefused && opening.until > world.now))
      #expect(isForEver || opening.until <= world.now + 300_000)
      // Whatever has happened, there comes a trial.
      var later = world.state
      if isForEver { _ = later.on(.lookedWell, at: world.now) }
      for trial in world.open { later.leaveTrial(trial) }
      #expect(later.takeTrial(at: world.now + 300_000) != nil, "\(world)")
    }
    explore(World(), 7)
    #expect(seen.count > 1_000)
  }
}

/// A circuit breaker that threads share.
@Suite struct CircuitTests {
  @Test func itSaysWhatItsStateSays() {
    let circuit = Circuit()
    #expect(circuit.reading(at: 0) == .closed)
    circuit.record(.refused(.rateLimited, wait: 500), at: 1_000)
    #expect(
      circuit.reading(at: 1_200) == .open(CircuitOpening(.rateLimited, left: 300, isFirm: true)))
    #expect(circuit.reading(at: 1_500) == .onTrial)
    circuit.record(.keyRefused, at: 1_500)
    #expect(
      circuit.reading(at: 1 << 50) == .open(CircuitOpening(.keyRefused, left: .max, isFirm: true)))
  }

  @Test func oneOfManyIsTheTrial() async {
    let circuit = Circuit()
    circuit.record(.failed(isUnreachable: true), at: 0)
    let outcomes = await withTaskGroup(of: String.self) { group in
      for _ in 0..<50 {
        group.addTask {
          switch circuit.enter(at: 5_000) {
          case .free: return "free"
          case .shut(let isFirm): return isFirm ? "firm" : "shut"
          case .trial(let trial):
            // It is held until all others have come.
            await Task.yield()
            try? await Task.sleep(nanoseconds: 50_000_000)
            _ = consume trial
            return "trial"
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
    #expect(outcomes == ["trial": 1, "shut": 49])
    #expect(circuit.reading(at: 5_000) == .onTrial)
  }

  @Test func theWorseOfTwoCounts() {
    let firm = CircuitReading.open(CircuitOpening(.rateLimited, left: 5, isFirm: true))
    let long = CircuitReading.open(CircuitOpening(.failing, left: 9))
    let short = CircuitReading.open(CircuitOpening(.failing, left: 1))
    let order: [CircuitReading] = [.closed, .onTrial, short, long, firm]
    for (one, worse) in order.enumerated() {
      for other in order.prefix(one + 1) {
        #expect(worse.joined(other) == worse && other.joined(worse) == worse)
      }
    }
  }

  @Test func failuresConcernWhatTheyAreAbout() {
    func lesson(_ code: FailureCode, answered: Bool = true, unreachable: Bool = false) -> [String] {
      let lesson = CircuitLesson(
        DriverFailure(code, "", detail: 7), wasAnswered: answered, isUnreachable: unreachable,
        since: 3)
      return [lesson.backend, lesson.model].map { event in
        switch event {
        case nil: "-"
        case .answers: "answers"
        case .failed: "failed"
        case .refused(let cause, _): cause.name
        case .keyRefused: "key"
        default: "?"
        }
      }
    }
    #expect(lesson(.upstreamBroken) == ["failed", "failed"])
    #expect(lesson(.upstreamBroken, answered: false, unreachable: true) == ["failed", "-"])
    #expect(lesson(.overloaded) == ["overloaded", "-"])
    #expect(lesson(.rateLimited) == ["answers", "rate_limited"])
    #expect(lesson(.modelLoading) == ["answers", "model_loading"])
    #expect(lesson(.modelAbsent) == ["answers", "model_absent"])
    #expect(lesson(.credentialDead) == ["key", "-"])
    for code in [FailureCode.badRequest, .contextOverflow, .contentBlocked] {
      #expect(lesson(code) == ["answers", "answers"])
      #expect(lesson(code, answered: false) == ["-", "-"])
    }
    for code in [FailureCode.unsupported, .driverBug] { #expect(lesson(code) == ["-", "-"]) }
  }
}

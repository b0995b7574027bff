import Testing

@testable import Fleet

struct BackendHealthTests {
  typealias Event = BackendHealth.Event
  typealias State = BackendHealth.State

  /// Plays events and gives the state after each.
  private func states(_ events: [Event]) -> [State] {
    var health = BackendHealth()
    return events.map {
      _ = health.on($0)
      return health.state
    }
  }

  @Test func dialogues() {
    let dialogues: [(String, [Event], [State])] = [
      ("first success", [.probeReady], [.up]),
      (
        "three failures", [.probeReady, .probeFailed, .probeFailed, .probeFailed],
        [.up, .up, .up, .down]
      ),
      (
        "a success forgets failures",
        [.probeReady, .probeFailed, .probeFailed, .probeReady, .probeFailed, .probeFailed],
        [.up, .up, .up, .up, .up, .up]
      ),
      (
        "requests count like probes",
        [.probeReady, .requestFailed, .probeFailed, .requestFailed], [.up, .up, .up, .down]
      ),
      (
        "a request that succeeds forgets failures",
        [.probeReady, .requestFailed, .requestFailed, .requestSucceeded, .requestFailed],
        [.up, .up, .up, .up, .up]
      ),
      ("never there", [.probeFailed, .probeFailed, .probeFailed], [.unknown, .unknown, .down]),
      (
        "two successes up",
        [
          .probeFailed, .probeFailed, .probeFailed, .probeReady, .probeFailed, .probeReady,
          .probeReady,
        ],
        [.unknown, .unknown, .down, .down, .down, .down, .up]
      ),
      (
        "loading", [.probeLoading, .probeLoading, .probeReady, .probeLoading],
        [.loading, .loading, .up, .loading]
      ),
      (
        "down, loading, up",
        [.probeFailed, .probeFailed, .probeFailed, .probeLoading, .probeReady],
        [.unknown, .unknown, .down, .loading, .up]
      ),
      ("dead key", [.probeReady, .keyRefused, .requestSucceeded], [.up, .down, .down]),
    ]
    for (name, events, expected) in dialogues { #expect(states(events) == expected, "\(name)") }
  }

  @Test func actionsTellOfChangesAndHaste() {
    var health = BackendHealth()
    #expect(health.on(.probeReady) == .init(became: .up))
    #expect(health.on(.probeReady) == .nothing)
    #expect(health.on(.requestFailed) == .init(probeSoon: true))
    #expect(health.on(.requestFailed) == .init(probeSoon: true))
    #expect(health.on(.requestFailed) == .init(became: .down, probeSoon: true))
    #expect(health.on(.requestFailed) == .nothing)
    #expect(health.on(.probeReady) == .init(probeSoon: true))
    #expect(health.on(.probeReady) == .init(became: .up))
  }

  /// Every order of events to depth 6, held against what the rules say about the last few.
  @Test func exhaustiveExploration() {
    var visited = 0
    func explore(_ health: BackendHealth, _ past: [Event]) {
      visited += 1
      guard past.count < 6 else { return }
      for event in Event.allCases {
        var next = health
        let action = next.on(event)
        check(before: health, event, action, after: next, past)
        explore(next, past + [event])
      }
    }
    explore(BackendHealth(), [])
    #expect(visited == (0...6).reduce(0) { sum, depth in sum + power(6, depth) })
  }

  private func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  private func check(
    before: BackendHealth, _ event: Event, _ action: BackendHealth.Action, after: BackendHealth,
    _ past: [Event]
  ) {
    let changed = before.state != after.state
    var sound = (action.became == nil) == !changed
    sound = sound && (action.became == nil || action.became == after.state)
    sound = sound && (0...3).contains(after.failures) && (0...1).contains(after.successes)
    switch event {
    case .requestSucceeded: sound = sound && !changed
    case .requestFailed, .probeFailed:
      // Only a third failure in a row changes anything, and then to down.
      sound = sound && (!changed || after.state == .down && before.failures == 2)
      sound = sound && (after.failures < 3 || after.state == .down)
    case .probeReady:
      let rises = before.state != .down || before.successes == 1
      sound = sound && (after.state == .up) == rises
    case .probeLoading: sound = sound && after.state == .loading
    case .keyRefused: sound = sound && after.state == .down
    }
    #expect(sound, "\(past) then \(event): \(before) to \(after), \(action)")
  }
}

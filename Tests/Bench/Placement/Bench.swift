import Config
import Drivers
import LatencyModels

/// Plays traces under strategies.
struct Bench {
  let driver: Driver

  static let strategies =
    Settings.Strategy.allCases.map(\.rawValue)
    + ["least-connections", "p2c-ewma", "session-sticky", "seer", "oracle"]

  /// A run that has not been played; nil if there is no such strategy.
  func run(_ trace: Trace, _ strategy: String) -> Run? {
    guard let placer = placer(strategy, trace) else { return nil }
    return Run(
      trace, placer, driver,
      priorities: strategy == "priority_only" ? Self.priorities(trace.nodes) : nil)
  }

  func tally(_ strategy: String, _ make: (UInt64) -> Trace, seeds: [UInt64]) -> Tally? {
    var tally = Tally(strategy)
    for seed in seeds {
      guard let run = run(make(seed), strategy) else { return nil }
      run.play()
      tally.add(run)
    }
    return tally
  }

  private func placer(_ name: String, _ trace: Trace) -> (any Placer)? {
    switch name {
    case "least-connections": LeastConnections()
    case "p2c-ewma": PowerOfTwoChoices(nodes: trace.nodes.count)
    case "session-sticky": SessionSticky()
    case "oracle": Oracle()
    case "seer": Seer(trace)
    default: Settings.Strategy(rawValue: name).map(RouterPlacer.init)
    }
  }

  /// Those that somebody would configure who goes by priority: the fastest first.
  private static func priorities(_ nodes: [NodeSpec]) -> [Int] {
    let order = nodes.indices.sorted {
      (-nodes[$0].latency.tokensPerSecond, $0) < (-nodes[$1].latency.tokensPerSecond, $1)
    }
    return nodes.indices.map { 10 * (1 + (order.firstIndex(of: $0) ?? 0)) }
  }
}

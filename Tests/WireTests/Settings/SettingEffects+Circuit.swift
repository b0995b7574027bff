import Foundation

extension SettingEffect {
  /// `[circuit]`: of two servers the preferred one fails.
  static let circuit: [SettingEffect] = [
    SettingEffect("circuit.failure_threshold", ["2": "2 of 10", "4": "4 of 10"]) { trial in
      let (gateway, simulator) = try failing(trial, ["circuit.open_seconds": "60"])
      for _ in 0..<10 { _ = try trial.ask(gateway) }
      return "\(try simulator.askedCount(of: "one")) of 10"
    },
    SettingEffect("circuit.open_seconds", ["1": "tried again", "60": "left alone"]) { trial in
      let (gateway, simulator) = try failing(trial, ["circuit.failure_threshold": "1"])
      return try comesBack(1, gateway, simulator, trial)
    },
    SettingEffect("circuit.max_open_seconds", ["1": "tried again", "60": "left alone"]) { trial in
      let (gateway, simulator) = try failing(
        trial, ["circuit.failure_threshold": "1", "circuit.open_seconds": "30"])
      return try comesBack(1, gateway, simulator, trial)
    },
    SettingEffect("routing.retry_budget_percent", ["0": "502", "20": "200"]) { trial in
      let (gateway, _) = try failing(trial)
      return "\(try trial.ask(gateway).status)"
    },
    SettingEffect("routing.hedging", ["true": "two", "false": "one"]) { trial in
      let simulator = try trial.simulate(SettingTrial.pair)
      let gateway = try trial.start(
        ["routing.strategy": #""priority_only""#],
        backends: SettingTrial.tables(
          simulator, ["one": ["priority": "1"], "two": ["priority": "2"]]))
      for _ in 0..<25 { _ = try trial.ask(gateway) }
      try simulator.fault(#"{"backend":"one","kind":"stall_before","count":1,"ms":600}"#)
      return try trial.ask(gateway).server
    },
  ]

  private static func failing(
    _ trial: SettingTrial, _ more: SettingTrial.Values = [:]
  ) throws -> (GatewayProcess, SimulatorProcess) {
    let simulator = try trial.simulate(SettingTrial.pair)
    let gateway = try trial.start(
      [
        "health_check.failure_threshold": "1000", "health_check.interval_seconds": "3600",
        "routing.strategy": #""priority_only""#,
      ].merging(more) { $1 },
      backends: SettingTrial.tables(
        simulator, ["one": ["priority": "1"], "two": ["priority": "2"]]))
    try simulator.fault(#"{"backend":"one","kind":"status","status":500}"#)
    return (gateway, simulator)
  }

  /// Whether the one that fails is asked once more within a second and a half.
  private static func comesBack(
    _ count: Int, _ gateway: GatewayProcess, _ simulator: SimulatorProcess, _ trial: SettingTrial
  ) throws -> String {
    let isTried = try trial.happens(within: 1.5) {
      _ = try trial.ask(gateway)
      return try simulator.askedCount(of: "one") > count
    }
    return isTried ? "tried again" : "left alone"
  }
}

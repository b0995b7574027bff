import Foundation

extension SettingEffect {
  /// `[quality]`: of two servers the preferred one does badly.
  static let quality: [SettingEffect] = [
    SettingEffect("quality.error_rate_threshold", ["0.9": "left out", "1.0": "tried"]) { trial in
      try failing(trial, ["quality.metrics_interval_seconds": "1"])
    },
    SettingEffect("quality.metrics_interval_seconds", ["1": "left out", "3600": "tried"]) { trial in
      try failing(trial)
    },
    SettingEffect("quality.ttft_penalty_threshold_ms", ["30": "two", "0": "one"]) { trial in
      let simulator = try trial.simulate([
        "vllm:0,name=one,model=m1,ttft=100,tps=0", "vllm:0,name=two,model=m1,ttft=1,tps=0",
      ])
      let gateway = try trial.start(
        [
          "quality.metrics_interval_seconds": "1", "routing.weights.load": "0",
          "routing.weights.latency": "0",
        ],
        backends: SettingTrial.tables(
          simulator, ["one": ["priority": "50"], "two": ["priority": "51"]]))
      _ = try trial.ask(gateway, SettingTrial.chat("m1", #""stream":true,"#))
      return try settles(gateway, trial, on: "two")
    },
    SettingEffect("quality.min_tokens_per_second", ["5": "slow", "0": "goes on"]) { trial in
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=2,words=30"])
      let gateway = try trial.start(backends: SettingTrial.tables(simulator))
      _ = try trial.asking(gateway, SettingTrial.chat("m1", #""stream":true,"#))
      let isSlow = trial.happens(within: 11.5) { gateway.log.contains("answer is slow") }
      return isSlow ? "slow" : "goes on"
    },
  ]

  /// Whether the preferred one is still tried when it has failed often.
  private static func failing(
    _ trial: SettingTrial, _ more: SettingTrial.Values = [:]
  ) throws -> String {
    let simulator = try trial.simulate(SettingTrial.pair)
    let gateway = try trial.start(
      [
        "health_check.failure_threshold": "1000", "health_check.interval_seconds": "3600",
        "circuit.failure_threshold": "1000", "routing.strategy": #""priority_only""#,
      ].merging(more) { $1 },
      backends: SettingTrial.tables(
        simulator, ["one": ["priority": "1"], "two": ["priority": "2"]]))
    try simulator.fault(#"{"backend":"one","kind":"status","status":500}"#)
    for _ in 0..<15 { _ = try trial.ask(gateway) }
    let isLeftOut = try trial.happens(within: 1.5) {
      let before = try simulator.count("total", of: "one")
      _ = try trial.ask(gateway)
      return try simulator.count("total", of: "one") == before
    }
    return isLeftOut ? "left out" : "tried"
  }

  /// The server that answers in the end.
  private static func settles(
    _ gateway: GatewayProcess, _ trial: SettingTrial, on name: String
  ) throws -> String {
    let isThere = try trial.happens(within: 1.5) { try trial.ask(gateway).server == name }
    return isThere ? name : try trial.ask(gateway).server
  }
}

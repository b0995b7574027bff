import Foundation

extension SettingEffect {
  /// `[health_check]`
  static let health: [SettingEffect] = [
    SettingEffect("health_check.enabled", ["true": "asked", "false": "left alone"]) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(
        ["health_check.interval_seconds": "1"],
        backends: [SettingTrial.table(backend, ["models": #"["m1"]"#])])
      return try isAskedAgain(backend, gateway, trial) ? "asked" : "left alone"
    },
    SettingEffect("health_check.interval_seconds", ["1": "asked", "3600": "left alone"]) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend)])
      return try isAskedAgain(backend, gateway, trial) ? "asked" : "left alone"
    },
    SettingEffect("health_check.timeout_seconds", ["1": "down", "60": "up"]) { trial in
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(
        ["health_check.interval_seconds": "1", "health_check.failure_threshold": "1"],
        backends: SettingTrial.tables(simulator))
      try simulator.fault(#"{"backend":"one","kind":"stall_before","all":true}"#)
      return try goesDown(gateway, trial, within: 2.6)
    },
    SettingEffect("health_check.failure_threshold", ["1": "down", "1000": "up"]) { trial in
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(backends: SettingTrial.tables(simulator))
      try simulator.fault(#"{"backend":"one","kind":"reset","all":true}"#)
      _ = try trial.ask(gateway)
      return try goesDown(gateway, trial, within: 0.5)
    },
    SettingEffect("health_check.recovery_threshold", ["1": "up again", "1000": "down"]) { trial in
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(
        ["health_check.failure_threshold": "1"], backends: SettingTrial.tables(simulator))
      try simulator.fault(#"{"backend":"one","kind":"reset","all":true}"#)
      _ = try trial.ask(gateway)
      _ = try gateway.waitForBackend("one") { $0["status"] as? String == "unhealthy" }
      try simulator.clear()
      let isUp = try trial.happens(within: 2.5) { try status(gateway) == "healthy" }
      return isUp ? "up again" : "down"
    },
  ]

  private static func status(_ gateway: GatewayProcess) throws -> String? {
    try gateway.control("GET", "/backends").list("backends").first?["status"] as? String
  }

  private static func goesDown(
    _ gateway: GatewayProcess, _ trial: SettingTrial, within seconds: Double
  ) throws -> String {
    try trial.happens(within: seconds) { try status(gateway) == "unhealthy" } ? "down" : "up"
  }

  /// Whether the gateway looks at the backend by itself once everybody has settled.
  private static func isAskedAgain(
    _ backend: ScriptedBackend, _ gateway: GatewayProcess, _ trial: SettingTrial
  ) throws -> Bool {
    // A look that was due before the file was read again is over then.
    if !trial.isFirst { Thread.sleep(forTimeInterval: 1.2) }
    let before = backend.surveyCount
    return trial.happens(within: 1.5) { backend.surveyCount > before }
  }
}

import Foundation

extension SettingEffect {
  /// `[fleet]`: two models that were used for nine days, on a server that has neither in memory.
  static let fleet: [SettingEffect] = [
    SettingEffect("fleet.enabled", ["true": "counts", "false": "rests"]) { trial in
      let gateway = try start(trial, [:])
      let counts = try trial.happens { try advice(gateway)["fleet_enabled"] as? Bool == true }
      return counts ? "counts" : "rests"
    },
    SettingEffect("fleet.min_sample_days", ["8": "advice", "9": "none"]) { try count($0, 2) },
    SettingEffect("fleet.min_request_count", ["500": "advice", "600": "none"]) {
      try count($0, 2)
    },
    SettingEffect("fleet.max_recommendations", ["2": "advice", "1": "none"]) { try count($0, 2) },
    SettingEffect("fleet.analysis_interval_seconds", ["1": "1 s", "3600": "3600 s"]) { trial in
      let gateway = try start(trial, ["fleet.enabled": "true"])
      var seconds = 0
      _ = try trial.happens(within: 3) {
        let first = (try advice(gateway)["recommendations"] as? [[String: Any]])?.first
        let read = ISO8601DateFormatter()
        guard let made = (first?["generated_at"] as? String).flatMap(read.date),
          let ends = (first?["expires_at"] as? String).flatMap(read.date)
        else { return false }
        seconds = Int(ends.timeIntervalSince(made))
        return seconds == (trial.isFirst ? 1 : 3_600)
      }
      return "\(seconds) s"
    },
    SettingEffect("fleet.prewarm", ["true": "loads", "false": "rests"]) { trial in
      let simulator = try server(trial)
      _ = try start(trial, ["fleet.enabled": "true"], on: simulator) { _, _ in 100 }
      let loads = try trial.happens(within: 6) {
        try !simulator.modelsInMemory(of: "one").isEmpty
      }
      return loads ? "loads" : "rests"
    },
  ]

  private static func server(_ trial: SettingTrial) throws -> SimulatorProcess {
    try trial.simulate(["ollama:0,name=one,model=m1,model=m2,ttft=1,tps=0,load=1"])
  }

  private static func start(
    _ trial: SettingTrial, _ settings: SettingTrial.Values, on simulator: SimulatorProcess? = nil,
    _ use: @escaping (_ ago: Int, _ hour: Int) -> Int = KeptDemand.peak()
  ) throws -> GatewayProcess {
    let state = "\(trial.folder)/fleet"
    try KeptDemand.write(to: state, ["m1": use, "m2": use], days: 9)
    trial.environment["STATE_DIRECTORY"] = state
    return try trial.start(
      settings, backends: SettingTrial.tables(simulator ?? server(trial)))
  }

  private static func advice(_ gateway: GatewayProcess) throws -> [String: Any] {
    let text = try gateway.get("/v1/fleet/recommendations")
    return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  /// Whether there are so many pieces of advice.
  private static func count(_ trial: SettingTrial, _ count: Int) throws -> String {
    let gateway = try start(trial, ["fleet.enabled": "true"])
    let isThere = try trial.happens(within: 2.5) {
      (try advice(gateway)["recommendations"] as? [Any])?.count == count
    }
    return isThere ? "advice" : "none"
  }
}

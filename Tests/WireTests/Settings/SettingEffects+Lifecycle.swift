import Foundation

extension SettingEffect {
  /// `[lifecycle]`, and the memory of a backend. A model of 100 MB is to be loaded, which is reckoned as
  /// 110 MB while nobody has seen it in memory.
  static let lifecycle: [SettingEffect] = [
    SettingEffect("lifecycle.timeout_ms", ["1000": "failed", "600000": "in_progress"]) { trial in
      let (gateway, simulator) = try start(trial)
      try simulator.fault(#"{"backend":"one","kind":"load_stalls"}"#)
      let id = try load("a", gateway).object["operation_id"] as? String ?? ""
      var status = ""
      _ = try trial.happens(within: 2.5) {
        status = try gateway.control("GET", "/jobs/\(id)").object["status"] as? String ?? ""
        return status == "failed"
      }
      return status
    },
    SettingEffect("lifecycle.vram_headroom_percent", ["0": "202", "95": "400"]) { trial in
      "\(try load("a", start(trial, ["memory_gb": "1"]).0).status)"
    },
    SettingEffect("lifecycle.vram_buffer_percent", ["0": "202", "75": "400"]) { trial in
      "\(try load("a", start(trial, ["memory_gb": "1"]).0).status)"
    },
    SettingEffect("lifecycle.vram_heuristic_max_gb", ["1": "202", "0": "400"]) { trial in
      let gateway = try start(trial).0
      let id = try load("a", gateway).object["operation_id"] as? String ?? ""
      let isLoaded = try ProcessFigures.wait {
        try gateway.control("GET", "/jobs/\(id)").object["status"] as? String == "completed"
      }
      guard isLoaded else { throw CaseFailure("the first model was not loaded\n\(gateway.log)") }
      return "\(try load("b", gateway).status)"
    },
    SettingEffect("lifecycle.remote", ["true": "404", "": "403"]) { trial in
      let gateway = try start(trial).0
      let request = """
        DELETE /v1/models/a?backend_id=nobody HTTP/1.1\r
        Host: gateway\r
        X-Forwarded-For: 192.0.2.7\r
        \r

        """
      return "\(try trial.client(gateway).exchange(Array(request.utf8)).status)"
    },
    SettingEffect("backends[].memory_gb", ["1": "202", "0.1": "400"]) { trial in
      "\(try load("a", start(trial).0).status)"
    },
  ]

  private static func start(
    _ trial: SettingTrial, _ more: SettingTrial.Values = [:]
  ) throws -> (GatewayProcess, SimulatorProcess) {
    let simulator = try trial.simulate(["ollama:0,name=one,model=a,model=b,size=100,load=1"])
    let gateway = try trial.start(backends: SettingTrial.tables(simulator, ["one": more]))
    return (gateway, simulator)
  }

  private static func load(_ model: String, _ gateway: GatewayProcess) throws -> ControlAnswer {
    try gateway.control("POST", "/models/load", #"{"model_id":"\#(model)","backend_id":"one"}"#)
  }
}

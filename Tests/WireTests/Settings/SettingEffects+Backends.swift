import Foundation
import Glibc

extension SettingEffect {
  /// `[[backends]]`
  static let backends: [SettingEffect] =
    [
      backend("name", [#""first""#: "first", #""second""#: "second"]) { $1.server },
      SettingEffect("backends[].url", [#""{one}""#: "one", #""{two}""#: "two"]) { trial in
        let simulator = try trial.simulate(SettingTrial.pair)
        for server in simulator.backends { trial.words[server.name] = server.url }
        let gateway = try trial.start(backends: [["name": #""some""#, "type": #""vllm""#]])
        guard try trial.ask(gateway).status == 200 else { return "nobody" }
        return try ["one", "two"].filter { try !simulator.lastHead(of: $0).isEmpty }
          .joined(separator: " and ")
      },
      SettingEffect(
        "backends[].type",
        [#""ollama""#: "ollama unhealthy", #""vllm""#: "vllm healthy", "": "vllm healthy"]
      ) { trial in
        let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
        var table = SettingTrial.tables(simulator)[0]
        table["type"] = nil
        let gateway = try trial.start(
          ["health_check.failure_threshold": "1"], backends: [table], ready: 0)
        let backend = try gateway.waitForBackend("one") {
          ["healthy", "unhealthy"].contains($0["status"] as? String)
        }
        return "\(backend["type"] ?? "unknown") \(backend["status"] ?? "unknown")"
      },
      SettingEffect("backends[].priority", ["1": "one", "99": "two", "": "one"]) { trial in
        let simulator = try trial.simulate(SettingTrial.pair)
        let gateway = try trial.start(
          ["routing.strategy": #""priority_only""#],
          backends: SettingTrial.tables(simulator, ["two": ["priority": "60"]]))
        return try trial.servers(gateway)
      },
      backend("zone", [#""open""#: "open", #""internal""#: "internal", "": "restricted"]) {
        $1.field("x-nexus-privacy-zone")
      },
      SettingEffect("backends[].tier", ["3": "200", "2": "503", "": "503"]) { trial in
        let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
        let gateway = try trial.start(
          backends: SettingTrial.tables(simulator),
          policies: [["model_pattern": #""*""#, "min_tier": "3"]])
        return "\(try trial.ask(gateway).status)"
      },
      SettingEffect("backends[].max_concurrent", ["1": "waits", "2": "comes", "": "comes"]) {
        trial in
        let backend = try trial.script("one")
        let gateway = try trial.start(
          ["queue.max_wait_seconds": "1"], backends: [SettingTrial.table(backend)])
        _ = try trial.asking(gateway)
        _ = try trial.take(backend)
        let second = try trial.asking(gateway)
        if trial.isFirst { return try second.receive().status == 503 ? "waits" : "comes" }
        _ = try trial.take(backend)
        return "comes"
      },
      abandoned("cancel", [#""abort""#: "closed", #""drain""#: "read on"], [:]),
      abandoned(
        "cancel_drain_seconds", ["0": "closed", "60": "read on"], ["cancel": #""drain""#]),
      backend("models", [#"["m1"]"#: "200", #"["m2"]"#: "404", "": "200"]) { "\($1.status)" },
      SettingEffect(
        "backends[].keep_warm", ["": "cold", #"["other"]"#: "cold", #"["m*"]"#: "loaded"]
      ) { trial in
        let simulator = try trial.simulate(["ollama:0,name=one,model=m1,ttft=1,tps=0,load=1"])
        _ = try trial.start(backends: SettingTrial.tables(simulator))
        let seconds = trial.value?.contains("m*") == true ? 15 : 0.4
        let comes = try ProcessFigures.wait(seconds: seconds) {
          try simulator.count("loads", of: "one") > 0
        }
        return comes ? "loaded" : "cold"
      },
      SettingEffect(
        "backends[].never_load", [#"["m*"]"#: "503", #"["other"]"#: "200", "": "200"]
      ) { trial in
        let simulator = try trial.simulate(["ollama:0,name=one,model=m1,ttft=1,tps=0,load=1"])
        let gateway = try trial.start(backends: SettingTrial.tables(simulator))
        return "\(try trial.ask(gateway).status)"
      },
      backend("headers", [#"{ x-team = "lab" }"#: "lab", "": "none"]) { simulator, _ in
        try simulator.lastValue("x-team")
      },
      backend(
        "api_key_env",
        [#""NEXUS_TEST_A""#: "bearer key-a", #""NEXUS_TEST_B""#: "bearer key-b", "": "none"]
      ) { simulator, _ in
        try simulator.lastValue("authorization")
      },
      backend(
        "api_key_file", [#""key-c""#: "bearer key-c", #""key-d""#: "bearer key-d", "": "none"]
      ) {
        simulator, _ in
        try simulator.lastValue("authorization")
      },
    ] + (Certificates.toolsAreThere ? [authority] : [])

  /// What becomes of the connection of a request whose client goes.
  private static func abandoned(
    _ key: String, _ sights: KeyValuePairs<String, String>, _ more: SettingTrial.Values
  ) -> SettingEffect {
    SettingEffect("backends[].\(key)", sights) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend, more)])
      let client = try LoadClient(port: gateway.port)
      try client.send(LoadClient.post("/v1/chat/completions", SettingTrial.chat()))
      let (request, _) = try trial.take(backend)
      client.close()
      return trial.happens { request.peer.end != nil } ? "closed" : "read on"
    }
  }

  private static let authority = SettingEffect(
    "backends[].ca_file", [#""{authority}""#: "healthy", "": "unhealthy"]
  ) { trial in
    let certificates = try Certificates()
    trial.words["authority"] = certificates.authority
    let backend = try trial.script("one")
    let front = try SecureFront(certificates, .here, to: backend.port)
    trial.atEnd { front.stop() }
    trial.environment["no_proxy"] = "*"
    let gateway = try trial.start(
      ["health_check.failure_threshold": "1"],
      backends: [SettingTrial.table(backend, ["url": "\"https://127.0.0.1:\(front.port)\""])],
      ready: 0)
    let status = try gateway.waitForBackend("one") {
      ["healthy", "unhealthy"].contains($0["status"] as? String)
    }
    return "\(status["status"] ?? "unknown")"
  }

  /// What is seen of one backend and the answer that it gives.
  private static func backend(
    _ key: String, _ sights: KeyValuePairs<String, String>,
    _ look: @escaping @Sendable (SimulatorProcess, LoadClient.Answer) throws -> String
  ) -> SettingEffect {
    SettingEffect("backends[].\(key)", sights) { trial in
      trial.environment = ["NEXUS_TEST_A": "key-a", "NEXUS_TEST_B": "key-b"]
      for name in ["key-c", "key-d"] {
        let file = "\(trial.folder)/\(name)"
        try ConfiguredGateway.write(name, to: file)
        chmod(file, 0o600)
      }
      let simulator = try trial.simulate(["vllm:0,name=one,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(backends: SettingTrial.tables(simulator))
      return try look(simulator, try trial.ask(gateway))
    }
  }
}

extension SimulatorProcess {
  /// The value of a header field of the last request that the only backend saw, in lower case, or
  /// "none".
  fileprivate func lastValue(_ name: String) throws -> String {
    let lines = try lastHead(of: backends[0].name).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("\(name): ") }
    return line.map { String($0.dropFirst(name.utf8.count + 2)) } ?? "none"
  }
}

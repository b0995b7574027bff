import Foundation
import Testing

/// Advice of the running gateway about models in memory.
@Suite struct AdviceTests {
  private static func chat(_ model: String) -> String {
    #"{"model":"\#(model)","messages":[{"role":"user","content":"say something"}]}"#
  }

  /// Two servers that know the model, which the first has in memory.
  private func servers() throws -> SimulatorProcess {
    let simulator = try SimulatorProcess([
      "ollama:0,name=cellar,model=llama3:8b,ttft=1,tps=0,load=1",
      "ollama:0,name=attic,model=llama3:8b,ttft=1,tps=0,load=1",
    ])
    let port = simulator.backends[0].url.split(separator: ":").last.flatMap { UInt16($0) }
    let client = try LoadClient(port: port ?? 0)
    defer { client.close() }
    // By a name that it takes for its own machine's.
    let body = #"{"model":"llama3:8b","stream":false}"#
    let head = """
      POST /api/generate HTTP/1.1\r
      Host: localhost\r
      Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      \r

      """
    let answer = try client.exchange(Array((head + body).utf8))
    guard answer.status == 200 else { throw CaseFailure("not loaded: \(answer.text)") }
    return simulator
  }

  private func gateway(
    _ simulator: SimulatorProcess, _ household: Household, _ fleet: String
  ) throws -> GatewayProcess {
    let backends = simulator.backends.map {
      "[[backends]]\nname = \"\($0.name)\"\nurl = \"\($0.url)\"\ntype = \"ollama\"\n"
    }
    let file = try household.write("nexus.toml", "[fleet]\n\(fleet)\n" + backends.joined())
    let gateway = try GatewayProcess(
      arguments: ["--config", file, "--state-dir", "\(household.folder)/fleet"])
    try gateway.waitForHealth("all backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == simulator.backends.count
    }
    return gateway
  }

  private func advice(_ gateway: GatewayProcess) throws -> [String: Any] {
    let text = try gateway.get("/v1/fleet/recommendations")
    return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
  }

  @Test func aFurtherBackendIsAdvisedBeforeThePeak() throws {
    let simulator = try servers()
    defer { simulator.stop() }
    let household = try Household()
    try KeptDemand.write(
      to: "\(household.folder)/fleet", ["llama3:8b": KeptDemand.peak()], days: 9)
    let gateway = try gateway(
      simulator, household, "enabled = true\nanalysis_interval_seconds = 1")
    defer { gateway.kill() }
    var found: [[String: Any]] = []
    let came = try ProcessFigures.wait {
      found = try advice(gateway)["recommendations"] as? [[String: Any]] ?? []
      return found.first?["target_backend_ids"] as? [String] == ["attic"]
    }
    try #require(came, "\(found)\n\(gateway.log)")
    let only = try #require(found.first)
    #expect(only["model_id"] as? String == "llama3:8b")
    #expect(only["command"] as? String == "nexus models load llama3:8b --backend attic")
    let evidence = try #require(only["evidence"] as? [String: Any])
    #expect(evidence["requests"] as? Int == 9 * 64 && evidence["days"] as? Int == 8)
    #expect(evidence["peak_hour_utc"] as? Int == 9)
    #expect(evidence["peak_ratio"] as? Double == 2.5)
    // 0.5 · (1.5 / 3) + 0.25 · 1 + 0.25 · 9/14
    #expect(abs((only["confidence_score"] as? Double ?? 0) - 0.661) < 0.001)
    #expect(
      only["reasoning"] as? String == "Usage peak at 9:00 UTC (2.5x average). Usage is"
        + " \(evidence["trend"] as? String ?? ""). Based on 576 requests over 8 days. It is in"
        + " memory on cellar alone")
    #expect(gateway.log.contains("a model could be kept in memory at another backend"))

    let run = try ProgramRun(
      arguments: ["advice"], environment: household.environment(gateway))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("llama3:8b  attic  66%"), "\(run.output)")
    #expect(run.output.contains("\n  nexus models load llama3:8b --backend attic\n"))
    let json = try ProgramRun(
      arguments: ["advice", "--json"], environment: household.environment(gateway))
    #expect(json.list("recommendations").count == 1)
    let history = try gateway.control("GET", "/advice/history").list("models")
    #expect((history.first?["hours"] as? [Int])?[9] == 360)

    try follow(only["command"] as? String ?? "exit 9", simulator, gateway, household)
  }

  /// The command does what the advice says, as a shell takes it; then nothing is left to advise.
  private func follow(
    _ command: String, _ simulator: SimulatorProcess, _ gateway: GatewayProcess,
    _ household: Household
  ) throws {
    #expect(try simulator.modelsInMemory(of: "attic").isEmpty)
    let followed = try household.run(
      "/bin/sh", ["-c", command], household.environment(gateway))
    #expect(followed.status == 0, "\(followed.errors)")
    #expect(followed.output.hasPrefix("Loading llama3:8b on attic: done"), "\(followed.output)")
    #expect(try simulator.modelsInMemory(of: "attic") == ["llama3:8b"])
    let isFollowed = try ProcessFigures.wait {
      (try advice(gateway)["recommendations"] as? [Any])?.isEmpty == true
    }
    #expect(isFollowed)
  }

  @Test func whatIsCountedOutlivesTheGateway() throws {
    let simulator = try servers()
    defer { simulator.stop() }
    let household = try Household()
    for (round, count) in [(1, 3), (2, 2)] {
      let gateway = try gateway(simulator, household, "enabled = true")
      defer { gateway.kill() }
      // From its first round on it counts.
      let counts = try ProcessFigures.wait {
        try gateway.control("GET", "/advice/history").object["fleet_enabled"] as? Bool == true
      }
      #expect(counts)
      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      for _ in 0..<count {
        let answer = try client.exchange(
          LoadClient.post("/v1/chat/completions", Self.chat("llama3:8b")))
        #expect(answer.status == 200)
      }
      _ = try client.exchange(LoadClient.post("/v1/chat/completions", Self.chat("unknown")))
      if round == 2 {
        let total = try ProcessFigures.wait {
          let models = try gateway.control("GET", "/advice/history").list("models")
          return models.count == 1 && models[0]["requests"] as? Int == 5
        }
        #expect(total, "\(gateway.log)")
        let run = try ProgramRun(
          arguments: ["advice"], environment: household.environment(gateway))
        #expect(
          run.output == "No advice yet: a model needs 100 requests over 7 days. 'llama3:8b', the"
            + " most used one, has 5 requests within a day.\n", "\(run.output)")
      }
      gateway.terminate()
      try gateway.expectExit()
    }
  }

  @Test func nothingIsCountedUnlessThatIsWanted() throws {
    let simulator = try servers()
    defer { simulator.stop() }
    let household = try Household()
    let gateway = try gateway(simulator, household, "enabled = false")
    defer { gateway.kill() }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    _ = try client.exchange(LoadClient.post("/v1/chat/completions", Self.chat("llama3:8b")))
    let advice = try advice(gateway)
    #expect(advice["fleet_enabled"] as? Bool == false)
    #expect((advice["recommendations"] as? [Any])?.isEmpty == true)
    let run = try ProgramRun(arguments: ["advice"], environment: household.environment(gateway))
    #expect(run.status == 0 && run.output.contains("'enabled = true' under [fleet]"))
    let wrong = try client.exchange(LoadClient.post("/v1/fleet/recommendations", "{}"))
    #expect(wrong.status == 405)
    gateway.terminate()
    try gateway.expectExit()
    #expect(!FileManager.default.fileExists(atPath: "\(household.folder)/fleet"))
  }
}

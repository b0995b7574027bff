import Foundation
import Testing

/// `[health_check]` as a backend feels it.
@Suite struct HealthSettingsTests {
  private func text(_ url: String, _ settings: String, _ more: String = "") -> String {
    """
    [health_check]
    \(settings)
    [[backends]]
    name = "a"
    url = "\(url)"
    type = "vllm"
    \(more)
    """
  }

  private func withSimulator(_ body: (SimulatorProcess, String) throws -> Void) throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    try body(simulator, simulator.backends[0].url)
  }

  private func exchange(_ gateway: ConfiguredGateway) throws -> Int {
    try LoadClient(port: gateway.gateway.port).using {
      try $0.exchange(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)
      ).status
    }
  }

  @Test func timesAndThresholdsHoldWithoutARestart() throws {
    try withSimulator { simulator, url in
      let gateway = try ConfiguredGateway(text(url, "interval_seconds = 600"))
      #expect(try gateway.backend("a")?["status"] as? String == "healthy")
      try simulator.fault(#"{"backend":"a","kind":"stall_before","all":true}"#)
      // With five seconds for an answer and three failures to go down, this would take fifteen.
      try gateway.reload(
        text(url, "interval_seconds = 1\ntimeout_seconds = 1\nfailure_threshold = 1"))
      _ = try gateway.gateway.waitForBackend("a") { $0["status"] as? String == "unhealthy" }
      try simulator.clear()
      _ = try gateway.gateway.waitForBackend("a") { $0["status"] as? String == "healthy" }
      try gateway.finish()
    }
  }

  @Test func withoutChecksOnlyFailuresAreFollowed() throws {
    try withSimulator { simulator, url in
      func surveys() throws -> Int { try simulator.count("total", of: "a") }
      let gateway = try ConfiguredGateway(
        text(url, "interval_seconds = 1\nenabled = false"))
      #expect(try exchange(gateway) == 200)
      let before = try surveys()
      Thread.sleep(forTimeInterval: 1.5)
      #expect(try surveys() == before)
      try simulator.fault(#"{"backend":"a","kind":"die"}"#)
      _ = try gateway.gateway.waitForBackend("a") {
        _ = try? exchange(gateway)
        return $0["status"] as? String == "unhealthy"
      }
      try simulator.clear()
      _ = try gateway.gateway.waitForBackend("a") { $0["status"] as? String == "healthy" }
      #expect(try exchange(gateway) == 200)
      try gateway.finish()
    }
  }

  @Test func withoutChecksNamedModelsAreBelieved() throws {
    try withSimulator { simulator, url in
      let gateway = try ConfiguredGateway(
        text(url, "enabled = false", "models = [\"m\"]"))
      #expect(try simulator.count("total", of: "a") == 0)
      #expect(try exchange(gateway) == 200)
      #expect(try simulator.count("total", of: "a") == 1)
      try gateway.finish()
    }
  }
}

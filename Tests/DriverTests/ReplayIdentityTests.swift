import Testing

@testable import Drivers

/// Six drivers against eight kinds of server: only the right one is certain.
@Suite struct ReplayIdentityTests {
  @Test(arguments: ReplayDrivers.names) func matrix(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    for server in try ReplayServers.all() {
      let transcript = Replay.run(driver, DriverOperation(kind: .identify)) { server($0, $1) }
      let identity = transcript.reports.identity
      if name == "openai" {
        #expect(identity?.backendType == "generic", "\(server.name)")
        #expect(identity?.certainty == 10, "\(server.name)")
      } else if name == server.name {
        #expect(identity?.backendType == name)
        #expect(identity?.certainty == 100)
        #expect(transcript.verdict == .done)
      } else {
        #expect(identity == nil, "\(name) takes \(server.name) for its own")
        #expect(transcript.outcome == "unsupported", "\(name) at \(server.name)")
      }
    }
  }

  @Test(arguments: [("ollama", "0.33.0"), ("vllm", "0.21.0"), ("llamacpp", "b0-unknown")])
  func version(_ name: String, _ version: String) throws {
    let server = try #require(ReplayServers.all().first { $0.name == name })
    let transcript = Replay.run(
      try ReplayDrivers.driver(name), DriverOperation(kind: .identify)
    ) { server($0, $1) }
    #expect(transcript.reports.identity?.serverVersion == version)
  }

  /// A llama.cpp server that loads, or wants a key, is recognised by its refusal and its name.
  @Test(arguments: ["models_loading", "auth_missing"]) func refusal(_ fixture: String) throws {
    let driver = try ReplayDrivers.driver("llamacpp")
    var reply = try ReplayFixture(fixture).reply
    let own = Replay.run(driver, DriverOperation(kind: .identify)) { _, _ in reply }
    #expect(own.reports.identity?.certainty == 100)
    reply.headers = [("server", "other")]
    let foreign = Replay.run(driver, DriverOperation(kind: .identify)) { _, _ in reply }
    #expect(foreign.outcome == "unsupported")
  }

  /// A vLLM server with a key that we lack shows its metrics to everybody.
  @Test func vllmWithKey() throws {
    var server = ReplayServers.vllm
    server.answers["GET /v1/models"] = Reply(401, #"{"error":"Unauthorized"}"#)
    let driver = try ReplayDrivers.driver("vllm")
    let transcript = Replay.run(driver, DriverOperation(kind: .identify)) { server($0, $1) }
    #expect(transcript.reports.identity?.certainty == 100)
    server.answers["GET /metrics"] = Reply(200, "sglang:num_running_reqs 1\n")
    let other = Replay.run(driver, DriverOperation(kind: .identify)) { server($0, $1) }
    #expect(other.outcome == "unsupported")
  }

  @Test func openAIWhereAsked() throws {
    let operation = Replay.operation(.identify, type: "openai")
    let transcript = Replay.run(try ReplayDrivers.driver("openai"), operation) {
      ReplayServers.generic($0, $1)
    }
    #expect(transcript.reports.identity?.backendType == "openai")
  }

  /// What cannot be reached is no answer to the question, and no driver claims it.
  @Test(arguments: ReplayDrivers.names) func unreachable(_ name: String) throws {
    let driver = try ReplayDrivers.driver(name)
    for cause in [BreakCause.connect, .tls, .timeout, .closed, .protocol, .limit] {
      let transcript = Replay.run(driver, DriverOperation(kind: .identify)) { _, _ in
        .broken(cause)
      }
      #expect(transcript.outcome == "upstream_broken")
      #expect(transcript.reports.identity == nil)
    }
  }
}

import Foundation
import Testing

/// What the real gateway logs about requests.
@Suite struct GatewayLogTests {
  private static let messages = #""messages":[{"role":"user","content":"\#(Planted.prompt)"}]"#

  private func withFleet(
    _ backends: [String], _ flags: [String] = [], healthy: Int? = nil,
    _ body: (LoggedGateway, SimulatorProcess) throws -> Void
  ) throws {
    let simulator = try SimulatorProcess(backends)
    defer { simulator.stop() }
    let logged = try LoggedGateway(flags + simulator.gatewayArguments)
    defer { logged.gateway.kill() }
    try logged.waitForHealthy(healthy ?? backends.count)
    do {
      try body(logged, simulator)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(logged.gateway.log)")
    }
    try logged.end()
    _ = try logged.lines()
  }

  private func text(_ line: LoggedGateway.Line, _ member: String) -> String? {
    line[member] as? String
  }

  private func number(_ line: LoggedGateway.Line, _ member: String) -> Int? {
    // A number, and no truth value, which Foundation takes for one.
    line[member] is String ? nil : line[member] as? Int
  }

  @Test func anAnswerLeavesOneLineWithAllItsFacts() throws {
    try withFleet(["vllm:0,name=a,model=m,ttft=20,tps=0"]) { logged, _ in
      try logged.chat("plain", #"{"model":"m",\#(Self.messages)}"#)
      let plain = try logged.access("plain")
      #expect(text(plain, "target") == "nexus.api")
      #expect(text(plain, "level") == "INFO")
      #expect(text(plain, "endpoint") == "chat")
      #expect(text(plain, "model") == "m")
      #expect(plain["actual_model"] == nil)
      #expect(text(plain, "backend") == "a")
      #expect(text(plain, "backend_type") == "vllm")
      #expect(text(plain, "backend_class") == "local")
      #expect(text(plain, "zone") == "restricted")
      #expect(text(plain, "status") == "success")
      #expect(number(plain, "status_code") == 200)
      #expect(plain["error_message"] == nil)
      #expect(number(plain, "latency_ms") ?? 0 >= 20)
      #expect(plain["ttft_ms"] == nil)
      let tokens = ["tokens_prompt", "tokens_completion", "tokens_total"].map { number(plain, $0) }
      #expect(tokens.allSatisfy { $0 ?? 0 > 0 })
      #expect((tokens[0] ?? 0) + (tokens[1] ?? 0) == tokens[2])
      #expect(plain["stream"] as? Bool == false)
      #expect(text(plain, "route_reason") == "capability-match")
      #expect(number(plain, "retry_count") == 0)
      #expect(plain["fallback_chain"] == nil)
      #expect(plain["prompt_preview"] == nil)
      let stamp = try #require(text(plain, "timestamp"))
      #expect(stamp.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)

      let options = #""stream":true,"stream_options":{"include_usage":true}"#
      try logged.chat("stream", #"{"model":"m",\#(options),\#(Self.messages)}"#)
      let stream = try logged.access("stream")
      #expect(stream["stream"] as? Bool == true)
      #expect(number(stream, "ttft_ms") ?? 0 >= 20)
      #expect(number(stream, "tokens_total") ?? 0 > 0)
    }
  }

  @Test func aFailoverTellsItsWayUnderOneId() throws {
    let fleet = ["vllm:0,name=a,model=m,ttft=1,tps=0", "vllm:0,name=b,model=m,ttft=1,tps=0"]
    try withFleet(fleet) { logged, simulator in
      try simulator.fault(#"{"backend":"a","kind":"reset","all":true}"#)
      // Which of the two is asked first is not said; by and by the other one is.
      for number in 1...4 { try logged.chat("r\(number)", #"{"model":"m",\#(Self.messages)}"#) }
      let line = try logged.wait("a failover") { self.number($0, "retry_count") == 1 }
      #expect(text(line, "level") == "WARN")
      #expect(text(line, "status") == "success")
      #expect(text(line, "backend") == "b")
      #expect(text(line, "fallback_chain") == "a,b")
      #expect(text(line, "route_reason") == "failover")
      let id = text(line, "request_id")
      let failed = try logged.wait("the attempt that failed") {
        text($0, "message") == "attempt failed" && text($0, "request_id") == id
      }
      let routed = try logged.wait("the route") {
        text($0, "message") == "request routed" && text($0, "request_id") == id
      }
      #expect(text(routed, "target") == "nexus.routing")
      #expect(text(routed, "level") == "DEBUG")
      #expect(text(routed, "backends") == "a,b")
      let tried = try logged.lines().filter {
        text($0, "message") == "trying backend" && text($0, "request_id") == id
      }
      #expect(tried.map { text($0, "backend") } == ["a", "b"])
      #expect(text(failed, "level") == "WARN")
      #expect(text(failed, "backend") == "a")
      #expect(text(failed, "failure") == "upstream_broken")
      #expect(number(failed, "attempt") == 1)
    }
  }

  /// Another model than the one asked for, and a prompt that leaves the house unasked.
  @Test func standInsAndPromptsThatLeaveAreTold() throws {
    let folder = "\(NSTemporaryDirectory())/nexus-log-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let rules = """
      [routing]
      strategy = "priority_only"
      [routing.aliases]
      "other" = "m"
      [routing.fallbacks]
      "gone" = ["m"]
      """
    try ConfiguredGateway.write(rules, to: "\(folder)/nexus.toml")
    let simulator = try SimulatorProcess(["a", "b"].map { "vllm:0,name=\($0),model=m,tps=0" })
    defer { simulator.stop() }
    let places = zip(simulator.backends, ["priority=1", "priority=2,zone=open"]).flatMap {
      ["--backend", "\($0.url),name=\($0.name),\($1)"]
    }
    let logged = try LoggedGateway(["--config", "\(folder)/nexus.toml"] + places)
    defer { logged.gateway.kill() }
    try logged.waitForHealthy(2)
    for model in ["m", "other", "gone"] {
      try logged.chat(model, #"{"model":"\#(model)",\#(Self.messages)}"#)
      let line = try logged.access(model)
      #expect(text(line, "actual_model") == (model == "m" ? nil : "m"))
      #expect(text(line, "level") == (model == "gone" ? "WARN" : "INFO"))
      #expect(text(line, "zone") == "restricted")
    }
    let left = "a prompt goes to the zone open, though a more trusted backend has the model"
    #expect(try !logged.lines().contains { text($0, "message") == left })
    try simulator.fault(#"{"backend":"a","kind":"reset","all":true}"#)
    try logged.chat("left", #"{"model":"m",\#(Self.messages)}"#)
    #expect(text(try logged.access("left"), "zone") == "open")
    let told = try logged.wait("that a prompt has left") { text($0, "message") == left }
    #expect(text(told, "request_id") == "left" && text(told, "backend") == "b")
    #expect(text(told, "level") == "INFO")
    try logged.end()
  }

  @Test func unknownPricesAreTold() throws {
    let simulator = try SimulatorProcess(["openai:0,name=c,model=gpt-4o-mini,model=gpt-9"])
    defer { simulator.stop() }
    let url = try #require(simulator.backends.first?.url)
    let logged = try LoggedGateway(["--backend", "\(url),name=c,type=openai"])
    defer { logged.gateway.kill() }
    let line = try logged.wait("a price that is not known") { text($0, "target") == "nexus.budget" }
    #expect(text(line, "level") == "WARN")
    #expect(text(line, "backend") == "c" && text(line, "models") == "gpt-9")
    try logged.end()
  }

  /// Whatever fails before a backend is asked, or in all of them, leaves its line too.
  @Test func failuresLeaveOneLineEach() throws {
    try withFleet(["vllm:0,name=a,model=m,ttft=1,tps=0"]) { logged, simulator in
      try logged.chat("unknown", #"{"model":"none",\#(Self.messages)}"#)
      let unknown = try logged.access("unknown")
      #expect(text(unknown, "level") == "INFO")
      #expect(text(unknown, "backend") == "none")
      #expect(text(unknown, "model") == "none")
      #expect(number(unknown, "status_code") == 404)
      #expect(text(unknown, "route_reason") == "model_unknown")

      try logged.chat("json", #"{"model":"m",\#(Self.messages)"#)
      let json = try logged.access("json")
      #expect(text(json, "status") == "error")
      #expect(number(json, "status_code") == 400)
      #expect(json["model"] == nil)
      #expect(text(json, "error_message")?.contains("not valid JSON") == true)

      try LoadClient(port: logged.gateway.port).using {
        _ = try $0.exchange(Array("GET /v1/\(Planted.word)\u{1} HTTP/1.1\r\n\r\n".utf8))
      }
      let malformed = try logged.wait("the malformed request") { text($0, "endpoint") == "none" }
      #expect(number(malformed, "status_code") == 400)
      #expect(text(malformed, "request_id")?.isEmpty == false)

      try simulator.fault(#"{"backend":"a","kind":"status","status":500,"all":true}"#)
      try logged.chat("exhausted", #"{"model":"m",\#(Self.messages)}"#)
      let exhausted = try logged.access("exhausted")
      #expect(text(exhausted, "level") == "ERROR")
      #expect(text(exhausted, "backend") == "a")
      #expect(number(exhausted, "status_code") == 502)
      // The only place is tried once more.
      #expect(text(exhausted, "error_message") == "'a': upstream_broken; 'a': upstream_broken")

      let all = try logged.lines().filter { text($0, "message") == "request completed" }
      let asked = all.filter { text($0, "level") != "DEBUG" }
      #expect(asked.count == 4)
      // The surveys that the test has made through /health.
      #expect(all.allSatisfy { text($0, "level") != "DEBUG" || text($0, "endpoint") == "health" })
    }
  }

  @Test func aClientThatLeavesIsNoFailure() throws {
    try withFleet(["vllm:0,name=a,model=m,ttft=1,tps=20,words=500"]) { logged, _ in
      let client = try LoadClient(port: logged.gateway.port)
      try client.send(
        LoadClient.post(
          "/v1/chat/completions", #"{"model":"m","stream":true,\#(Self.messages)}"#,
          headers: "X-Request-Id: gone\r\n"))
      _ = try client.readSome()
      client.close()
      let line = try logged.access("gone")
      #expect(text(line, "status") == "cancelled")
      #expect(text(line, "level") == "INFO")
      #expect(number(line, "status_code") == 499)
      #expect(text(line, "backend") == "a")
    }
  }

  /// Many requests at once over kept connections: one line for each, no more and no less.
  @Test func everyRequestLeavesOneLine() throws {
    let simulator = try SimulatorProcess(["generic:0,name=cheap,cheap"])
    defer { simulator.stop() }
    let logged = try LoggedGateway(simulator.gatewayArguments)
    defer { logged.gateway.kill() }
    try logged.waitForHealthy(1)
    let total = 4 * 50
    let threads = (0..<4).map { thread in
      Worker {
        try? LoadClient(port: logged.gateway.port).using { client in
          for number in 0..<50 {
            _ = try client.exchange(
              LoadClient.post(
                "/v1/chat/completions", #"{"model":"sim-model",\#(Self.messages)}"#,
                headers: "X-Request-Id: t\(thread)-\(number)\r\n"))
          }
        }
      }
    }
    for thread in threads { thread.join() }
    try logged.end()
    let ids = try logged.lines().filter { text($0, "message") == "request completed" }
      .compactMap { text($0, "request_id") }.filter { $0.hasPrefix("t") }
    #expect(ids.count == total)
    #expect(Set(ids).count == total)
  }

  // MARK: Content

  /// Only where it is switched on, the first words of a prompt are told, and a warning at the start.
  @Test func contentIsLoggedWhenSwitchedOn() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("nexus.toml")
    try "[logging]\nenable_content_logging = true\n".write(
      to: file, atomically: true, encoding: .utf8)
    let fleet = ["vllm:0,name=a,model=m,ttft=1,tps=0"]
    try withFleet(fleet, ["--config", file.path]) { logged, _ in
      _ = try logged.wait("the warning") {
        text($0, "level") == "WARN" && text($0, "message")?.contains("content") == true
      }
      let parts = #"[{"type":"text","text":"open \"words\""},{"type":"text","text":"and more"}]"#
      let system = #"{"role":"system","content":"not this"}"#
      try logged.chat(
        "parts", #"{"model":"m","messages":[\#(system),{"role":"user","content":\#(parts)}]}"#)
      let line = try logged.access("parts")
      #expect(text(line, "prompt_preview") == "open \"words\" and more")
      let long = String(repeating: "wört ", count: 40)
      try logged.chat(
        "long", #"{"model":"m","messages":[{"role":"user","content":"\#(long)"}]}"#)
      let cut = try logged.access("long")
      #expect(text(cut, "prompt_preview") == String(long.prefix(100)) + "...")
    }
  }

  // MARK: A sink that takes nothing

  /// Nobody reads the log, and requests are served all the same; so is the end of the gateway.
  @Test func aStuckLogHoldsUpNobody() throws {
    let simulator = try SimulatorProcess(["generic:0,name=cheap,cheap"])
    defer { simulator.stop() }
    let fifo = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-\(UUID().uuidString)").path
    #expect(mkfifo(fifo, 0o600) == 0)
    let unread = open(fifo, O_RDWR)
    defer {
      close(unread)
      unlink(fifo)
    }
    let staged = GatewayProcess.staged
    let child = try ChildProcess(
      "/bin/sh",
      arguments: [
        "-c", #"exec "$0" "$@" 2>"$NEXUS_TEST_FIFO""#,
        staged.appendingPathComponent("bin/nexus").path, "serve", "--port", "0", "--no-probe",
        "--log-level", "trace", "--plugins", staged.appendingPathComponent("lib/nexus").path,
      ] + simulator.gatewayArguments,
      environment: [
        "NEXUS_TEST_FIFO": fifo, "RUNTIME_DIRECTORY": "\(fifo)-run",
        "XDG_STATE_HOME": "\(fifo)-run",
      ])
    defer { child.kill() }
    let line = try child.line(containing: " listening on ")
    let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
    try LoadClient(port: port).using { client in
      let request = LoadClient.post(
        "/v1/chat/completions", #"{"model":"sim-model",\#(Self.messages)}"#)
      // Several times what a pipe holds.
      for _ in 0..<1_000 {
        let answer = try client.exchange(request)
        #expect(answer.status == 200)
      }
    }
    child.signal(SIGTERM)
    let status = try child.waitForExit()
    #expect(status == 0)
    try? FileManager.default.removeItem(atPath: "\(fifo)-run")
  }
}

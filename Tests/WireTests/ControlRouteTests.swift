import Foundation
import Testing

/// What the control socket answers.
@Suite struct ControlRouteTests {
  /// A gateway with two backends that are up.
  private func withGateway(_ body: (GatewayProcess, SimulatorProcess) throws -> Void) throws {
    let simulator = try SimulatorProcess([
      "ollama:0,name=zoe,model=only-zoe,model=both,ttft=1,tps=0",
      "vllm:0,name=amy,model=both,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try GatewayProcess(arguments: simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("2 healthy backends", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    do {
      try body(gateway, simulator)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(gateway.log)")
    }
    #expect(gateway.isRunning)
    gateway.terminate()
    try gateway.expectExit()
  }

  @Test func tellsHowItIs() throws {
    try withGateway { gateway, simulator in
      let status = try gateway.control("GET", "/status")
      #expect(status.status == 200)
      #expect(status.head.lowercased().contains("content-type: application/json"))
      #expect(status.object["pid"] as? Int == Int(gateway.identifier))
      #expect(status.object["url"] as? String == "http://127.0.0.1:\(gateway.port)")
      #expect(status.object["draining"] as? Bool == false)
      #expect((status.object["drivers"] as? [String])?.count == 6)
      #expect(status.object["workers"] as? Int ?? 0 > 0)
      for key in [
        "version", "uptime_seconds", "config_file", "state_directory", "log_levels",
        "requests_in_flight", "log_dropped",
      ] {
        #expect(status.object[key] != nil, "\(key)")
      }

      let backends = try gateway.control("GET", "/backends").list("backends")
      #expect(backends.map { $0["name"] as? String } == ["zoe", "amy"])
      #expect(backends[0]["url"] as? String == simulator.backends[0].url)
      #expect(backends[0]["type"] as? String == "ollama")
      #expect(backends[0]["status"] as? String == "healthy")
      #expect(backends[0]["models"] as? [String] == ["only-zoe", "both"])
      #expect(backends[0]["model_count"] as? Int == 2)
      #expect(backends[0]["discovery_source"] as? String == "static")
      #expect(backends[0]["last_error"] is NSNull)
      #expect(backends[1]["driver"] as? String == "org.nexus.vllm")
      for key in [
        "id", "backend_type", "avg_latency_ms", "pending_requests", "total_requests", "zone",
        "tier", "priority", "driver_version", "server_version",
      ] {
        #expect(backends[0][key] != nil, "\(key)")
      }

      let models = try gateway.control("GET", "/models").list("models")
      #expect(
        models.map { "\($0["id"] ?? "") \($0["backend"] ?? "")" }
          == ["both amy", "both zoe", "only-zoe zoe"])
      let health = try gateway.control("GET", "/health")
      #expect(health.object["status"] as? String == "healthy")
      #expect(health.list("backend_details").map { $0["name"] as? String } == ["zoe", "amy"])
    }
  }

  @Test func explainsARoute() throws {
    try withGateway { gateway, _ in
      let both = try gateway.control("POST", "/explain", #"{"model":"both"}"#)
      #expect(both.object["plan"] as? String == "route")
      #expect(both.list("entries").compactMap { $0["rank"] as? Int }.sorted() == [0, 1])
      let one = try gateway.control(
        "POST", "/explain", #"{"model":"only-zoe","operation":"embeddings"}"#)
      let entries = one.list("entries")
      #expect(entries.count == 2)
      #expect(entries.first { $0["backend"] as? String == "amy" }?["reason"] != nil)
      let none = try gateway.control("POST", "/explain", #"{"model":"nobody"}"#)
      #expect(none.object["plan"] as? String == "reject")
      #expect(none.object["reason"] as? String == "model_unknown")
    }
  }

  @Test func addsDrainsAndRemovesBackends() throws {
    try withGateway { gateway, simulator in
      let more = try SimulatorProcess(["llamacpp:0,name=new,model=fresh,ttft=300,tps=0"])
      defer { more.stop() }
      let url = more.backends[0].url
      let added = try gateway.control(
        "POST", "/backends",
        #"{"url":"\#(url)","name":"new one/1","tier":3,"priority":7,"zone":"internal"}"#)
      #expect(added.status == 201)
      #expect(added.object["status"] as? String == "healthy")
      #expect(added.object["models"] as? [String] == ["fresh"])
      #expect(added.object["type"] as? String == "llamacpp")
      #expect(added.object["discovery_source"] as? String == "manual")
      #expect(added.object["tier"] as? Int == 3)
      #expect(added.object["priority"] as? Int == 7)
      #expect(added.object["zone"] as? String == "internal")
      #expect(try chat("fresh", gateway) == 200)

      let sameURL = try gateway.control("POST", "/backends", #"{"url":"\#(url)","name":"x"}"#)
      #expect(sameURL.status == 409 && sameURL.message.contains("'new one/1'"))
      let sameName = try gateway.control(
        "POST", "/backends", #"{"url":"http://127.0.0.1:9","name":"zoe"}"#)
      #expect(sameName.status == 409 && sameName.code == "name_taken")
      let own = try gateway.control(
        "POST", "/backends", #"{"url":"http://localhost:\#(gateway.port)"}"#)
      #expect(own.status == 400 && own.code == "own_address")

      let drained = try gateway.control("POST", "/backends/new%20one%2F1/drain")
      #expect(drained.status == 200)
      #expect(drained.object["status"] as? String == "draining")
      #expect(try chat("fresh", gateway) == 503)
      let undrained = try gateway.control("POST", "/backends/new%20one%2f1/undrain")
      #expect(undrained.object["status"] as? String == "healthy")
      #expect(try chat("fresh", gateway) == 200)

      let client = try LoadClient(port: gateway.port)
      defer { client.close() }
      try client.send(
        LoadClient.post(
          "/v1/chat/completions",
          #"{"model":"fresh","stream":true,"messages":[{"role":"user","content":"hi"}]}"#))
      _ = try gateway.waitForBackend("new one/1") { $0["pending_requests"] as? Int == 1 }
      let removed = try gateway.control("DELETE", "/backends/new%20one%2F1")
      // What is under way there finishes.
      let stream = try client.receive()
      #expect(stream.status == 200 && stream.text.contains("data: [DONE]"))
      #expect(removed.status == 200)
      #expect(removed.object["removed"] as? String == "new one/1")
      #expect(removed.object["returns_with_reload"] as? Bool == false)
      #expect(try chat("fresh", gateway) == 404)
      let configured = try gateway.control("DELETE", "/backends/zoe")
      #expect(configured.object["returns_with_reload"] as? Bool == true)
      let again = try gateway.control("DELETE", "/backends/zoe")
      #expect(again.status == 404 && again.message.contains("amy"))
    }
  }

  /// A backend that nobody reaches is added all the same, after the two seconds that it has.
  @Test func addsABackendThatIsNotThereYet() throws {
    try withGateway { gateway, _ in
      let (descriptor, port) = try Sockets.listen()
      defer { close(descriptor) }
      let started = Date()
      let added = try gateway.control(
        "POST", "/backends", #"{"url":"http://127.0.0.1:\#(port)","type":"vllm"}"#)
      #expect(added.status == 201)
      #expect(added.object["name"] as? String == "127.0.0.1:\(port)")
      #expect(["unknown", "unhealthy"].contains(added.object["status"] as? String))
      #expect(Date().timeIntervalSince(started) < 10)
    }
  }

  @Test func showsAndReloadsTheConfiguration() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("nexus.toml").resolvingSymlinksInPath()
    func write(_ text: String) throws { try Data(text.utf8).write(to: file) }
    try write(
      """
      [server]
      max_concurrent_requests = 77
      [routing.aliases]
      "gpt-4" = "m"
      [[backends]]
      name = "gone"
      url = "http://127.0.0.1:9"
      [backends.headers]
      x-team = "sk-abcdefghijklmnop"
      """)
    let gateway = try GatewayProcess(
      arguments: ["--config", file.path, "--backend", "http://127.0.0.1:8,name=flag,tier=3"],
      environment: ["NEXUS_LOG_FORMAT": "json"])
    defer { gateway.kill() }
    #expect(try gateway.control("GET", "/status").object["config_file"] as? String == file.path)
    func shown() throws -> [String: String] {
      let settings = try gateway.control("GET", "/config").list("settings")
      return Dictionary(
        uniqueKeysWithValues: settings.map {
          ("\($0["key"] ?? "")", "\($0["value"] ?? "") from \($0["origin"] ?? "")")
        })
    }
    var all = try shown()
    #expect(all["server.max_concurrent_requests"] == "77 from \(file.path):2")
    #expect(all["server.max_body"]?.hasSuffix(" from default") == true)
    #expect(all["server.host"] == "127.0.0.1 from --host")
    #expect(all["logging.format"] == "json from $NEXUS_LOG_FORMAT")
    #expect(all["routing.aliases.gpt-4"] == "m from \(file.path):4")
    #expect(all["backends[0].name"] == "gone from \(file.path):6")
    #expect(all["backends[0].headers.x-team"]?.hasPrefix("*** from ") == true)
    #expect(all["backends[1].tier"] == "3 from --backend")
    #expect(all["backends[1].priority"] == "50 from default")

    try write("[server]\nmax_concurrent_requests = 78\ndrain_timeout_secs = 1\n")
    let reloaded = try gateway.control("POST", "/reload")
    // The watch may have been faster, and then nothing is left to change.
    #expect(reloaded.status == 200, "\(reloaded.object)")
    #expect((reloaded.object["warnings"] as? [String])?.count == 1)
    all = try shown()
    #expect(all["server.max_concurrent_requests"] == "78 from \(file.path):2")
    #expect(all["routing.aliases.gpt-4"] == nil)

    try write("[server]\nport = 70000\nhost = 1\n")
    let refused = try gateway.control("POST", "/reload")
    #expect(refused.status == 422 && refused.code == "invalid_configuration")
    #expect((refused.object["faults"] as? [String])?.count == 2, "\(refused.object)")
    #expect(try shown() == all)
  }

  @Test func changesWhatIsLogged() throws {
    try withGateway { gateway, _ in
      #expect(try gateway.control("GET", "/log-level").object["log_levels"] as? String == "trace")
      let changed = try gateway.control("PUT", "/log-level", #"{"levels":"warn,fleet=debug"}"#)
      #expect(changed.object["log_levels"] as? String == "warn,fleet=debug")
      #expect(
        try gateway.control("GET", "/status").object["log_levels"] as? String == "warn,fleet=debug")
    }
  }

  /// What commands change survives `kill -9`, and nothing else does.
  @Test func changesOutliveTheGateway() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=one,model=m", "llamacpp:0,name=two,model=m", "ollama:0,name=three,model=m",
    ])
    defer { simulator.stop() }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "nexus-test-\(UUID().uuidString.prefix(8))"
    ).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func start() throws -> GatewayProcess {
      try GatewayProcess(
        arguments: ["--backend", "\(simulator.backends[0].url),name=one"],
        environment: ["STATE_DIRECTORY": folder])
    }
    let first = try start()
    defer { first.kill() }
    for index in 1...2 {
      let backend = simulator.backends[index]
      let added = try first.control(
        "POST", "/backends",
        #"{"url":"\#(backend.url)","name":"\#(backend.name)","tier":\#(index),"headers":{"x-a":"b"}}"#
      )
      #expect(added.status == 201)
    }
    #expect(try first.control("POST", "/backends/two/drain").status == 200)
    #expect(try first.control("POST", "/backends/one/drain").status == 200)
    #expect(try first.control("POST", "/backends/one/undrain").status == 200)
    #expect(try first.control("DELETE", "/backends/three").status == 200)
    #expect(try first.control("GET", "/status").object["state_directory"] as? String == folder)
    first.kill()

    let second = try start()
    defer { second.kill() }
    _ = try second.waitForBackend("one") { $0["status"] as? String == "healthy" }
    let two = try second.waitForBackend("two") { $0["type"] as? String == "llamacpp" }
    #expect(two["status"] as? String == "draining")
    #expect(two["tier"] as? Int == 1)
    #expect(two["discovery_source"] as? String == "manual")
    let names = try second.control("GET", "/backends").list("backends").map {
      "\($0["name"] ?? "") \($0["status"] ?? "")"
    }
    #expect(names == ["one healthy", "two draining"])
    #expect(try second.control("DELETE", "/backends/two").status == 200)
    second.kill()

    let third = try start()
    defer { third.kill() }
    #expect(try third.control("GET", "/backends").list("backends").count == 1)
  }

  private static let mistakes: [(String, String, String?, Int, String)] = [
    ("GET", "/", nil, 404, "nothing at /"),
    ("GET", "/backends/zoe", nil, 405, "use DELETE"),
    ("PUT", "/backends", "{}", 405, "use GET, POST"),
    ("POST", "/backends/zo/drain", nil, 404, "Did you mean 'zoe'?"),
    ("POST", "/backends", nil, 400, "not valid JSON"),
    ("POST", "/backends", "[]", 400, "not a JSON object"),
    ("POST", "/backends", "{}", 400, "'url' is missing"),
    ("POST", "/backends", #"{"url":7}"#, 400, "'url': give a base URL"),
    ("POST", "/backends", #"{"url":"ftp://x"}"#, 400, "use http:// or https://"),
    ("POST", "/backends", #"{"url":"http://x","url":"http://y"}"#, 400, "twice"),
    ("POST", "/backends", #"{"url":"http://x","pririty":1}"#, 400, "Did you mean 'priority'?"),
    ("POST", "/backends", #"{"url":"http://x","tier":6}"#, 400, "from 1 to 5"),
    ("POST", "/backends", #"{"url":"http://x","priority":1.5}"#, 400, "whole number"),
    ("POST", "/backends", #"{"url":"http://x","zone":"opn"}"#, 400, "Did you mean 'open'?"),
    ("POST", "/backends", #"{"url":"http://x","max_concurrent":0}"#, 400, "from 1"),
    ("POST", "/backends", #"{"url":"http://x","api_key_env":"sk-1"}"#, 400, "environment variable"),
    ("POST", "/backends", #"{"url":"http://x","api_key_env":"NEXUS_NO_SUCH"}"#, 400, "no variable"),
    ("POST", "/backends", #"{"url":"http://x","type":"olama"}"#, 400, "No loaded driver"),
    ("POST", "/backends", #"{"url":"http://x","name":"a\nb"}"#, 400, "control character"),
    ("POST", "/backends", #"{"url":"http://x","models":["a",1]}"#, 400, "a list of strings"),
    ("POST", "/backends", #"{"url":"http://x","headers":{"x":1}}"#, 400, "a table of strings"),
    ("POST", "/backends", #"{"url":"http://x","headers":{"Cookie":"k"}}"#, 400, "a key does not"),
    ("POST", "/explain", #"{"operation":"chat"}"#, 400, "'model' is missing"),
    ("POST", "/explain", #"{"model":"m","operation":"caht"}"#, 400, "chat, completions"),
    ("PUT", "/log-level", "{}", 400, "'levels' is missing"),
    ("PUT", "/log-level", #"{"levels":"rooting=debug"}"#, 400, "Did you mean 'routing'?"),
  ]

  @Test func explainsMistakes() throws {
    try withGateway { gateway, _ in
      for (method, path, body, status, text) in Self.mistakes {
        let answer = try gateway.control(method, path, body)
        let what = "\(method) \(path) \(body ?? "")"
        #expect(answer.status == status, "\(what): \(answer.object)")
        #expect(answer.message.contains(text), "\(what): \(answer.message)")
        #expect(answer.code?.isEmpty == false, "\(what)")
      }
      #expect(try gateway.control("GET", "/backends").list("backends").count == 2)
    }
  }

  /// Administration is never reachable through the port of the clients.
  @Test func thePublicPortKnowsNothingOfIt() throws {
    try withGateway { gateway, _ in
      for path in [
        "/status", "/backends", "/explain", "/reload", "/log-level", "/config", "/takeover",
        "/backends/zoe/drain", "/v1/status", "/v1/backends",
      ] {
        for request in [LoadClient.get(path), LoadClient.post(path, #"{"model":"both"}"#)] {
          let client = try LoadClient(port: gateway.port)
          #expect(try client.using { try $0.exchange(request).status } == 404, "\(path)")
        }
      }
      #expect(try !gateway.get("/health").contains("backend_details"))
    }
  }

  /// Damaged requests are answered in JSON or cut off, and the gateway goes on.
  @Test func outlivesDamagedRequests() throws {
    try withGateway { gateway, _ in
      var answers = 0
      for seed in 0..<300 as Range<UInt64> {
        let request = DamagedRequest(seed: seed)
        let client = try LoadClient(path: gateway.controlSocket)
        defer { client.close() }
        for piece in request.pieces { do { try client.send(piece) } catch { break } }
        shutdown(client.descriptor, Int32(SHUT_WR))
        var bytes: [UInt8] = []
        while case let more = client.readPiece(65_536), !more.isEmpty { bytes += more }
        guard let (head, length) = try Head.parse(bytes) else { continue }
        answers += 1
        #expect(head.values("content-type") == ["application/json"], "seed \(seed)")
        #expect(bytes.dropFirst(length).first == UInt8(ascii: "{"), "seed \(seed)")
      }
      #expect(answers > 100)
      #expect(try gateway.control("GET", "/status").status == 200)
      #expect(ProcessFigures.wait { ProcessFigures.descriptors(of: gateway.identifier) < 60 })
    }
  }

  private func chat(_ model: String, _ gateway: GatewayProcess) throws -> Int {
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    return try client.exchange(
      LoadClient.post(
        "/v1/chat/completions",
        #"{"model":"\#(model)","messages":[{"role":"user","content":"hi"}]}"#)
    ).status
  }
}

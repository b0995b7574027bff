import Foundation
import Testing

/// `nexus doctor`: each thing that can be wrong is found and told with its cure.
@Suite(.serialized) struct DoctorTests {
  /// The findings of a check: level, message and cure.
  private func findings(
    _ result: ProgramRun, _ check: String
  ) -> [(level: String, message: String, fix: String)] {
    result.list("findings").filter { $0["check"] as? String == check }.map {
      (
        $0["level"] as? String ?? "", $0["message"] as? String ?? "", $0["fix"] as? String ?? ""
      )
    }
  }

  @Test func aNewcomerIsToldWhatToInstall() throws {
    let household = try Household()
    let drivers = GatewayProcess.staged.appendingPathComponent("lib/nexus").path
    let quiet = try household.write("quiet.toml", "[discovery]\nenabled = false\n")
    let result = try household.nexus("doctor", "--config", quiet)
    #expect(result.status == 0)
    #expect(result.output.contains("no model server is configured"))
    #expect(result.output.contains("ollama pull"))
    #expect(result.output.contains("nexus serve"))
    #expect(result.output.contains(drivers))
    #expect(!result.output.contains("\u{1B}"))
    let json = try household.nexus("doctor", "--json", "--config", quiet)
    #expect(json.json["status"] as? String == "warn")
    for finding in json.list("findings") {
      for key in ["level", "area", "check", "message", "backend", "fix"] {
        #expect(finding[key] != nil, "\(key) is missing in \(finding)")
      }
      // These two tell the cure in the message, as elsewhere.
      let isWhole = ["configuration", "port"].contains(finding["check"] as? String)
      if finding["level"] as? String != "ok", !isWhole {
        #expect(finding["fix"] is String, "\(finding)")
      }
    }
  }

  @Test func itSaysWhetherTheNetworkCanBeHeard() throws {
    let household = try Household()
    let off = try household.write("off.toml", "[discovery]\nmdns = false\nannounce = false\n")
    var environment = household.environment()
    environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent/bus"
    func avahi(_ arguments: String...) throws -> (level: String, message: String, fix: String)? {
      let result = try household.run(
        ProgramRun.nexus, ["doctor", "--json"] + arguments, environment)
      return findings(result, "avahi").first
    }
    let silent = try avahi()
    #expect(silent?.level == "warn")
    #expect(silent?.message.contains("the D-Bus system bus does not answer") == true)
    #expect(silent?.fix.contains("discovery.mdns") == true)
    #expect(try avahi("--config", off)?.level == "ok")
    let quiet = try household.write("quiet.toml", "[discovery]\nenabled = false\n")
    #expect(try avahi("--config", quiet)?.level == "ok")
  }

  /// Every kind of server is recognised and chats; what costs money is left out and said so.
  @Test func aGoodFleetIsWell() throws {
    let household = try Household()
    let simulator = try SimulatorProcess(
      ["ollama", "vllm", "llamacpp", "lmstudio", "exo"].map { "\($0):0,ttft=1,tps=0" }
        + ["openai:0,name=cloud,ttft=1,tps=0"])
    defer { simulator.stop() }
    let arguments = simulator.backends.flatMap { backend in
      let type = backend.name == "cloud" ? ",type=openai" : ""
      return ["--backend", "\(backend.url),name=\(backend.name)\(type)"]
    }
    func doctor(_ extra: [String]) throws -> ProgramRun {
      try household.run(
        ProgramRun.nexus, ["doctor", "--json"] + arguments + extra, household.environment())
    }
    let result = try doctor([])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.json["fail"] as? Int == 0, "\(result.output)")
    let types = findings(result, "backend_type").map(\.message)
    for kind in ["ollama", "vllm", "llamacpp", "lmstudio", "exo"] {
      #expect(types.contains { $0.contains("it is \(kind)") }, "\(kind): \(types)")
    }
    let chats = findings(result, "backend_chat")
    #expect(chats.count == 6)
    #expect(chats.count { $0.message.contains("directly works") } == 5, "\(chats)")
    #expect(chats.contains { $0.message.contains("cost money") && $0.message.contains("--chat") })
    #expect(try simulator.count("in_flight", of: "cloud") == 0)
    let all = findings(try doctor(["--chat"]), "backend_chat")
    #expect(all.count { $0.message.contains("directly works") } == 6, "\(all)")
  }

  /// With a gateway, chats go through it, and what it knows is looked at too.
  @Test func theRunningGatewayIsUsed() throws {
    let household = try Household()
    let simulator = try SimulatorProcess(["ollama:0,name=attic,ttft=1,tps=0"])
    defer { simulator.stop() }
    let gateway = try household.gateway(simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("its backend", until: Date() + 10) {
      $0["status"] as? String == "healthy"
    }
    let result = try household.nexus("doctor", "--json", gateway: gateway)
    #expect(result.status == 0, "\(result.output)")
    #expect(findings(result, "gateway").first?.message.contains("\(gateway.identifier)") == true)
    let chat = try #require(findings(result, "backend_chat").first)
    #expect(chat.message.contains("through the gateway works"), "\(chat)")
    #expect(chat.message.contains("answered by attic"), "\(chat)")

    kill(gateway.identifier, SIGSTOP)
    let hung = try household.nexus("doctor", "--json", gateway: gateway)
    #expect(hung.status == 1)
    #expect(findings(hung, "gateway").first?.message.contains("did not answer") == true)
    kill(gateway.identifier, SIGCONT)
  }

  @Test func whatAnswersInsteadIsTold() throws {
    let household = try Household()
    let page = "<html><head><title>My Router</title></head></html>"
    let servers = [
      (
        try OddServer(
          "HTTP/1.1 200 OK\r\nServer: lighttpd\r\nContent-Length: \(page.count)\r\n\r\n\(page)"),
        ["lighttpd", "'My Router'", "status 200"], ["address"]
      ),
      (try OddServer("SSH-2.0-OpenSSH_9.2\r\n", waits: false), ["SSH-2.0"], ["address"]),
      (try OddServer([0x15, 3, 1, 0, 2, 2, 70]), ["TLS"], ["https://"]),
      (try OddServer(nil), ["answers nothing"], ["hangs"]),
      (
        try OddServer(
          "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
            + "Content-Length: 15\r\n\r\n{\"error\":\"key\"}"),
        ["401"], ["api_key_env"]
      ),
    ]
    defer { for server in servers { server.0.stop() } }
    let start = Date()
    let result = try household.run(
      ProgramRun.nexus,
      ["doctor", "--json"] + servers.flatMap { ["--backend", $0.0.url] }, household.environment())
    #expect(Date().timeIntervalSince(start) < 20)
    #expect(result.status == 1)
    for (server, words, cures) in servers {
      let told = result.list("findings").filter {
        ($0["backend"] as? String)?.contains(":\(server.port)") == true
          && $0["level"] as? String == "fail"
      }
      let message = told.compactMap { $0["message"] as? String }.joined(separator: "\n")
      let fix = told.compactMap { $0["fix"] as? String }.joined(separator: "\n")
      for word in words { #expect(message.contains(word), "\(word) in: \(message)") }
      for word in cures { #expect(fix.contains(word), "\(word) in: \(fix)") }
    }
  }

  @Test func whatCannotBeReachedIsTold() throws {
    let household = try Household()
    let plain = try OddServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    let gone = try OddServer("")
    gone.stop()
    defer { plain.stop() }
    let result = try household.nexus(
      "doctor", "--json", "--backend", "http://127.0.0.1:\(gone.port),type=ollama,name=gone",
      "--backend", "http://no-such-name.invalid:1,name=lost", "--backend",
      "https://127.0.0.1:\(plain.port),name=plain", "--backend",
      "http://127.0.0.1:1,name=nokey,"
        + "api-key-env=NEXUS_TEST_NO_SUCH_VARIABLE",
      with: ["https_proxy": "", "HTTPS_PROXY": "", "all_proxy": "", "ALL_PROXY": ""])
    #expect(result.status == 1)
    let closed = findings(result, "backend_reachable").first { $0.level == "fail" }
    #expect(closed?.message.contains("nothing listens") == true)
    #expect(closed?.fix.contains("ollama serve") == true)
    let name = try #require(findings(result, "backend_name").first)
    #expect(name.message.contains("no-such-name.invalid"))
    #expect(findings(result, "backend_tls").first?.fix.contains("http://") == true)
    let key = try #require(findings(result, "key").first)
    #expect(key.level == "fail" && key.message.contains("NEXUS_TEST_NO_SUCH_VARIABLE"))
  }

  /// Who is believed, for whom the certificate is, and whose clock is wrong.
  @Test(.enabled(if: Certificates.toolsAreThere, "openssl or python3 is missing"))
  func whatIsWrongWithTLSIsTold() throws {
    let household = try Household()
    let certificates = try Certificates()
    let server = try OddServer(
      "HTTP/1.1 404 No\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n")
    defer { server.stop() }
    let good = try SecureFront(certificates, .here, to: server.port)
    defer { good.stop() }
    let other = try SecureFront(certificates, .elsewhere, to: server.port)
    defer { other.stop() }
    let result = try household.nexus(
      "doctor", "--json", "--backend",
      "https://127.0.0.1:\(good.port),name=good,ca-file=\(certificates.authority)", "--backend",
      "https://localhost:\(good.port),name=stranger", "--backend",
      "https://127.0.0.1:\(other.port),name=other,ca-file=\(certificates.authority)",
      with: ["https_proxy": "", "HTTPS_PROXY": "", "all_proxy": "", "ALL_PROXY": ""])
    let tls = findings(result, "backend_tls")
    #expect(tls.map(\.level) == ["ok", "fail", "fail"], "\(tls)")
    #expect(tls.dropFirst().first?.fix.contains("ca_file") == true, "\(tls)")
    #expect(tls.last?.fix.contains("name that its certificate is for") == true, "\(tls)")
    let clock = try #require(findings(result, "backend_clock").first)
    #expect(clock.level == "fail" && clock.message.contains("ahead of"), "\(clock)")
    #expect(clock.fix.contains("set-ntp"))
  }

  /// The commonest mistake with Ollama in a network.
  @Test func aServerThatListensToItselfAlone() throws {
    guard let address = Self.ownAddress else { return print("skipped: no other address") }
    let household = try Household()
    let simulator = try SimulatorProcess(["ollama:0"])
    defer { simulator.stop() }
    let port = try #require(simulator.backends[0].url.split(separator: ":").last)
    let result = try household.nexus(
      "doctor", "--json", "--backend", "http://\(address):\(port),type=ollama")
    let found = try #require(findings(result, "backend_reachable").first)
    #expect(found.level == "fail" && found.message.contains("127.0.0.1 alone"), "\(found)")
    #expect(found.fix.contains("OLLAMA_HOST=0.0.0.0"))
  }

  @Test func aWrongTypeAndNoModels() throws {
    let household = try Household()
    let simulator = try SimulatorProcess(["vllm:0,name=v"])
    defer { simulator.stop() }
    let result = try household.nexus(
      "doctor", "--json", "--backend", "\(simulator.backends[0].url),type=ollama")
    let type = try #require(findings(result, "backend_type").first)
    #expect(type.level == "warn" && type.message.contains("it is vllm"), "\(type)")
    #expect(type.fix.contains("type = \"vllm\""))
    #expect(findings(result, "backend_ready").first?.level == "fail")
  }

  @Test func theConfigurationIsChecked() throws {
    let household = try Household()
    let file = try household.write(
      "nexus.toml", "[server]\nprot = 1\nport = 70000\n[[backends]]\nname = \"x\"\n")
    let result = try household.nexus("doctor", "--json", "--config", file)
    #expect(result.status == 1)
    let told = findings(result, "configuration").map(\.message).joined(separator: "\n")
    #expect(told.contains("nexus.toml:2:1"), "\(told)")
    #expect(told.contains("nexus.toml:3:8"), "\(told)")
    #expect(told.contains("Did you mean 'port'"), "\(told)")
    #expect(findings(result, "backend_name").isEmpty)
    let missing = try household.nexus("doctor", "--config", "\(household.folder)/nowhere.toml")
    #expect(missing.status == 1)
    #expect(missing.output.contains("nowhere.toml"))
  }

  @Test func whoHasThePort() throws {
    let household = try Household()
    let other = try OddServer("")
    defer { other.stop() }
    let result = try household.nexus(
      "doctor", "--json", "--backend", "http://127.0.0.1:1", with: ["NEXUS_PORT": "\(other.port)"])
    let port = try #require(findings(result, "port").first)
    #expect(port.level == "fail")
    #expect(port.message.contains("(process \(getpid()))"), "\(port)")
    let served = try household.nexus("serve", "--port", "\(other.port)")
    #expect(served.status == 1)
    #expect(served.errors.contains("(process \(getpid()))"), "\(served.errors)")
  }

  @Test func noDriversAndNoState() throws {
    let household = try Household()
    let file = try household.write("file", "")
    let result = try household.nexus(
      "doctor", "--json", "--plugins", household.folder, "--backend", "http://127.0.0.1:1",
      with: ["NEXUS_STATE_DIR": file, "STATE_DIRECTORY": file])
    #expect(result.status == 1)
    #expect(findings(result, "drivers").contains { $0.level == "fail" })
    #expect(findings(result, "state_directory").first?.level == "fail", "\(result.output)")
  }

  @Test func fewOpenFilesAreTold() throws {
    let household = try Household()
    let result = try household.run(
      "/bin/sh", ["-c", "ulimit -n 256; exec nexus doctor --backend http://127.0.0.1:1"],
      household.environment())
    #expect(result.output.contains("at most 256 open files"))
    #expect(result.output.contains("LimitNOFILE"))
  }

  /// An address of this machine that is not the loopback's.
  private static let ownAddress: String? = {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr, address.pointee.sa_family == UInt16(AF_INET),
        entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
      else { continue }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let size = socklen_t(MemoryLayout<sockaddr_in>.size)
      guard
        getnameinfo(address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return nil
  }()
}

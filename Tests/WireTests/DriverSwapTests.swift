import Foundation
import Testing

/// Drivers that are added, replaced and removed while the gateway serves.
@Suite(.serialized) struct DriverSwapTests {
  /// A thousand with NEXUS_SWAPS=1000 (`make bench-swap`).
  private static let swaps =
    ProcessInfo.processInfo.environment["NEXUS_SWAPS"].flatMap { Int($0) } ?? 100

  private func entry(_ url: String, _ name: String = "a") -> String {
    "[[backends]]\nname = \"\(name)\"\nurl = \"\(url)\"\ntype = \"minimal\"\n"
  }

  private func waitForMapped(_ count: Int, _ gateway: ConfiguredGateway) {
    let came = ProcessFigures.wait {
      DriverFolder.mapped(by: gateway.gateway.identifier).count == count
    }
    let mapped = DriverFolder.mapped(by: gateway.gateway.identifier)
    #expect(came, "mapped stay \(mapped); the log:\n\(gateway.gateway.log)")
  }

  @Test func nothingFailsWhileADriverIsReplacedAgainAndAgain() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0,slots=64"])
    defer { simulator.stop() }
    let folder = try DriverFolder()
    try folder.install("1.0.0")
    let gateway = try ConfiguredGateway(entry(simulator.backends[0].url), plugins: folder.path)
    let process = gateway.gateway.identifier
    let load = SteadyLoad(port: gateway.gateway.port)
    var resident = 0
    let began = Date()
    try load.run {
      try load.pass(50)
      let warm = Self.swaps / 2
      for swap in 1...Self.swaps {
        let version = "\(1 + swap % 2).0.0"
        try folder.install(version)
        let answer = try gateway.gateway.control("POST", "/reload")
        #expect(answer.status == 200, "\(answer.object)")
        #expect(
          answer.object["changed"] as? [String]
            == [
              "drivers.minimal.so: org.example.minimal \(2 - swap % 2 == 1 ? 1 : 2).0.0 → \(version)"
            ]
            || (answer.object["changed"] as? [String])?.isEmpty == true, "\(answer.object)")
        if swap % 10 == 0 {
          #expect(try gateway.backend("a")?["driver_version"] as? String == version)
          try load.pass(4)
        }
        if swap == warm { resident = ProcessFigures.residentKiB(of: process) }
      }
      try load.pass(50)
    }
    #expect(load.failed == 0)
    waitForMapped(1, gateway)
    let after = ProcessFigures.residentKiB(of: process)
    #expect(after <= resident + 4_096, "\(resident) KiB half way, \(after) KiB at the end")
    print(
      "\(Self.swaps) swaps in \(Date().timeIntervalSince(began)) s under"
        + " \(load.requests.value + load.streams.value) requests, \(resident) → \(after) KiB")
    try gateway.finish()
  }

  @Test func whatIsUnderWayFinishesOnTheOldLibrary() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=60,words=90"])
    defer { simulator.stop() }
    let folder = try DriverFolder()
    try folder.install("1.0.0")
    let gateway = try ConfiguredGateway(entry(simulator.backends[0].url), plugins: folder.path)
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    try client.send(
      LoadClient.post(
        "/v1/chat/completions",
        #"{"model":"m","stream":true,"messages":[{"role":"user","content":"Write"}]}"#))
    #expect(try ProcessFigures.wait { try simulator.count("in_flight", of: "a") == 1 })
    try folder.install("2.0.0")
    #expect(try gateway.gateway.control("POST", "/reload").status == 200)
    #expect(try gateway.backend("a")?["driver_version"] as? String == "2.0.0")
    #expect(DriverFolder.mapped(by: gateway.gateway.identifier).count == 2)
    let answer = try StreamedAnswer(from: client)
    #expect(answer.isComplete)
    #expect(answer.text.hasSuffix("data: [DONE]\n\n"))
    try gateway.waitForLog("unloaded")
    waitForMapped(1, gateway)
    try gateway.finish()
  }

  @Test func aDriverThatIsAddedOrRemovedTakesEffect() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    let folder = try DriverFolder()
    let gateway = try ConfiguredGateway(entry(simulator.backends[0].url), plugins: folder.path)
    func waitForUse(_ isUsable: Bool) throws {
      let backend = try gateway.gateway.waitForBackend("a") {
        $0["status"] as? String == (isUsable ? "healthy" : "unknown")
      }
      #expect((backend["models"] as? [String])?.isEmpty == !isUsable)
      #expect(backend["type"] as? String == (isUsable ? "minimal" : nil))
      #expect((backend["last_error"] as? String)?.contains("no loaded driver") != isUsable)
      let status = try LoadClient(port: gateway.gateway.port).using {
        try $0.exchange(
          LoadClient.post(
            "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)
        ).status
      }
      // Until its servers have answered, nobody knows what they have.
      #expect((isUsable ? [200] : [404, 503]).contains(status))
    }
    try waitForUse(false)
    // By the file alone.
    try folder.install("1.0.0")
    try waitForUse(true)
    folder.remove()
    try waitForUse(false)
    waitForMapped(0, gateway)
    // By a reload, which waits for the first look.
    try folder.install("2.0.0")
    let answer = try gateway.gateway.control("POST", "/reload")
    #expect(
      answer.object["changed"] as? [String]
        == ["drivers.minimal.so: nothing → org.example.minimal 2.0.0"])
    #expect(try gateway.backend("a")?["status"] as? String == "healthy")
    try waitForUse(true)
    folder.remove()
    let removal = try gateway.gateway.control("POST", "/reload")
    #expect(removal.status == 200)
    try waitForUse(false)
    // A faulty configuration does not keep a driver from coming.
    try gateway.save("[[backends]]\n")
    try folder.install("1.0.0")
    #expect(try gateway.gateway.control("POST", "/reload").status == 422)
    try waitForUse(true)
    try gateway.finish()
  }

  @Test func whatIsRefusedNeverReplacesWhatWorks() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0,slots=64"])
    defer { simulator.stop() }
    let folder = try DriverFolder()
    try folder.install("1.0.0")
    let sound = try #require(FileManager.default.contents(atPath: folder.driver))
    let gateway = try ConfiguredGateway(entry(simulator.backends[0].url), plugins: folder.path)
    let load = SteadyLoad(port: gateway.gateway.port)
    func plugins() throws -> ControlAnswer { try gateway.gateway.control("GET", "/plugins") }
    let broken: [(String, Data, Int, String)] = [
      ("empty", Data(), 0o644, "not an ELF file"),
      ("cut off", sound.prefix(sound.count / 2), 0o644, "cut short"),
      ("another program", Data("#!/bin/sh\n".utf8), 0o644, "not an ELF file"),
      ("writable by others", sound + [0], 0o666, "writable by others"),
      (
        "another ABI",
        try Data(
          contentsOf: URL(
            fileURLWithPath: folder.build(
              "9.0.0", ["nexus_driver), NEXUS_ABI_MAJOR": "nexus_driver), 7"]))),
        0o644, "ABI 7"
      ),
      (
        "a note that lies",
        try Data(
          contentsOf: URL(
            fileURLWithPath: folder.build("8.0.0", [#"licence=MIT\n"#: #"licence=GPL\n"#]))),
        0o644, "'licence'"
      ),
    ]
    try load.run {
      for (what, bytes, mode, reason) in broken {
        try folder.put(bytes, mode: mode)
        let answer = try gateway.gateway.control("POST", "/reload")
        #expect(answer.status == 200, "\(what)")
        let list = try plugins()
        let driver = try #require(list.list("drivers").first)
        #expect(driver["version"] as? String == "1.0.0", "\(what)")
        #expect(driver["state"] as? String == "stale", "\(what)")
        let refusal = try #require(list.list("refused").first)
        #expect((refusal["reason"] as? String)?.contains(reason) == true, "\(what): \(refusal)")
        #expect(refusal["keeps_old"] as? Bool == true)
        try load.pass(4)
      }
      let listed = try ProgramRun(
        "plugins", "list", "--control-socket", gateway.gateway.controlSocket)
      #expect(listed.output.contains("stale"))
      #expect(listed.errors.contains("Not loaded: \(folder.driver): "))
      // In place: what is mapped is a copy.
      try folder.put(sound)
      let file = try #require(FileHandle(forWritingAtPath: folder.driver))
      try file.truncate(atOffset: 100)
      try load.pass(20)
      try file.seek(toOffset: 0)
      try file.write(contentsOf: Data(repeating: 0xFF, count: sound.count))
      try load.pass(20)
      try file.close()
      try folder.install("2.0.0")
      #expect(try gateway.gateway.control("POST", "/reload").status == 200)
      #expect(try plugins().list("drivers").first?["state"] as? String == "loaded")
      #expect(try plugins().list("refused").isEmpty)
      #expect(try gateway.backend("a")?["driver_version"] as? String == "2.0.0")
      try load.pass(4)
    }
    #expect(load.failed == 0)
    waitForMapped(1, gateway)
    try gateway.finish()
  }
}

import Foundation
import Testing

/// The configuration changed while the gateway runs, as people and tools change it.
@Suite struct ReloadTests {
  /// A backend that nobody listens for: enough to see what the gateway goes by.
  private func text(priority: Int, _ more: String = "") -> String {
    """
    \(more)
    [[backends]]
    name = "a"
    url = "http://127.0.0.1:9"
    type = "vllm"
    priority = \(priority)
    """
  }

  @Test func everyWayOfSavingIsNoticed() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    let file = gateway.file
    try gateway.save(text(priority: 2))
    try gateway.waitForPriority(2, "renaming over")

    try ConfiguredGateway.write(text(priority: 3), to: file)
    try gateway.waitForPriority(3, "writing in place")

    // Half a file in between is nobody's configuration.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data("[[backends]]\nname = ".utf8))
    Thread.sleep(forTimeInterval: 0.5)
    try handle.truncate(atOffset: 0)
    try handle.seek(toOffset: 0)
    try handle.write(contentsOf: Data(text(priority: 4).utf8))
    try handle.close()
    try gateway.waitForPriority(4, "truncating and writing slowly")
    #expect(!gateway.gateway.log.contains("refused"))

    try FileManager.default.removeItem(atPath: file)
    try gateway.waitForLog("is not there any more")
    try ConfiguredGateway.write(text(priority: 5), to: file)
    try gateway.waitForPriority(5, "deleting and making again")

    // As Kubernetes swaps a ConfigMap.
    let folder = gateway.folder
    for (version, priority) in [("..1", 6), ("..2", 7)] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(version)", withIntermediateDirectories: true)
      try ConfiguredGateway.write(
        text(priority: priority), to: "\(folder)/\(version)/nexus.toml")
    }
    symlink("..1", "\(folder)/..data")
    symlink("..data/nexus.toml", "\(folder)/link")
    rename("\(folder)/link", file)
    try gateway.waitForPriority(6, "putting a link in its place")
    symlink("..2", "\(folder)/..data_tmp")
    rename("\(folder)/..data_tmp", "\(folder)/..data")
    try gateway.waitForPriority(7, "swapping a link")
    try gateway.finish()
  }

  @Test func aSignalReadsItAgain() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    gateway.gateway.signal(SIGHUP)
    try gateway.waitForLog("configuration read again")
    try gateway.waitForLog("changes=0")
    try gateway.finish()
  }

  @Test func aBrokenFileChangesNothingAndSaysWhy() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    let broken = try gateway.reload(
      text(priority: 2, "[health_check]\ninterval_seconds = 0\ntimeout_seconds = \"long\"\n"))
    #expect(broken.status == 422)
    #expect(broken.code == "invalid_configuration")
    let faults = broken.object["faults"] as? [String] ?? []
    #expect(faults.count == 2)
    #expect(faults.contains { $0.contains("nexus.toml:2:") }, "\(faults)")
    #expect(faults.contains { $0.contains("nexus.toml:3:") }, "\(faults)")
    #expect(try gateway.backend("a")?["priority"] as? Int == 1)
    for said in ["line=2", "line=3", "the one before stays in force"] {
      try gateway.waitForLog(said)
    }

    #expect(try gateway.reload("[[backends]]\nname = \"a\"\n").status == 422)
    let unserved = text(priority: 2).replacingOccurrences(of: "vllm", with: "ollamma")
    #expect(try gateway.reload(unserved).status == 422)
    try FileManager.default.removeItem(atPath: gateway.file)
    let gone = try gateway.gateway.control("POST", "/reload")
    #expect(gone.status == 422)
    #expect(try gateway.backend("a")?["priority"] as? Int == 1)

    let mended = try gateway.reload(text(priority: 3))
    #expect(mended.status == 200)
    #expect(mended.object["changed"] as? [String] == ["backends.a.priority: 1 → 3"])
    #expect(try gateway.backend("a")?["priority"] as? Int == 3)
    try gateway.finish()
  }

  @Test func keysThatNeedARestartAreTold() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    let threads = "[server]\nthreads = 3\nmax_body = \"2KiB\"\n"
    for _ in 0..<2 {
      let answer = try gateway.reload(text(priority: 1, threads))
      #expect(answer.object["restart_needed"] as? [String] == ["server.threads: nothing → 3"])
    }
    try gateway.waitForLog("these changes need a restart", times: 2)
    let back = try gateway.reload(text(priority: 1))
    #expect(back.object["restart_needed"] as? [String] == [])
    try gateway.finish()
  }

  @Test func limitsOfTheServerHoldAtOnce() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    let body = LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"m","messages":[{"role":"user","content":"\#(String(repeating: "x", count: 4000))"}]}"#
    )
    func status() throws -> Int {
      try LoadClient(port: gateway.gateway.port).using { try $0.exchange(body).status }
    }
    #expect(try status() != 413)
    try gateway.reload(text(priority: 1, "[server]\nmax_body = \"2KiB\"\n"))
    #expect(try status() == 413)
    try gateway.reload(text(priority: 1))
    #expect(try status() != 413)
    try gateway.finish()
  }

  @Test func timesOfBackendsHoldAtOnceOnUsedConnectionsToo() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    let backend = "[[backends]]\nname = \"a\"\nurl = \"\(simulator.backends[0].url)\"\n"
    let gateway = try ConfiguredGateway(backend + "type = \"vllm\"\n")
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    let request = LoadClient.post(
      "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)
    #expect(try client.exchange(request).status == 200)
    try gateway.reload("[upstream]\nfirst_byte_timeout_ms = 300\n" + backend + "type = \"vllm\"\n")
    try simulator.fault(#"{"backend":"a","kind":"stall_before","count":1}"#)
    // With the default, the client would lose its patience first.
    #expect(try client.exchange(request).status == 504)
    try gateway.finish()
  }

  @Test func logLevelsFollowUnlessACommandSetThem() throws {
    let gateway = try ConfiguredGateway(text(priority: 1))
    func levels() throws -> String {
      try gateway.gateway.control("GET", "/log-level").object["log_levels"] as? String ?? ""
    }
    let before = try levels()
    _ = try gateway.gateway.control("PUT", "/log-level", #"{"levels":"warn"}"#)
    try gateway.reload(text(priority: 2))
    #expect(try levels() == "warn")
    try gateway.reload(text(priority: 2, "[logging]\ncomponent_levels = { fleet = \"debug\" }\n"))
    #expect(try levels().contains("fleet=debug"))
    #expect(try levels() != before)
    try gateway.finish()
  }

  @Test func keysAndHeadersGoUpAsConfigured() throws {
    let simulator = try SimulatorProcess(["vllm:0,name=a,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    let url = simulator.backends[0].url
    func text(_ header: String, models: String = "") -> String {
      """
      [[backends]]
      name = "a"
      url = "\(url)"
      type = "vllm"
      api_key_file = "key"
      headers = { x-team = "\(header)" }
      \(models)
      """
    }
    let gateway = try ConfiguredGateway(text("lab"))
    func exchange() throws -> Int {
      try LoadClient(port: gateway.gateway.port).using {
        try $0.exchange(
          LoadClient.post(
            "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#)
        ).status
      }
    }
    // The file with the key is not there yet: the backend is used without one.
    try gateway.waitForLog("cannot be read")
    #expect(try exchange() == 200)
    var seen = try simulator.lastHead(of: "a")
    #expect(seen.contains("x-team: lab"))
    #expect(!seen.contains("authorization"))

    try ConfiguredGateway.write("sk-planted-1\n", to: "\(gateway.folder)/key")
    try gateway.reload(text("library"))
    #expect(try exchange() == 200)
    seen = try simulator.lastHead(of: "a")
    #expect(seen.contains("x-team: library"))
    #expect(seen.contains("authorization: bearer sk-planted-1"))

    try ConfiguredGateway.write("sk-planted-2\n", to: "\(gateway.folder)/key")
    #expect(try gateway.gateway.control("POST", "/reload").status == 200)
    #expect(try exchange() == 200)
    #expect(try simulator.lastHead(of: "a").contains("authorization: bearer sk-planted-2"))

    try gateway.reload(text("library", models: "models = [\"other\"]"))
    #expect(try exchange() == 404)
    try gateway.waitForLog("does not list models")
    #expect(!gateway.gateway.log.contains("planted"))
    try gateway.finish()
  }

}

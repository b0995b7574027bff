import Foundation
import Testing

/// The fleet changed under constant load: no request may fail.
@Suite struct ReloadUnderLoadTests {
  private static let backends = ["a", "b", "c", "d"]

  private func entry(
    _ name: String, _ url: String, priority: Int = 50, _ more: String = ""
  ) -> String {
    """
    [[backends]]
    name = "\(name)"
    url = "\(url)"
    type = "vllm"
    priority = \(priority)
    \(more)

    """
  }

  @Test func nothingFailsWhileTheFleetChanges() throws {
    let simulator = try SimulatorProcess(
      Self.backends.map { "vllm:0,name=\($0),model=m,ttft=1,tps=0,slots=64" })
    defer { simulator.stop() }
    let url = Dictionary(
      uniqueKeysWithValues: simulator.backends.map { ($0.name, $0.url) })
    func entry(_ name: String, at: String? = nil, _ priority: Int = 50, _ more: String = "")
      -> String
    {
      self.entry(name, url[at ?? name] ?? "", priority: priority, more)
    }
    let gateway = try ConfiguredGateway(entry("a") + entry("b"))
    let load = SteadyLoad(port: gateway.gateway.port)
    try load.run {
      func reload(_ what: String, _ text: String) throws {
        let answer = try gateway.reload(text)
        #expect(answer.status == 200, "\(what): \(answer.object)")
        try load.pass(50)
      }
      func command(_ name: String, _ action: String) throws {
        let answer = try gateway.gateway.control("POST", "/backends/\(name)/\(action)")
        #expect(answer.status == 200, "\(action) \(name): \(answer.message)")
        try load.pass(50)
      }
      for round in 0..<5 {
        try reload("adding", entry("a") + entry("b") + entry("c"))
        try reload("re-prioritising", entry("a", 9) + entry("b", 1) + entry("c", 5, "tier = 3"))
        try reload("another order", entry("c") + entry("a") + entry("b"))
        try command("a", "drain")
        try command("a", "undrain")
        try reload("removing", entry("c"))
        try reload("all others", entry("a") + entry("d"))
        try reload("another address", entry("a", at: "b") + entry("d"))
        try reload("other names", entry("x", at: "b") + entry("y", at: "d"))
        try reload("one narrowed away", entry("x", at: "b") + entry("y", at: "d", 1, "models = []"))
        try gateway.save("[[backends]]\nurl = \"\(round)\"\n")
        gateway.gateway.signal(SIGHUP)
        try load.pass(50)
        try reload("back", entry("a") + entry("b"))
      }
    }
    #expect(load.failed == 0)
    #expect(load.requests.value + load.streams.value >= 5_000)
    try gateway.finish()
  }

  /// One configuration has no policy and no backend outside, the other has both: only a request that
  /// saw the rules of one with the fleet of the other could get outside.
  @Test func noRequestSeesOldRulesWithANewFleet() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=inside,model=m,ttft=1,tps=0,slots=64",
      "vllm:0,name=outside,model=m,ttft=1,tps=0,slots=64",
    ])
    defer { simulator.stop() }
    let inside = entry("inside", simulator.backends[0].url)
    let outside = entry("outside", simulator.backends[1].url, priority: 1, "zone = \"open\"")
    let policy = "[[routing.policies]]\nmodel_pattern = \"m\"\nprivacy = \"restricted\"\n"
    let gateway = try ConfiguredGateway(inside)
    let load = SteadyLoad(port: gateway.gateway.port)
    try load.run {
      for _ in 0..<40 {
        #expect(try gateway.reload(policy + outside + inside).status == 200)
        try load.pass(4)
        #expect(try gateway.reload(inside).status == 200)
        try load.pass(4)
      }
      #expect(load.failed == 0)
      #expect(try simulator.lastHead(of: "outside") == "")
      // Without the policy it is the preferred one: the test could have seen it.
      try gateway.reload(outside + inside)
      try load.pass(4)
      #expect(try simulator.lastHead(of: "outside") != "")
    }
    try gateway.finish()
  }

  @Test func aRemovedBackendsStreamComesToItsEnd() throws {
    let simulator = try SimulatorProcess([
      "vllm:0,name=slow,model=slow,ttft=1,tps=60,words=60", "vllm:0,name=b,model=m,ttft=1",
    ])
    defer { simulator.stop() }
    let (slow, other) = (simulator.backends[0].url, simulator.backends[1].url)
    let gateway = try ConfiguredGateway(entry("slow", slow) + entry("b", other))
    let request = LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"slow","stream":true,"messages":[{"role":"user","content":"Write 60 words"}]}"#)
    let client = try LoadClient(port: gateway.gateway.port)
    defer { client.close() }
    try client.send(request)
    #expect(try ProcessFigures.wait { try simulator.count("in_flight", of: "slow") == 1 })
    try gateway.reload(entry("b", other))
    // Whoever asks now hears that there is no such model.
    let refused = try LoadClient(port: gateway.gateway.port).using { try $0.exchange(request) }
    #expect(refused.status == 404)
    try gateway.waitForLog("what is under way there finishes")
    let answer = try StreamedAnswer(from: client)
    #expect(answer.isComplete)
    #expect(answer.text.hasSuffix("data: [DONE]\n\n"))
    #expect(!answer.text.contains("\"error\""))
    try gateway.waitForLog("nothing is under way any more on the removed backend")
    try gateway.finish()
  }
}

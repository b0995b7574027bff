import Foundation
import Testing

/// The commands that change the fleet.
@Suite(.serialized) struct BackendCommandTests {
  /// What is added is there at once, answers, and is gone when it is removed.
  @Test func addedAndRemoved() throws {
    let household = try Household()
    let simulator = try SimulatorProcess(["ollama:0,name=new,model=m,ttft=1,tps=0"])
    defer { simulator.stop() }
    let gateway = try household.gateway([])
    defer { gateway.kill() }
    let url = simulator.backends[0].url
    let added = try household.nexus(
      "backends", "add", url, "--name", "new", "--priority", "7", gateway: gateway)
    #expect(added.output == "Added backend 'new' as ollama: healthy, 1 model\n")
    #expect(added.status == 0)
    let listed = try household.nexus("backends", "--json", gateway: gateway).list("backends")
    #expect(listed.first?["discovery_source"] as? String == "manual")
    #expect(listed.first?["priority"] as? Int == 7)
    let again = try household.nexus("backends", "add", url, gateway: gateway)
    #expect(again.status == 1)
    #expect(again.errors.contains("new"))
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    let chat = LoadClient.post(
      "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#)
    #expect(try client.exchange(chat).status == 200)
    let removed = try household.nexus("backends", "remove", "new", gateway: gateway)
    #expect(removed.output == "Removed backend: new\n")
    #expect(try household.nexus("backends", gateway: gateway).output.hasPrefix("No backends."))
    let missing = try household.nexus("backends", "remove", "new", gateway: gateway)
    #expect(missing.status == 1)
    let wrong = try household.nexus(
      "backends", "add", "ftp://x", "--type", "ollama", gateway: gateway)
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("http"))
  }

  /// A drained backend gets nothing, however much is asked; then it gets requests again.
  @Test func drainingStopsTheTraffic() throws {
    let household = try Household()
    let simulator = try SimulatorProcess([
      "vllm:0,name=a,model=m,ttft=1,tps=0", "vllm:0,name=b,model=m,ttft=1,tps=0",
    ])
    defer { simulator.stop() }
    let gateway = try household.gateway(simulator.gatewayArguments)
    defer { gateway.kill() }
    try gateway.waitForHealth("two healthy backends", until: Date() + 10) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == 2
    }
    let client = try LoadClient(port: gateway.port)
    defer { client.close() }
    let chat = LoadClient.post("/v1/chat/completions", #"{"model":"m","messages":[]}"#)
    func backends(_ count: Int) throws -> Set<String> {
      var names: Set<String> = []
      for _ in 0..<count {
        let answer = try client.exchange(chat)
        #expect(answer.status == 200)
        if answer.head.lowercased().contains("x-nexus-backend: a") { names.insert("a") }
        if answer.head.lowercased().contains("x-nexus-backend: b") { names.insert("b") }
      }
      return names
    }
    for name in ["a", "b"] {
      let other = name == "a" ? "b" : "a"
      let drained = try household.nexus("backends", "drain", name, gateway: gateway)
      #expect(drained.output.contains("no new requests"))
      #expect(try backends(30) == [other])
      let list = try household.nexus("backends", "list", "-s", "draining", gateway: gateway)
      #expect(list.output.contains("\n\(name) "))
      #expect(try household.nexus("backends", "undrain", name, gateway: gateway).status == 0)
    }
    _ = try household.nexus("backends", "drain", "a", gateway: gateway)
    _ = try household.nexus("backends", "drain", "b", gateway: gateway)
    #expect(try client.exchange(chat).status == 503)
    #expect(
      try household.nexus("health", "--exit-code", gateway: gateway).status == 3)
    #expect(try household.nexus("health", gateway: gateway).status == 0)
  }

  /// What is written into the file is what serve would be told; nothing else there changes.
  @Test func addedToTheFile() throws {
    let household = try Household()
    let before = "# Ours.\n[server] # below\nport = 9000"
    let file = try household.write("nexus.toml", before)
    let saved = try household.nexus(
      "backends", "add", "http://gpu:8000/", "--save", "--name", "a \"b\"", "--tier", "3",
      "--config", file)
    #expect(saved.status == 0, "\(saved.errors)")
    #expect(saved.output.contains(file))
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(
      text == before + """


        [[backends]]
        name = "a \\"b\\""
        url = "http://gpu:8000"
        tier = 3

        """)
    let again = try household.nexus(
      "backends", "add", "gpu:8000", "--save", "--config", file)
    #expect(again.status == 1)
    #expect(again.errors.contains("left as it is"), "\(again.errors)")
    #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    let wrong = try household.nexus("backends", "add", "ftp://x", "--save", "--config", file)
    #expect(wrong.status == 2)
    let fresh = try household.nexus("backends", "add", "http://x:1", "--save", "--json")
    #expect(fresh.json["file"] as? String == "nexus.toml")
    #expect(try household.nexus("config", "check").status == 0)
    let told = try household.nexus("backends", "add", "http://y:1")
    #expect(told.status == 3)
    #expect(told.errors.contains("--save"))
  }
}

import Foundation
import Testing

/// Loads that are asked for, and what goes wrong with them.
@Suite struct LoadFaultTests {
  /// How one kind of server is asked to load its model "cold", and where it says what is loaded.
  struct Way: Sendable, CustomTestStringConvertible {
    let kind: String
    let path: String
    let body: String
    /// Text of the page at `list` that tells that the model is there.
    let list: String
    let sign: String
    var testDescription: String { kind }
  }

  static let ways = [
    Way(
      kind: "ollama", path: "/api/generate", body: #"{"model":"cold","stream":false}"#,
      list: "/api/ps", sign: #""cold""#),
    Way(
      kind: "lmstudio", path: "/api/v1/models/load", body: #"{"model":"cold"}"#,
      list: "/api/v1/models", sign: #""id":"cold""#),
    Way(
      kind: "exo", path: "/place_instance", body: #"{"model_id":"cold"}"#,
      list: "/state/runners", sign: #"cold":{"RunnerReady""#),
    Way(
      kind: "llamacpp-router", path: "/models/load", body: #"{"model":"cold"}"#,
      list: "/v1/models", sign: #""value":"loaded""#),
  ]

  private func start(_ way: Way, _ more: String = "") throws -> RunningSimulator {
    let models = way.kind.hasPrefix("llama") ? "model=cold" : "model=warm,model=cold"
    return try RunningSimulator("\(way.kind):0,name=s,\(models),load=20\(more)")
  }

  private func isLoaded(_ way: Way, _ fleet: RunningSimulator) throws -> Bool {
    let page = try fleet.get("s", way.list).body
    guard way.kind == "exo" else { return page.contains(way.sign) }
    return page.components(separatedBy: "RunnerReady").count == 3
  }

  private func ask(_ way: Way, _ fleet: RunningSimulator) throws -> Reply {
    try fleet.post("s", way.path, way.body)
  }

  @Test(arguments: ways) func loads(_ way: Way) throws {
    let fleet = try start(way)
    #expect(try !isLoaded(way, fleet))
    #expect(try ask(way, fleet).status == 200)
    #expect(try fleet.eventually { try isLoaded(way, fleet) })
  }

  @Test(arguments: ways) func fails(_ way: Way) throws {
    let fleet = try start(way)
    try fleet.fault("s", "load_fails", ",\"count\":1,\"ms\":20")
    let reply = try ask(way, fleet)
    #expect(reply.status == (["ollama", "lmstudio"].contains(way.kind) ? 500 : 200))
    let signs = ["exo": "RunnerFailed", "llamacpp-router": #""failed":true"#]
    if let sign = signs[way.kind] {
      #expect(try fleet.eventually { try fleet.get("s", way.list).body.contains(sign) })
    }
    #expect(try !isLoaded(way, fleet))
    // The next one does what it is asked.
    #expect(try ask(way, fleet).status == 200)
    #expect(try fleet.eventually { try isLoaded(way, fleet) })
  }

  @Test(arguments: ways) func lies(_ way: Way) throws {
    let fleet = try start(way)
    try fleet.fault("s", "load_lies")
    #expect(try ask(way, fleet).status == 200)
    usleep(40_000)
    #expect(try !isLoaded(way, fleet))
  }

  @Test(arguments: ways) func stalls(_ way: Way) throws {
    let fleet = try start(way)
    try fleet.fault("s", "load_stalls")
    let client = try WireClient(fleet.port("s"))
    client.send(WireClient.request("POST", way.path, body: way.body))
    _ = client.receive(patience: 0.1)
    #expect(try !isLoaded(way, fleet))
    #expect(try fleet.requests("s").contains { $0["fault"] as? String == "load_stalls" })
  }

  @Test func memoryIsShownAndObeyed() throws {
    let fleet = try RunningSimulator("ollama:0,name=s,model=a,model=b,model=c,vram=1000,size=600")
    func load(_ model: String) throws -> Int {
      try fleet.post("s", "/api/generate", #"{"model":"\#(model)","stream":false}"#).status
    }
    #expect(try load("a") == 200)
    #expect(try fleet.get("s", "/api/ps").body.contains(#""size_vram":600000000"#))
    #expect(try load("b") == 200)
    let page = try fleet.get("s", "/api/ps").body
    #expect(page.contains(#""name":"b""#) && !page.contains(#""name":"a""#))
    let small = try RunningSimulator("ollama:0,name=s,model=a,vram=500,size=600")
    #expect(
      try small.post("s", "/api/generate", #"{"model":"a","stream":false}"#).status == 500)
    let cluster = try RunningSimulator("exo:0,name=s,model=a,vram=1000,size=600")
    #expect(try cluster.get("s", "/state").body.contains(#""ramAvailable":{"inBytes":400000000}"#))
  }

  /// What is said of memory is wrong as ordered, until that is cleared.
  @Test func memoryLies() throws {
    let fleet = try RunningSimulator("exo:0,name=s,model=a,vram=1000,size=600")
    func memory() throws -> String { try fleet.get("s", "/state/nodeMemory").body }
    for (lie, figures) in [
      ("huge", [#"{"inBytes":9223372036854775807}"#]), ("endless", [#"{"inBytes":1e+300}"#]),
      ("negative", [#"{"inBytes":-1000000001}"#]), ("absent", [#"{"inBytes":null}"#]),
      ("surplus", [#""ramTotal":{"inBytes":1000000000}"#, #"{"inBytes":2000000000.0}"#]),
    ] {
      try fleet.fault("s", "memory_lies", #","lie":"\#(lie)""#)
      let page = try memory()
      #expect(figures.allSatisfy(page.contains), "\(lie): \(page)")
    }
    _ = try fleet.post("control", "/clear", "{}")
    #expect(try memory().contains(#""ramAvailable":{"inBytes":400000000}"#))
  }

  /// The router's events follow a load from its beginning to its end.
  @Test func routerTellsProgress() throws {
    let fleet = try RunningSimulator("llamacpp-router:0,name=s,model=cold,load=100")
    let client = try WireClient(fleet.port("s"))
    client.send(WireClient.request("GET", "/models/sse"))
    _ = try fleet.post("s", "/models/load", #"{"model":"cold"}"#)
    let reply = client.receive { $0.body.contains(#""status":"loaded""#) }
    #expect(reply.body.contains(#""value":0."#))
    #expect(reply.body.contains(#"{"status":"loaded"}"#))
  }
}

import Testing

@testable import Drivers

/// What each driver finds out about its server.
@Suite struct ReplaySurveyTests {
  private func survey(
    _ name: String, type: String = "", _ server: ReplayServers.Kind, cut: Cut = .whole
  ) throws -> Transcript {
    Replay.run(
      try ReplayDrivers.driver(name), Replay.operation(.survey, type: type), cut: cut
    ) { server($0, $1) }
  }

  private func model(_ transcript: Transcript, _ id: String) throws -> ModelReport {
    try #require(transcript.reports.models.first { $0.id == id })
  }

  @Test func ollama() throws {
    let found = try survey("ollama", ReplayServers.ollama)
    #expect(found.verdict == .done)
    #expect(found.reports.health?.state == .ready)
    #expect(found.reports.health?.serverVersion == "0.33.0")
    #expect(found.requests.last == #"POST /api/show {"model":"old:7b"}"#)
    #expect(found.requests.count == 4)
    let qwen = try model(found, "qwen:latest")
    #expect(qwen.alias == "qwen")
    #expect(qwen.residency == .loaded)
    #expect(qwen.contextTokens == 8192)
    #expect(qwen.trainedTokens == 40960)
    #expect(qwen.memoryBytes == 5000)
    #expect(qwen.abilities == [.chat, .completions, .json, .tools, .reasoning])
    #expect(qwen.abilitiesKnown.contains([.vision, .embeddings]))
    #expect(try model(found, "embed:v1").abilities == .embeddings)
    #expect(try model(found, "embed:v1").residency == .unloaded)
    #expect(try model(found, "big:cloud").isRemote)
    let old = try model(found, "old:7b")
    #expect(old.abilities.contains(.vision))
    #expect(old.trainedTokens == 131072)
    #expect(old.contextTokens == 4096)
    #expect(!qwen.isRemote && !old.isRemote)
  }

  @Test func vllm() throws {
    let found = try survey("vllm", ReplayServers.vllm)
    #expect(found.reports.health?.serverVersion == "0.21.0")
    #expect(try model(found, "Qwen/Qwen3-8B").contextTokens == 32768)
    #expect(try model(found, "sql-lora").contextTokens == 32768, "an adapter inherits")
    #expect(try model(found, "sql-lora").residency == .loaded)
    #expect(found.reports.loads == [LoadReport(running: 5, waiting: 1, cachePermille: 500)])
  }

  @Test func vllmWithDeadEngine() throws {
    var server = ReplayServers.vllm
    server.answers["GET /health"] = Reply(503, "", headers: [])
    let found = try survey("vllm", server)
    #expect(found.reports.health?.state == .failing)
    #expect(found.reports.models.isEmpty)
  }

  @Test func llamaCpp() throws {
    let found = try survey("llamacpp", ReplayServers.llamaCpp())
    let model = try model(found, "gemma-3-270m")
    #expect(model.contextTokens == 2048)
    #expect(model.trainedTokens == 32768)
    #expect(model.slots == 1)
    #expect(model.diskBytes == 246_587_904)
    #expect(model.residency == .loaded)
    #expect(model.abilities.contains([.chat, .completions, .json, .tools]))
    #expect(model.abilitiesKnown.contains([.vision, .audio]))
    #expect(!model.abilitiesKnown.contains(.embeddings))
    #expect(found.reports.loads == [LoadReport(running: 1, waiting: 2, slots: 1)])
    #expect(!found.requests.contains("GET /slots"))
  }

  @Test func llamaCppLoading() throws {
    var server = try ReplayServers.llamaCpp()
    server.answers["GET /health"] = try ReplayFixture("health_loading").reply
    let found = try survey("llamacpp", server)
    #expect(found.verdict == .done)
    #expect(found.reports.health?.state == .loading)
  }

  /// Without metrics the slots are counted, but never those of a server that sleeps.
  @Test func llamaCppWithoutMetrics() throws {
    var server = try ReplayServers.llamaCpp()
    let props = try ReplayFixture("props").reply
    var text = String(decoding: props.body, as: UTF8.self)
    text = text.replacing("\"endpoint_metrics\":true", with: "\"endpoint_metrics\":false")
    server.answers["GET /props"] = Reply(200, text)
    #expect(try survey("llamacpp", server).reports.loads == [LoadReport(running: 1, slots: 1)])
    server.answers["GET /props"] = try ReplayFixture("sleeping_props").reply
    let asleep = try survey("llamacpp", server)
    #expect(asleep.reports.loads.isEmpty)
    #expect(!asleep.requests.contains("GET /slots"))
  }

  @Test func llamaCppRouter() throws {
    var server = try ReplayServers.llamaCpp()
    server.answers["GET /v1/models"] = try ReplayFixture("router_v1_models_loaded").reply
    server.answers["GET /props"] = try ReplayFixture("router_props").reply
    server.answers["GET /props?model=tiny-a&autoload=false"] =
      try ReplayFixture("router_props_model").reply
    server.answers["GET /metrics?model=tiny-a&autoload=false"] =
      try ReplayFixture("router_metrics").reply
    let found = try survey("llamacpp", server)
    #expect(try model(found, "tiny-a").residency == .loaded)
    #expect(try model(found, "tiny-a").slots == 1)
    #expect(try model(found, "tiny-b").residency == .unloaded)
    #expect(found.requests.allSatisfy { !$0.contains("tiny-b") }, "naming a model loads it")
    #expect(
      found.reports.loads == [LoadReport(model: "tiny-a", running: 0, waiting: 0, slots: 1)])
    server.answers["GET /v1/models"] = try ReplayFixture("router_v1_models_loading").reply
    #expect(try model(survey("llamacpp", server), "tiny-a").residency == .loading)
  }

  @Test func lmStudio() throws {
    let found = try survey("lmstudio", ReplayServers.lmStudio)
    let qwen = try model(found, "qwen/qwen3-8b")
    #expect(qwen.residency == .loaded)
    #expect(qwen.contextTokens == 4096)
    #expect(qwen.trainedTokens == 40960)
    #expect(qwen.slots == 4)
    #expect(qwen.instance == "qwen/qwen3-8b:2")
    #expect(qwen.abilities.contains([.tools, .reasoning, .chat]))
    #expect(qwen.abilitiesKnown.contains(.vision))
    #expect(try model(found, "gemma-vision").residency == .unloaded)
    #expect(try model(found, "gemma-vision").abilities.contains(.vision))
    #expect(try model(found, "nomic").abilities == .embeddings)
  }

  @Test func olderLMStudio() throws {
    var server = ReplayServers.lmStudio
    server.answers["GET /api/v1/models"] = nil
    server.answers["GET /api/v0/models"] = Reply(
      200,
      #"""
      {"data":[{"id":"vl","type":"vlm","state":"loaded","max_context_length":32768,
       "loaded_context_length":4096,"capabilities":["tool_use"]},
       {"id":"e","type":"embeddings","state":"not-loaded"}]}
      """#)
    let found = try survey("lmstudio", server)
    #expect(try model(found, "vl").abilities.contains([.vision, .tools]))
    #expect(try model(found, "vl").contextTokens == 4096)
    #expect(try model(found, "e").abilities == .embeddings)
    server.answers["GET /api/v0/models"] = nil
    #expect(try survey("lmstudio", server).reports.models.map(\.id) == ["qwen/qwen3-8b"])
    server.answers["GET /api/v1/models"] = Reply(401, #"{"error":{"message":"bad token"}}"#)
    let refused = try survey("lmstudio", server)
    #expect(refused.outcome == "credential_dead")
    #expect(refused.requests.count == 1, "a refused key is no reason to try an older path")
  }

  @Test func exo() throws {
    let found = try survey("exo", ReplayServers.exo)
    let llama = try model(found, "mlx/llama-70b")
    #expect(llama.residency == .loaded)
    #expect(!llama.isUnavailable)
    #expect(llama.contextTokens == 131072)
    #expect(llama.instance == "i1")
    #expect(llama.abilities.contains(.chat))
    let vision = try model(found, "mlx/qwen-vl")
    #expect(vision.residency == .loading)
    #expect(vision.abilities.contains([.vision, .reasoning]))
    let idle = try model(found, "mlx/idle")
    #expect(idle.residency == .unloaded)
    #expect(idle.needsLoad && !idle.isUnavailable)
    let elsewhere = try model(found, "mlx/elsewhere")
    #expect(elsewhere.isUnavailable && !elsewhere.needsLoad)
    #expect(!llama.needsLoad)
    #expect(found.reports.models.count == 4)
    #expect(found.reports.health?.memoryTotal == 42_949_672_960)
    #expect(found.reports.health?.memoryFree == 17_179_869_185)
    #expect(
      found.reports.loads == [
        LoadReport(model: "mlx/llama-70b", running: 1),
        LoadReport(model: "mlx/qwen-vl", running: 0),
      ])
  }

  @Test func openAI() throws {
    let found = try survey("openai", type: "openai", ReplayServers.generic)
    let small = try model(found, "gpt-4o-mini")
    #expect(small.contextTokens == 128_000)
    #expect(small.abilities == [.chat, .vision, .tools, .json])
    #expect(try model(found, "text-embedding-3-small").abilities == .embeddings)
    let whisper = try model(found, "whisper-1")
    #expect(whisper.abilities == [])
    #expect(whisper.abilitiesKnown.contains(.chat))
    #expect(try model(found, "o3-mini").abilities.contains(.reasoning))
    #expect(try !model(found, "o3-mini").abilities.contains(.vision))
  }

  /// Where another server uses the name of a famous model, nothing is assumed.
  @Test func generic() throws {
    var server = ReplayServers.generic
    server.answers["GET /v1/models"] = Reply(
      200,
      #"{"object":"list","data":[{"id":"gpt-4","owned_by":"me"},{"id":"x","max_model_len":9}]}"#)
    let found = try survey("openai", type: "generic", server)
    #expect(try model(found, "gpt-4").abilitiesKnown == [])
    #expect(try model(found, "gpt-4").contextTokens == 0)
    #expect(try model(found, "x").contextTokens == 9)
  }

  @Test(arguments: ReplayDrivers.names) func sameForEveryCut(_ name: String) throws {
    let server = try #require(
      ReplayServers.all().first { $0.name == (name == "openai" ? "generic" : name) })
    let whole = try survey(name, server)
    #expect(whole.verdict == .done)
    for size in [1, 2, 3, 7, 16, 100] {
      #expect(try survey(name, server, cut: .every(size)) == whole, "\(name) in pieces of \(size)")
    }
  }

  /// Everything but the list of models may fail; then facts are unknown, and that is all.
  @Test(arguments: ReplayDrivers.names) func optionalRequests(_ name: String) throws {
    let server = try #require(
      ReplayServers.all().first { $0.name == (name == "openai" ? "generic" : name) })
    let lists = ["GET /v1/models", "GET /api/tags", "GET /api/v1/models"]
    let whole = try survey(name, server)
    for request in whole.requests.map({ String($0.prefix { $0 != "{" }).trimmed }) {
      var poorer = server
      poorer.answers[request] = Reply(500, "broken")
      let found = try survey(name, poorer)
      if lists.contains(request), name != "lmstudio" {
        #expect(found.verdict == .failed, "\(name) without \(request)")
      } else {
        #expect(found.verdict == .done, "\(name) without \(request)")
        #expect(!found.reports.models.isEmpty, "\(name) without \(request)")
      }
    }
  }

  /// An empty list may be written as null.
  @Test func nothingInstalled() throws {
    var server = ReplayServers.generic
    server.answers["GET /v1/models"] = Reply(200, #"{"object":"list","data":null}"#)
    let found = try survey("openai", server)
    #expect(found.verdict == .done)
    #expect(found.reports.models.isEmpty)
  }

  /// More models than a survey may report are cut off; no call breaks a limit of the host.
  @Test func tooManyModels() throws {
    let entries = (0..<5000).map { #"{"id":"m\#($0)"}"# }.joined(separator: ",")
    var server = ReplayServers.generic
    server.answers["GET /v1/models"] = Reply(200, #"{"object":"list","data":[\#(entries)]}"#)
    let found = try survey("openai", server)
    #expect(found.verdict == .done)
    #expect(found.reports.models.count == DriverLimits.modelCount)
  }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}

import Testing

@testable import Drivers

/// Loading, unloading and counting, where servers can.
@Suite struct ReplayResidencyTests {
  private func run(
    _ name: String, _ kind: OperationKind, model: String = "m", body: String = "",
    _ server: @escaping Replay.Server
  ) throws -> Transcript {
    Replay.run(
      try ReplayDrivers.driver(name), Replay.operation(kind, model: model, body: body),
      body: Array(body.utf8), server: server)
  }

  // MARK: Ollama

  @Test func ollama() throws {
    let done = Reply(200, #"{"model":"m","response":"","done":true,"done_reason":"load"}"#)
    let loading = try run("ollama", .load) { _, _ in done }
    #expect(loading.verdict == .done)
    #expect(loading.requests == [#"POST /api/generate {"model":"m","stream":false}"#])
    #expect(loading.reports.progress?.permille == 1000)
    let unloading = try run("ollama", .unload) { _, _ in done }
    #expect(
      unloading.requests == [#"POST /api/generate {"model":"m","keep_alive":0,"stream":false}"#])
    let absent = try run("ollama", .load) { _, _ in Reply(404, #"{"error":"model 'm' not found"}"#)
    }
    #expect(absent.outcome == "model_absent")
  }

  @Test func ollamaEmbedding() throws {
    let transcript = try run("ollama", .load) { request, _ in
      request == "POST /api/embed"
        ? Reply(200, #"{"embeddings":[]}"#)
        : Reply(400, #"{"error":"\"m\" does not support generate"}"#)
    }
    #expect(transcript.verdict == .done)
    #expect(transcript.requests.last == #"POST /api/embed {"model":"m","input":""}"#)
  }

  // MARK: llama.cpp

  @Test func router() throws {
    let loading = try ReplayFixture("router_v1_models_loading").reply
    let loaded = try ReplayFixture("router_v1_models_loaded").reply
    let events = try ReplayFixture("router_models_sse").reply
    let load = try ReplayFixture("router_load").reply
    for cut in [Cut.whole, .every(1)] {
      var looks = 0
      let transcript = Replay.run(
        try ReplayDrivers.driver("llamacpp"), Replay.operation(.load, model: "tiny-a"), cut: cut
      ) { request, _ in
        switch request {
        case "POST /models/load": return load
        case "GET /models/sse": return events
        default:
          looks += 1
          return looks == 1 ? loading : loaded
        }
      }
      #expect(transcript.verdict == .done)
      #expect(transcript.reports.progress?.permille == 1000)
      #expect(
        transcript.requests == [
          #"POST /models/load {"model":"tiny-a"}"#, "GET /v1/models", "GET /models/sse",
          "GET /v1/models",
        ])
    }
  }

  @Test func routerAgain() throws {
    let again = try ReplayFixture("router_load_again").reply
    let loaded = try ReplayFixture("router_v1_models_loaded").reply
    let transcript = try run("llamacpp", .load, model: "tiny-a") { request, _ in
      request == "GET /v1/models" ? loaded : again
    }
    #expect(transcript.verdict == .done)
    for fixture in ["router_unload", "router_unload_again"] {
      let reply = try ReplayFixture(fixture).reply
      #expect(try run("llamacpp", .unload) { _, _ in reply }.verdict == .done)
    }
  }

  @Test func oneModelServer() throws {
    let missing = try ReplayFixture("router_load_unknown").reply
    #expect(try run("llamacpp", .load) { _, _ in missing }.outcome == "unsupported")
    #expect(try run("llamacpp", .unload) { _, _ in missing }.outcome == "unsupported")
  }

  /// A router that never gets there is not followed for ever.
  @Test func endlessLoading() throws {
    let loading = try ReplayFixture("router_v1_models_loading").reply
    let transcript = try run("llamacpp", .load, model: "tiny-a") { request, _ in
      request.hasSuffix("/v1/models") ? loading : Reply(200, #"{"success":true}"#)
    }
    #expect(transcript.outcome == "model_loading")
    #expect(transcript.requests.count <= 32)
  }

  // MARK: LM Studio

  @Test func lmStudio() throws {
    let server: Replay.Server = { request, body in
      request.hasPrefix("POST")
        ? Reply(200, #"{"status":"loaded"}"#)
        : ReplayServers.lmStudio(request, body)
    }
    let loading = try run("lmstudio", .load, model: "gemma-vision", server)
    #expect(loading.verdict == .done)
    #expect(loading.requests.last == #"POST /api/v1/models/load {"model":"gemma-vision"}"#)
    let again = try run("lmstudio", .load, model: "qwen/qwen3-8b", server)
    #expect(again.requests == ["GET /api/v1/models"], "a second load makes a second instance")
    let unload = #"POST /api/v1/models/unload {"instance_id":"qwen/qwen3-8b:2"}"#
    for name in ["qwen/qwen3-8b", "qwen/qwen3-8b:2"] {
      let unloading = try run("lmstudio", .unload, model: name, server)
      #expect(unloading.verdict == .done)
      #expect(unloading.requests.last == unload)
    }
    let older = try run("lmstudio", .load) { _, _ in ReplayServers.lmStudio.missing }
    #expect(older.outcome == "unsupported")
  }

  // MARK: exo

  @Test func exo() throws {
    var isPlaced = false
    let loading = try run("exo", .load, model: "new/model") { request, body in
      if request == "POST /place_instance" {
        isPlaced = true
        return Reply(200, #"{"message":"Command received.","command_id":"c"}"#)
      }
      if request.hasPrefix("GET /instance/await") { return .stream([#"{"ready":true}"#]) }
      guard isPlaced, request == "GET /state/instances" else {
        return ReplayServers.exo(request, body)
      }
      return Reply(
        200, #"{"i":{"t":{"shardAssignments":{"modelId":"new/model","runnerToShard":{"r1":{}}}}}}"#)
    }
    #expect(loading.verdict == .done)
    #expect(
      loading.requests.contains("GET /instance/await?model_id=new%2Fmodel&timeout_seconds=600"))
    let unloading = try run("exo", .unload, model: "mlx/qwen-vl") { request, body in
      request.hasPrefix("DELETE") ? Reply(200, "{}") : ReplayServers.exo(request, body)
    }
    #expect(unloading.requests.last == "DELETE /instance/i2")
    let full = try run("exo", .load, model: "huge") { request, body in
      request.hasPrefix("POST")
        ? Reply(400, #"{"error":{"message":"Not enough memory"}}"#)
        : ReplayServers.exo(request, body)
    }
    #expect(full.outcome == "unsupported")
  }

  // MARK: Tokens

  @Test func llamaCppTokens() throws {
    let chat = #"{"model":"a","messages":[{"role":"user","content":"hi"}]}"#
    let counted = try ReplayFixture("input_tokens").reply
    let messages = try run("llamacpp", .countTokens, body: chat) { _, _ in counted }
    #expect(messages.reports.tokens == 25)
    #expect(
      messages.requests == [
        "POST /v1/chat/completions/input_tokens "
          + chat.replacing(#""model":"a""#, with: #""model":"m""#)
      ])
    let tokens = try ReplayFixture("tokenize").reply
    let prompt = try run("llamacpp", .countTokens, body: #"{"prompt":"Hello\n"}"#) { _, _ in tokens
    }
    #expect(prompt.reports.tokens == 3)
    #expect(
      prompt.requests == [#"POST /tokenize {"add_special":true,"content":"Hello\n","model":"m"}"#])
    let other = try run("llamacpp", .countTokens, body: #"{"input":[1]}"#) { _, _ in tokens }
    #expect(other.outcome == "unsupported")
  }

  @Test func vllmTokens() throws {
    let body = #"{"model":"m","messages":[]}"#
    let counted = try run("vllm", .countTokens, body: body) { _, _ in
      Reply(200, #"{"count":42,"max_model_len":4096,"tokens":[1,2]}"#)
    }
    #expect(counted.reports.tokens == 42)
    #expect(counted.requests == ["POST /tokenize \(body)"])
    let refused = try run("vllm", .countTokens, body: body) { _, _ in Reply(200, "{}") }
    #expect(refused.outcome == "upstream_broken")
  }
}

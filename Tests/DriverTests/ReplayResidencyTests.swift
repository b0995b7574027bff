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

  /// An instance that has failed is removed before the model is placed anew; the list may still
  /// show it for a moment.
  @Test func exoAfterAFailure() throws {
    let shards = #"{"t":{"shardAssignments":{"modelId":"m","runnerToShard":{"R":{}}}}}"#
    func instance(_ id: String) -> String {
      "\"\(id)\":" + shards.replacing("R", with: "runner-\(id)")
    }
    let before = "{\(instance("old"))}"
    let after = "{\(instance("old")),\(instance("new"))}"
    var isPlaced = false
    let server: Replay.Server = { request, _ in
      switch request {
      case "GET /state/instances": return Reply(200, isPlaced ? after : before)
      case "GET /state/runners":
        return Reply(
          200,
          #"{"runner-old":{"RunnerFailed":{"errorMessage":"x"}},"runner-new":{"RunnerReady":{}}}"#)
      case "POST /place_instance": isPlaced = true
      default: break
      }
      return request.hasPrefix("GET") ? .stream([#"{"ready":true}"#]) : Reply(200, "{}")
    }
    let loading = try run("exo", .load, server)
    #expect(loading.verdict == .done)
    let short = loading.requests.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    #expect(
      short == [
        "GET /state/instances", "GET /state/runners", "DELETE /instance/old",
        "POST /place_instance", "GET /instance/await?model_id=m&timeout_seconds=600",
        "GET /state/instances", "GET /state/runners",
      ])
    let unloading = try run("exo", .unload, server)
    #expect(unloading.verdict == .done)
    #expect(unloading.requests.contains("DELETE /instance/old"))
  }

  /// What fails after it was placed is a failure of this load.
  @Test func exoThatFails() throws {
    var isPlaced = false
    let transcript = try run("exo", .load) { request, _ in
      switch request {
      case "GET /state/instances":
        let shards = #"{"shardAssignments":{"modelId":"m","runnerToShard":{"r":{}}}}"#
        return Reply(200, isPlaced ? "{\"i\":{\"t\":\(shards)}}" : "{}")
      case "GET /state/runners": return Reply(200, #"{"r":"RunnerFailed"}"#)
      case "POST /place_instance": isPlaced = true
      default: break
      }
      return request.hasPrefix("GET") ? .stream([#"{"ready":false}"#]) : Reply(200, "{}")
    }
    #expect(transcript.outcome == "upstream_broken")
    #expect(!transcript.requests.contains { $0.hasPrefix("DELETE") })
  }

  /// Only a load that goes on by itself has progress before its end: the host then looks at the
  /// list beside the driver.
  @Test func progressOfLoadsInTheBackground() throws {
    let never: Replay.Server = { request, body in
      request.hasPrefix("POST") ? .broken(.timeout) : ReplayServers.lmStudio(request, body)
    }
    #expect(try run("ollama", .load, never).reports.progress == nil)
    #expect(try run("lmstudio", .load, model: "gemma-vision", never).reports.progress == nil)
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

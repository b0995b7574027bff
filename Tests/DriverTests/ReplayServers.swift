@testable import Drivers

/// The kinds of server that there are in the field, as far as surveys and identification see them.
/// Written from what the servers are known to answer; llama.cpp is the recorded one.
enum ReplayServers {
  /// Answers by `METHOD path`; everything else gets `missing`.
  struct Kind {
    let name: String
    var answers: [String: Reply]
    var missing: Reply

    func callAsFunction(_ request: String, _ body: String) -> Reply {
      answers[request] ?? missing
    }
  }

  static func all() throws -> [Kind] {
    [ollama, vllm, try llamaCpp(), lmStudio, exo, generic, sglang, localAI]
  }

  static let ollama = Kind(
    name: "ollama",
    answers: [
      "GET /": Reply(200, "Ollama is running", headers: [("content-type", "text/plain")]),
      "GET /api/version": Reply(200, #"{"version":"0.33.0"}"#),
      "GET /api/tags": Reply(
        200,
        #"""
        {"models":[
        {"name":"qwen:latest","model":"qwen:latest","size":4661224676,"digest":"ab",
         "details":{"family":"qwen","context_length":40960},
         "capabilities":["completion","tools","thinking"]},
        {"name":"embed:v1","model":"embed:v1","size":100,"capabilities":["embedding"],
         "details":{"context_length":2048}},
        {"name":"big:cloud","model":"big:cloud","size":300,"remote_host":"https://ollama.com:443",
         "remote_model":"big","capabilities":["completion","vision"]},
        {"name":"old:7b","model":"old:7b","size":7,"details":{"family":"llama"}}]}
        """#),
      "GET /api/ps": Reply(
        200,
        #"{"models":[{"name":"qwen:latest","size":6000,"size_vram":5000,"context_length":8192}]}"#),
      "POST /api/show": Reply(
        200,
        #"""
        {"capabilities":["completion","vision"],"parameters":"num_ctx                4096",
         "model_info":{"general.architecture":"llama","llama.context_length":131072}}
        """#),
      "GET /v1/models": Reply(
        200,
        #"{"object":"list","data":[{"id":"qwen:latest","object":"model","owned_by":"library"}]}"#),
    ], missing: Reply(404, "404 page not found", headers: [("content-type", "text/plain")]))

  static let vllm = Kind(
    name: "vllm",
    answers: [
      "GET /health": Reply(200, "", headers: []),
      "GET /version": Reply(200, #"{"version":"0.21.0"}"#),
      "GET /v1/models": Reply(
        200,
        #"""
        {"object":"list","data":[
        {"id":"Qwen/Qwen3-8B","object":"model","created":1,"owned_by":"vllm","root":"Qwen/Qwen3-8B",
         "parent":null,"max_model_len":32768,"permission":[]},
        {"id":"sql-lora","object":"model","owned_by":"vllm","root":"/adapters/sql",
         "parent":"Qwen/Qwen3-8B","max_model_len":null}]}
        """#),
      "GET /metrics": Reply(
        200,
        """
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-8B"} 3.0
        vllm:num_requests_running{engine="1",model_name="Qwen/Qwen3-8B"} 2.0
        vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-8B"} 1.0
        vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9.0
        vllm:kv_cache_usage_perc{engine="0",model_name="a}\\"b"} 0.25
        vllm:kv_cache_usage_perc{engine="1",model_name="a"} 0.5

        """, headers: [("content-type", "text/plain")]),
    ], missing: Reply(404, #"{"detail":"Not Found"}"#))

  static func llamaCpp() throws -> Kind {
    var answers: [String: Reply] = [:]
    for (request, fixture) in [
      ("GET /health", "health_ok"), ("GET /v1/models", "v1_models"), ("GET /props", "props_tools"),
      ("GET /metrics", "metrics_busy"), ("GET /slots", "slots_busy"), ("GET /", "root"),
      ("GET /api/version", "api_version"), ("GET /api/tags", "api_tags"),
      ("GET /version", "version"),
    ] { answers[request] = try ReplayFixture(fixture).reply }
    let missing = try ReplayFixture("unknown_path").reply
    return Kind(name: "llamacpp", answers: answers, missing: missing)
  }

  static let lmStudio = Kind(
    name: "lmstudio",
    answers: [
      "GET /lmstudio-greeting": Reply(200, #"{"lmstudio":true}"#),
      "GET /api/v1/models": Reply(
        200,
        #"""
        {"models":[
        {"type":"llm","key":"qwen/qwen3-8b","size_bytes":5000,"max_context_length":40960,
         "capabilities":{"vision":false,"trained_for_tool_use":true,
          "reasoning":{"allowed_options":["off","on"],"default":"on"}},
         "loaded_instances":[{"id":"qwen/qwen3-8b:2","config":{"context_length":4096,"parallel":4}}]},
        {"type":"llm","key":"gemma-vision","max_context_length":8192,
         "capabilities":{"vision":true,"trained_for_tool_use":false},"loaded_instances":[]},
        {"type":"embedding","key":"nomic","max_context_length":2048,"loaded_instances":[]}]}
        """#),
      "GET /v1/models": Reply(
        200,
        #"{"object":"list","data":[{"id":"qwen/qwen3-8b","owned_by":"organization_owner"}]}"#),
    ],
    missing: Reply(
      200, #"{"error":"Unexpected endpoint or method. (GET /x). Returning 200 anyway"}"#))

  static let exo = Kind(
    name: "exo",
    answers: [
      "GET /node_id": Reply(200, #""12D3KooWnode""#),
      "GET /state": Reply(
        200, #"{"instances":{},"runners":{},"topology":{"nodes":[]},"downloads":{}}"#),
      "GET /v1/models": Reply(
        200,
        #"""
        {"object":"list","data":[
        {"id":"mlx/llama-70b","owned_by":"exo","context_length":131072,"capabilities":["text"],
         "tasks":["TextGeneration"],"storage_size_megabytes":40000},
        {"id":"mlx/qwen-vl","owned_by":"exo","context_length":32768,
         "capabilities":["text","vision","thinking"],"tasks":["TextGeneration"]},
        {"id":"mlx/idle","owned_by":"exo","context_length":4096},
        {"id":"mlx/elsewhere","owned_by":"exo","context_length":4096}]}
        """#),
      "GET /v1/models?status=downloaded": Reply(
        200,
        #"{"object":"list","data":[{"id":"mlx/llama-70b"},{"id":"mlx/idle"},{"id":"mlx/odd"}]}"#),
      "GET /state/nodeMemory": Reply(
        200,
        #"""
        {"n1":{"ramTotal":{"inBytes":34359738368},"ramAvailable":{"inBytes":17179869184}},
         "n2":{"ramTotal":{"inBytes":8589934592},"ramAvailable":{"inBytes":1}}, "n3":null}
        """#),
      "GET /state/instances": Reply(
        200,
        #"""
        {"i1":{"MlxRingInstance":{"instanceId":"i1","shardAssignments":{"modelId":"mlx/llama-70b",
          "runnerToShard":{"r1":{},"r2":{}}}}},
         "i2":{"MlxRingInstance":{"instanceId":"i2","shardAssignments":{"modelId":"mlx/qwen-vl",
          "runnerToShard":{"r3":{}}}}}}
        """#),
      "GET /state/runners": Reply(
        200,
        #"{"r1":{"RunnerReady":{}},"r2":{"RunnerRunning":{}},"r3":{"RunnerLoading":{"layersLoaded":1}}}"#
      ),
    ], missing: Reply(404, #"{"error":{"message":"Not Found","type":"Not Found","code":404}}"#))

  static let generic = Kind(
    name: "generic",
    answers: [
      "GET /v1/models": Reply(
        200,
        #"""
        {"object":"list","data":[
        {"id":"gpt-4o-mini","object":"model","created":1,"owned_by":"system"},
        {"id":"text-embedding-3-small","object":"model","owned_by":"system"},
        {"id":"whisper-1","object":"model","owned_by":"openai-internal"},
        {"id":"local","object":"model","owned_by":"me","max_model_len":512},
        {"id":"o3-mini","object":"model","owned_by":"system"}]}
        """#)
    ], missing: Reply(404, #"{"error":{"message":"Invalid URL","type":"invalid_request_error"}}"#))

  static let sglang = Kind(
    name: "sglang",
    answers: [
      "GET /": Reply(200, "Ollama is running", headers: []),
      "GET /api/version": Reply(200, #"{"version":"0.6.0"}"#),
      "GET /model_info": Reply(200, #"{"model_path":"qwen","is_generation":true}"#),
      "GET /v1/models": Reply(
        200, #"{"object":"list","data":[{"id":"qwen","owned_by":"sglang","max_model_len":4096}]}"#),
    ], missing: Reply(404, #"{"detail":"Not Found"}"#))

  static let localAI = Kind(
    name: "localai",
    answers: [
      "GET /": Reply(200, "Ollama is running", headers: []),
      "GET /api/version": Reply(200, #"{"version":"0.9.0"}"#),
      "GET /version": Reply(200, #"{"version":"v3.0.0"}"#),
      "GET /.well-known/localai.json": Reply(200, #"{"version":"v3.0.0","endpoints":[]}"#),
      "GET /v1/models": Reply(200, #"{"object":"list","data":[{"id":"m","object":"model"}]}"#),
    ], missing: Reply(404, #"{"error":{"code":404,"message":"Resource not found","type":""}}"#))
}

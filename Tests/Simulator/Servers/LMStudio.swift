import LatencyModels

/// LM Studio 0.4 on Node: says 200 to everything, loads models just in time.
struct LMStudio: Imitation {
  var style: HeadStyle { .express }
  var jsonType: String { "application/json; charset=utf-8" }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    let usual = ["qwen3-4b-2507", "text-embedding-nomic-embed-text-v1.5", "gemma-3-4b-it"]
    return (names.isEmpty ? usual : names).enumerated().map { index, name in
      let model = SimModel(name, context: context ?? 4096, state: index == 0 ? .loaded : .cold)
      if index == 0 { model.instances = [name] }
      return model
    }
  }

  func isLoad(_ request: Request) -> Bool {
    request.method == "POST" && request.path == "/api/v1/models/load"
  }

  func loaded(_ model: SimModel, _ backend: Backend) {
    if model.instances.isEmpty { model.instances = [model.id] }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    if request.path == "/lmstudio-greeting" { return json(exchange, ["lmstudio": true]) }
    if let key = backend.plan.apiKey, bearer(request) != key {
      return json(exchange, ["error": unauthorized], status: 401)
    }
    switch (request.method, request.path) {
    case ("GET", "/v1/models"), ("GET", "/v1/models/"):
      json(exchange, ["data": .array(backend.models.map(plain)), "object": "list"])
    case ("GET", "/api/v0/models"):
      json(exchange, ["data": .array(backend.models.map(LMStudioPages.v0)), "object": "list"])
    case ("GET", "/api/v1/models"):
      let pages = backend.models.map { LMStudioPages.v1($0, backend) }
      json(exchange, ["models": .array(pages)])
    case ("POST", "/api/v1/models/load"): load(exchange, backend)
    case ("POST", "/api/v1/models/unload"): unload(exchange, backend)
    case ("POST", "/v1/chat/completions"): generate(.chat, exchange, backend)
    case ("POST", "/v1/completions"): generate(.completion, exchange, backend)
    case ("POST", "/v1/embeddings"): embed(exchange, backend)
    default:
      let message = "Unexpected endpoint or method. (\(request.method) \(request.path))"
      json(exchange, ["error": .string(message)])
    }
  }

  private var unauthorized: JSON {
    [
      "message": "Missing or invalid API token", "type": "invalid_request_error",
      "code": "invalid_api_key", "param": nil,
    ]
  }

  private func plain(_ model: SimModel) -> JSON {
    ["id": .string(model.id), "object": "model", "owned_by": "organization_owner"]
  }

  // MARK: Loading

  private func load(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let key = body["model"]?.string ?? ""
    guard let model = backend.model(key) else { return unknown(exchange, key) }
    let begun = Loop.now()
    let isSecond = !model.instances.isEmpty
    exchange.onGone = { if model.state == .loading, model.waiters.isEmpty { model.state = .cold } }
    backend.obey(exchange, load: model) { isThere in
      guard isThere else { return fail(exchange, 500, "Failed to load model \"\(key)\".") }
      if isSecond { model.instances.append("\(key):\(model.instances.count + 1)") }
      let seconds = Double(Loop.now() - begun) / 1e9
      json(
        exchange,
        [
          "type": .string(model.isEmbedding ? "embedding" : "llm"),
          "instance_id": .string(model.instances.last ?? key),
          "load_time_seconds": .double(seconds),
          "status": "loaded",
        ])
    }
  }

  private func unload(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let id = body["instance_id"]?.string ?? ""
    guard let model = backend.models.first(where: { $0.instances.contains(id) }) else {
      return unknown(exchange, id)
    }
    model.instances.removeAll { $0 == id }
    if model.instances.isEmpty { model.state = .cold }
    json(exchange, ["instance_id": .string(id)])
  }

  // MARK: Work

  private func badJSON(_ error: JSONError) -> String {
    "Unexpected token in JSON at position \(error.offset)"
  }

  private func generate(_ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let prompt = Prompt(kind, body)
    let field = kind == .chat ? "messages" : "prompt"
    guard body[field] != nil else {
      return refuse(exchange, prompt, "'\(field)' field is required")
    }
    guard let model = prompt.model.map(backend.model) ?? backend.models.first else {
      let name = prompt.model ?? ""
      return refuse(exchange, prompt, "Model \"\(name)\" not found", code: "model_not_found")
    }
    guard prompt.tokens < model.context else {
      let message =
        "The number of tokens to keep from the initial prompt is greater than the "
        + "context length (\(prompt.tokens) > \(model.context))."
      return refuse(exchange, prompt, message)
    }
    let id = "chatcmpl-" + backend.random.name(20).lowercased()
    let run = backend.plan(prompt, model, id: id)
    _ = Generation.start(exchange, backend, model, run, dialect(model))
  }

  private func dialect(_ model: SimModel) -> OpenAIDialect {
    OpenAIDialect(
      streamHeaders: [("Cache-Control", "no-cache")],
      afterModel: ["system_fingerprint": .string(model.id)], afterUsage: ["stats": [:]],
      openingDelta: nil, repeatsRole: true,
      thoughtKey: model.id.contains("gpt-oss") ? "reasoning" : "reasoning_content",
      callIDPrefix: "", callIDLength: 9)
  }

  /// A refused stream is a 200 with an error event; anything else a 400.
  private func refuse(
    _ exchange: Exchange, _ prompt: Prompt, _ message: String, code: String? = nil
  ) {
    let error = LMStudio.error(message, code: code)
    guard prompt.isStream else { return json(exchange, ["error": error], status: 400) }
    exchange.begin(200, type: "text/event-stream", extra: [("Cache-Control", "no-cache")])
    for event in LMStudio.event(error) { exchange.events([event]) }
    exchange.end()
  }

  private static func event(_ error: JSON) -> [String] {
    ["event: error\n" + SSE.data(["error": error])]
  }

  private static func error(_ message: String, code: String? = nil) -> JSON {
    [
      "message": .string(message), "type": "invalid_request_error", "param": nil,
      "code": JSON(code),
    ]
  }

  private func embed(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let name = body["model"]?.string ?? ""
    guard let model = backend.model(name), model.isEmbedding else {
      return unknown(exchange, name)
    }
    guard let inputs = Embedding.inputs(body["input"]) else {
      return json(exchange, ["error": "'input' field is required"], status: 400)
    }
    backend.load(model) { json(exchange, Embedding.openAI(inputs, model: name, body)) }
  }

  private func unknown(_ exchange: Exchange, _ name: String) {
    let error = LMStudio.error("Model \"\(name)\" not found", code: "model_not_found")
    json(exchange, ["error": error], status: 404)
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    let body: JSON = status == 400 ? .string(message) : LMStudio.error(message)
    json(exchange, ["error": body], status: status, extra: extra)
  }

  func streamError(_ message: String) -> [String] { LMStudio.event(LMStudio.error(message)) }
}

/// LM Studio's own model lists, of both generations.
enum LMStudioPages {
  static func v0(_ model: SimModel) -> JSON {
    let type = model.isEmbedding ? "embeddings" : model.sees ? "vlm" : "llm"
    let isLoaded = !model.instances.isEmpty
    var page: JSON = [
      "id": .string(model.id), "object": "model", "type": .string(type),
      "publisher": "lmstudio-community",
      "arch": .string(model.isEmbedding ? "nomic-bert" : "qwen3"),
      "compatibility_type": "gguf", "quantization": "Q4_K_M",
      "state": .string(isLoaded ? "loaded" : "not-loaded"),
      "max_context_length": .int(max(32_768, model.context)),
    ]
    if isLoaded { page = page.adding(["loaded_context_length": .int(model.context)]) }
    return model.callsTools ? page.adding(["capabilities": ["tool_use"]]) : page
  }

  static func v1(_ model: SimModel, _ backend: Backend) -> JSON {
    let head: JSON = [
      "type": .string(model.isEmbedding ? "embedding" : "llm"), "publisher": "lmstudio-community",
      "key": .string(model.id), "display_name": .string(model.id),
    ]
    let architecture: JSON = model.isEmbedding ? [:] : ["architecture": "qwen3"]
    let body: JSON = [
      "quantization": ["name": "Q4_K_M", "bits_per_weight": 4],
      "size_bytes": model.lie.said(model.size),
      "params_string": "4B",
      "loaded_instances": .array(model.instances.map { instance($0, model, backend) }),
      "max_context_length": .int(max(32_768, model.context)), "format": "gguf",
    ]
    let tail: JSON = [
      "description": nil, "variants": [.string("\(model.id)@q4_k_m")],
      "selected_variant": .string("\(model.id)@q4_k_m"),
    ]
    return head.adding(architecture).adding(body).adding(capabilities(model)).adding(tail)
  }

  private static func capabilities(_ model: SimModel) -> JSON {
    guard !model.isEmbedding else { return [:] }
    let can: JSON = [
      "vision": .bool(model.sees), "trained_for_tool_use": .bool(model.callsTools),
    ]
    let reasoning: JSON = ["reasoning": ["allowed_options": ["off", "on"], "default": "on"]]
    return ["capabilities": model.thinks ? can.adding(reasoning) : can]
  }

  private static func instance(_ id: String, _ model: SimModel, _ backend: Backend) -> JSON {
    let context: JSON = ["context_length": .int(model.context)]
    let rest: JSON = [
      "eval_batch_size": 512, "parallel": .int(backend.slots.limit), "flash_attention": true,
      "offload_kv_cache_to_gpu": true,
    ]
    return ["id": .string(id), "config": model.isEmbedding ? context : context.adding(rest)]
  }
}

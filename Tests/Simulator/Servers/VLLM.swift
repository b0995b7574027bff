import LatencyModels

/// vLLM behind uvicorn.
struct VLLM: Imitation {
  var style: HeadStyle { .uvicorn }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    let usual = ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct+sql-adapter"]
    return (names.isEmpty ? usual : names).map { name in
      let parts = name.split(separator: "+").map(String.init)
      let model = SimModel(parts.last ?? name, context: context ?? 8192)
      model.parent = parts.count > 1 ? parts[0] : nil
      return model
    }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    let isGuarded = ["/v1", "/v2", "/inference"].contains { request.path.hasPrefix($0) }
    if let key = backend.plan.apiKey, isGuarded, bearer(request) != key {
      return json(exchange, ["error": "Unauthorized"], status: 401)
    }
    switch (request.method, request.path) {
    case ("GET", "/health"), ("GET", "/ping"): exchange.respond(200, type: nil, [])
    case ("GET", "/version"): json(exchange, ["version": "0.21.0"])
    case ("GET", "/load"): json(exchange, ["server_load": 0])
    case ("GET", "/v1/models"):
      json(exchange, ["object": "list", "data": .array(backend.models.map(entry))])
    case ("GET", "/metrics"):
      let type = "text/plain; version=0.0.4; charset=utf-8"
      text(exchange, metrics(backend), type: type)
    case ("POST", "/v1/chat/completions"): generate(.chat, exchange, backend)
    case ("POST", "/v1/completions"): generate(.completion, exchange, backend)
    case ("POST", "/v1/embeddings"): embed(exchange, backend)
    case ("POST", "/tokenize"): tokenize(exchange, backend)
    default: unknownPath(exchange)
    }
  }

  private func unknownPath(_ exchange: Exchange) {
    let known = [
      "/health", "/version", "/load", "/v1/models", "/metrics", "/v1/chat/completions",
      "/v1/completions", "/v1/embeddings", "/tokenize",
    ]
    guard known.contains(exchange.request.path) else {
      return json(exchange, ["detail": "Not Found"], status: 404)
    }
    let allowed = exchange.request.method == "GET" ? "POST" : "GET"
    json(exchange, ["detail": "Method Not Allowed"], status: 405, extra: [("Allow", allowed)])
  }

  private func entry(_ model: SimModel) -> JSON {
    let permission: JSON = [
      "id": .string("modelperm-" + String(model.digest.prefix(16))), "object": "model_permission",
      "created": .int(unixNow()), "allow_create_engine": false, "allow_sampling": true,
      "allow_logprobs": true, "allow_search_indices": false, "allow_view": true,
      "allow_fine_tuning": false, "organization": "*", "group": nil, "is_blocking": false,
    ]
    let isAdapter = model.parent != nil
    return [
      "id": .string(model.id), "object": "model", "created": .int(unixNow()), "owned_by": "vllm",
      "root": .string(isAdapter ? "/adapters/\(model.id)" : model.id), "parent": JSON(model.parent),
      "max_model_len": isAdapter ? nil : .int(model.context), "permission": [permission],
    ]
  }

  private func metrics(_ backend: Backend) -> String {
    let labels = "{engine=\"0\",model_name=\"\(backend.models[0].id)\"}"
    let used = Double(backend.slots.running) / Double(backend.slots.limit)
    let gauges: [(String, String, String)] = [
      (
        "num_requests_running", "Number of requests in model execution batches.",
        "\(Double(backend.slots.running))"
      ),
      (
        "num_requests_waiting", "Number of requests waiting to be processed.",
        "\(Double(backend.slots.waiting))"
      ),
      ("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", "\(used / 2)"),
    ]
    let counters = [
      ("prompt_tokens", "Number of prefill tokens processed.", backend.promptTokens),
      ("generation_tokens", "Number of generation tokens processed.", backend.completionTokens),
    ]
    return gauges.map { name, help, value in
      "# HELP vllm:\(name) \(help)\n# TYPE vllm:\(name) gauge\nvllm:\(name)\(labels) \(value)\n"
    }.joined()
      + counters.map { name, help, value in
        "# HELP vllm:\(name)_total \(help)\n# TYPE vllm:\(name)_total counter\n"
          + "vllm:\(name)_total\(labels) \(value).0\n"
      }.joined()
  }

  // MARK: Work

  private func badJSON(_ error: JSONError) -> String {
    "[{'type': 'json_invalid', 'loc': ('body', \(error.offset)), 'msg': 'JSON decode error', "
      + "'input': {}, 'ctx': {'error': '\(error.message)'}}]"
  }

  private func missing(_ field: String) -> String {
    "[{'type': 'missing', 'loc': ('body', '\(field)'), 'msg': 'Field required', 'input': {}}]"
  }

  private func generate(_ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let field = kind == .chat ? "messages" : "prompt"
    guard body[field] != nil else { return fail(exchange, 400, missing(field)) }
    let prompt = Prompt(kind, body)
    guard let model = named(exchange, backend, prompt.model) else { return }
    guard prompt.tokens < model.context else {
      let message =
        "This model's maximum context length is \(model.context) tokens. However, you "
        + "requested \(prompt.tokens) tokens in the messages. Please reduce the length of the "
        + "messages."
      return fail(exchange, 400, message)
    }
    let id = (kind == .chat ? "chatcmpl-" : "cmpl-") + backend.random.hex(32)
    let run = backend.plan(prompt, model, id: id)
    if !Generation.start(exchange, backend, model, run, dialect) {
      fail(exchange, 503, "The server is overloaded: too many queued requests.")
    }
  }

  private var dialect: OpenAIDialect {
    OpenAIDialect(
      headMoment: .atOnce, streamType: "text/event-stream; charset=utf-8",
      afterFinish: ["stop_reason": nil, "token_ids": nil],
      afterUsage: ["prompt_logprobs": nil, "prompt_token_ids": nil, "kv_transfer_params": nil],
      afterContent: ["refusal": nil, "annotations": nil, "audio": nil, "function_call": nil],
      thoughtKey: "reasoning", finishDelta: ["content": ""], callIDPrefix: "chatcmpl-tool-")
  }

  private func named(_ exchange: Exchange, _ backend: Backend, _ name: String?) -> SimModel? {
    guard let name else { return backend.models[0] }
    if let model = backend.model(name) { return model }
    fail(exchange, 404, "The model `\(name)` does not exist.")
    return nil
  }

  private func embed(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    guard let model = named(exchange, backend, body["model"]?.string) else { return }
    guard model.isEmbedding else {
      return fail(exchange, 400, "The model does not support Embeddings API")
    }
    guard let inputs = Embedding.inputs(body["input"]) else {
      return fail(exchange, 400, missing("input"))
    }
    json(exchange, Embedding.openAI(inputs, model: model.id, body))
  }

  private func tokenize(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let count = Prompt(body["messages"] == nil ? .completion : .chat, body).tokens
    let tokens = JSON.array((0..<count).map { .int($0) })
    json(
      exchange,
      [
        "count": .int(count), "max_model_len": .int(backend.models[0].context), "tokens": tokens,
        "token_strs": nil,
      ])
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    json(exchange, ["error": error(status, message)], status: status, extra: extra)
  }

  private func error(_ status: Int, _ message: String) -> JSON {
    let types = [
      400: "BadRequestError", 404: "NotFoundError", 422: "UnprocessableEntityError",
      501: "NotImplementedError", 503: "ServiceUnavailableError", 429: "TooManyRequestsError",
    ]
    return [
      "message": .string(message), "type": .string(types[status] ?? "InternalServerError"),
      "param": nil, "code": .int(status),
    ]
  }

  func streamError(_ message: String) -> [String] {
    [SSE.data(["error": error(500, message)]), SSE.done]
  }
}

import LatencyModels

/// OpenAI's cloud, or any server that speaks its protocol and nothing else.
struct OpenAI: Imitation {
  let isCloud: Bool
  var style: HeadStyle { isCloud ? .cloud : .plain }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    let usual = isCloud ? ["gpt-4o-mini", "text-embedding-3-small"] : ["local-model"]
    return (names.isEmpty ? usual : names).map { SimModel($0, context: context ?? 128_000) }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    if let key = backend.plan.apiKey, bearer(request) != key {
      let shown = bearer(request) ?? ""
      let hint =
        shown.isEmpty
        ? "You didn't provide an API key." : "Incorrect API key provided: \(shown.prefix(3))***."
      return error(exchange, 401, hint, "invalid_request_error", code: "invalid_api_key")
    }
    switch (request.method, request.path) {
    case ("GET", "/v1/models"):
      answer(exchange, ["object": "list", "data": .array(backend.models.map(entry))])
    case ("GET", let path) where path.hasPrefix("/v1/models/"): one(exchange, backend, path)
    case ("POST", "/v1/chat/completions"): generate(.chat, exchange, backend)
    case ("POST", "/v1/completions"): generate(.completion, exchange, backend)
    case ("POST", "/v1/embeddings"): embed(exchange, backend)
    default:
      let message = "Invalid URL (\(request.method) \(request.path))"
      error(exchange, 404, message, "invalid_request_error")
    }
  }

  private func answer(_ exchange: Exchange, _ body: JSON) {
    json(exchange, body, extra: extra(exchange))
  }

  /// What the cloud adds to every answer.
  private func extra(_ exchange: Exchange) -> [(String, String)] {
    guard isCloud else { return [] }
    return [
      ("openai-version", "2020-10-01"), ("x-request-id", "req_\(exchange.record.number)"),
      ("openai-processing-ms", "12"), ("x-ratelimit-limit-requests", "10000"),
      ("x-ratelimit-remaining-requests", "9999"), ("x-ratelimit-reset-requests", "6ms"),
    ]
  }

  private func entry(_ model: SimModel) -> JSON {
    [
      "id": .string(model.id), "object": "model", "created": 1_721_172_741,
      "owned_by": isCloud ? "system" : "owner",
    ]
  }

  private func one(_ exchange: Exchange, _ backend: Backend, _ path: String) {
    let id = Request.percentDecoded(String(path.dropFirst("/v1/models/".count)))
    guard let model = backend.model(id) else { return unknown(exchange, id) }
    answer(exchange, entry(model))
  }

  private func unknown(_ exchange: Exchange, _ id: String) {
    let message = "The model `\(id)` does not exist or you do not have access to it."
    error(exchange, 404, message, "invalid_request_error", code: "model_not_found")
  }

  private var badJSON: String {
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
      + "your HTTP library correctly.)"
  }

  private func generate(_ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, { _ in badJSON }) else { return }
    let prompt = Prompt(kind, body)
    guard let name = prompt.model else {
      return error(exchange, 400, "you must provide a model parameter", "invalid_request_error")
    }
    if kind == .chat, body["messages"]?.array == nil {
      return error(
        exchange, 400, "Missing required parameter: 'messages'.", "invalid_request_error",
        param: "messages", code: "missing_required_parameter")
    }
    guard let model = backend.model(name) else { return unknown(exchange, name) }
    guard prompt.tokens <= model.context else {
      let message =
        "This model's maximum context length is \(model.context) tokens. However, your "
        + "messages resulted in \(prompt.tokens) tokens. Please reduce the length of the messages."
      return error(
        exchange, 400, message, "invalid_request_error", param: "messages",
        code: "context_length_exceeded")
    }
    let run = backend.plan(prompt, model, id: "chatcmpl-" + backend.random.name(29))
    if !Generation.start(exchange, backend, model, run, dialect(exchange)) {
      fail(exchange, 429, "Rate limit reached", extra: [("retry-after", "1")])
    }
  }

  private func dialect(_ exchange: Exchange) -> OpenAIDialect {
    guard isCloud else {
      return OpenAIDialect(hasLogprobs: false, openingDelta: ["role": "assistant"])
    }
    return OpenAIDialect(
      streamType: "text/event-stream; charset=utf-8", streamHeaders: extra(exchange),
      afterModel: ["service_tier": "default", "system_fingerprint": "fp_560af6e559"],
      afterContent: ["refusal": nil, "annotations": []],
      openingDelta: ["role": "assistant", "content": "", "refusal": nil])
  }

  private func embed(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, { _ in badJSON }) else { return }
    let name = body["model"]?.string ?? ""
    guard backend.model(name) != nil else { return unknown(exchange, name) }
    guard let inputs = Embedding.inputs(body["input"]) else {
      return error(exchange, 400, "'input' is required", "invalid_request_error", param: "input")
    }
    answer(exchange, Embedding.openAI(inputs, model: name, body))
  }

  // MARK: Errors

  private func error(
    _ exchange: Exchange, _ status: Int, _ message: String, _ type: String, param: String? = nil,
    code: String? = nil, extra: [(String, String)] = []
  ) {
    let body: JSON = [
      "error": [
        "message": .string(message), "type": .string(type), "param": JSON(param),
        "code": JSON(code),
      ]
    ]
    json(exchange, body, status: status, extra: self.extra(exchange) + extra)
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    let type =
      switch status {
      case 429: "requests"
      case 500...: "server_error"
      default: "invalid_request_error"
      }
    error(
      exchange, status, message, type, code: status == 429 ? "rate_limit_exceeded" : nil,
      extra: extra)
  }

  func streamError(_ message: String) -> [String] {
    let error: JSON = [
      "message": .string(message), "type": "server_error", "param": nil, "code": nil,
    ]
    return [SSE.data(["error": error])]
  }
}

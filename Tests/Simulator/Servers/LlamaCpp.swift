import LatencyModels

/// llama.cpp's `llama-server` with one model, as in the recorded exchanges of Tests/Fixtures.
struct LlamaCpp: Imitation {
  var style: HeadStyle { .llamacpp }
  var jsonType: String { "application/json; charset=utf-8" }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    [SimModel(names.first ?? "gemma-3-270m", context: context ?? 4096)]
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    let path = request.path
    if request.method == "OPTIONS" { return preflight(exchange) }
    if path == "/health" || path == "/v1/health" { return json(exchange, ["status": "ok"]) }
    guard isAllowed(request, backend) else {
      return refuse(exchange, 401, "authentication_error", "Invalid API Key")
    }
    let model = backend.models[0]
    switch (request.method, path) {
    case ("GET", "/v1/models"), ("GET", "/models"):
      json(exchange, LlamaCppPages.models(model, backend))
    case ("GET", "/props"): json(exchange, LlamaCppPages.props(model, backend))
    case ("GET", "/slots"): slots(exchange, backend)
    case ("GET", "/metrics"): metrics(exchange, backend)
    default: serveWork(exchange, backend, model)
    }
  }

  private func serveWork(_ exchange: Exchange, _ backend: Backend, _ model: SimModel) {
    switch (exchange.request.method, exchange.request.path) {
    case ("POST", "/v1/chat/completions"), ("POST", "/chat/completions"):
      generate(.chat, exchange, backend, model)
    case ("POST", "/v1/completions"): generate(.completion, exchange, backend, model)
    case ("POST", "/v1/embeddings"), ("POST", "/embeddings"), ("POST", "/embedding"):
      embed(exchange, model)
    case ("POST", "/tokenize"): tokenize(exchange)
    case ("POST", "/v1/chat/completions/input_tokens"): countTokens(exchange)
    default: refuse(exchange, 404, "not_found_error", "File Not Found")
    }
  }

  private func isAllowed(_ request: Request, _ backend: Backend) -> Bool {
    guard let key = backend.plan.apiKey else { return true }
    return bearer(request) == key || request.header("x-api-key") == key
  }

  private func preflight(_ exchange: Exchange) {
    let cors = [
      ("Access-Control-Allow-Credentials", "true"),
      ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
      ("Access-Control-Allow-Headers", "*"),
    ]
    exchange.respond(200, type: "text/html", [], extra: cors)
  }

  // MARK: Load

  private func slots(_ exchange: Exchange, _ backend: Backend) {
    let isFull = backend.slots.running >= backend.slots.limit
    if isFull, exchange.request.query("fail_on_no_slot") != nil {
      return fail(exchange, 503, "no slot available", type: "unavailable_error")
    }
    json(exchange, LlamaCppPages.slots(backend))
  }

  private func metrics(_ exchange: Exchange, _ backend: Backend) {
    guard !backend.plan.hidesMetrics else {
      let hint = "This server does not support metrics endpoint. Start it with `--metrics`"
      return fail(exchange, 501, hint, type: "not_supported_error")
    }
    exchange.respond(
      200, type: "text/plain; version=0.0.4", Array(LlamaCppPages.metrics(backend).utf8),
      extra: [("Process-Start-Time-Unix", "3469894115")])
  }

  // MARK: Work

  func generate(
    _ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend, _ model: SimModel,
    chunkedWhole: Bool = false
  ) {
    guard let body = parsed(exchange, parseError) else { return }
    if let problem = LlamaCpp.missing(kind, in: body) { return fail(exchange, 400, problem) }
    let prompt = Prompt(kind, body)
    if prompt.hasImage, !model.sees {
      let hint =
        "image input is not supported - hint: if this is unexpected, "
        + "you may need to provide the mmproj"
      return fail(exchange, 500, hint, type: "server_error")
    }
    guard prompt.tokens < model.context else { return overflow(exchange, prompt, model) }
    var random = backend.random
    let run = backend.plan(prompt, model, id: "chatcmpl-" + random.name(32))
    backend.random = random
    _ = Generation.start(
      exchange, backend, model, run, LlamaCppDialect(), chunkedWhole: chunkedWhole)
  }

  private static func missing(_ kind: Prompt.Kind, in body: JSON) -> String? {
    if kind == .completion { return body["prompt"] == nil ? "'prompt' is required" : nil }
    guard let messages = body["messages"] else { return "'messages' is required" }
    return messages.array == nil ? "Expected 'messages' to be an array" : nil
  }

  private func overflow(_ exchange: Exchange, _ prompt: Prompt, _ model: SimModel) {
    let message =
      "request (\(prompt.tokens) tokens) exceeds the available context size "
      + "(\(model.context) tokens), try increasing it"
    let error: JSON = [
      "code": 400, "message": .string(message), "type": "exceed_context_size_error",
      "n_prompt_tokens": .int(prompt.tokens), "n_ctx": .int(model.context),
    ]
    json(exchange, ["error": error], status: 400)
  }

  private func embed(_ exchange: Exchange, _ model: SimModel) {
    guard model.isEmbedding else {
      let hint = "This server does not support embeddings. Start it with `--embeddings`"
      return fail(exchange, 501, hint, type: "not_supported_error")
    }
    guard let body = parsed(exchange, parseError) else { return }
    guard let inputs = Embedding.inputs(body["input"] ?? body["content"]) else {
      return fail(exchange, 400, "\"input\" or \"content\" must be provided")
    }
    let isBase64 = body["encoding_format"]?.string == "base64"
    let data = inputs.enumerated().map { index, text -> JSON in
      let vector: JSON = [
        "embedding": Embedding.json(Embedding.vector(text), base64: isBase64),
        "index": .int(index), "object": "embedding",
      ]
      return isBase64 ? vector.adding(["encoding_format": "base64"]) : vector
    }
    let tokens = JSON.int(inputs.reduce(0) { $0 + ($1.utf8.count + 3) / 4 + 1 })
    json(
      exchange,
      [
        "model": .string(model.id), "object": "list",
        "usage": ["prompt_tokens": tokens, "total_tokens": tokens], "data": .array(data),
      ])
  }

  private func tokenize(_ exchange: Exchange) {
    guard let body = parsed(exchange, parseError) else { return }
    let words = (body["content"]?.string ?? "").split(separator: " ")
    let withPieces = body["with_pieces"]?.bool ?? false
    let tokens = words.map { word -> JSON in
      let id = JSON.int(Int(Random.hash(word.utf8) % 262_144))
      return withPieces ? ["id": id, "piece": .string(String(word))] : id
    }
    json(exchange, ["tokens": .array(tokens)])
  }

  private func countTokens(_ exchange: Exchange) {
    guard let body = parsed(exchange, parseError) else { return }
    let count = JSON.int(Prompt(.chat, body).tokens)
    json(exchange, ["input_tokens": count, "object": "response.input_tokens"])
  }

  // MARK: Errors

  private func parseError(_ error: JSONError) -> String {
    "[json.exception.parse_error.101] parse error at line 1, column \(error.offset + 1): "
      + "syntax error while parsing value - \(error.message)"
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    let types = [400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"]
    let fallback = status == 503 ? "unavailable_error" : "server_error"
    fail(exchange, status, message, type: types[status] ?? fallback, extra: extra)
  }

  private func fail(
    _ exchange: Exchange, _ status: Int, _ message: String, type: String,
    extra: [(String, String)] = []
  ) {
    let error: JSON = [
      "code": .int(status), "message": .string(message), "type": .string(type),
    ]
    json(exchange, ["error": error], status: status, extra: extra)
  }

  /// Errors of the HTTP layer have their keys in another order than those of the model's.
  func refuse(_ exchange: Exchange, _ status: Int, _ type: String, _ message: String) {
    let error: JSON = [
      "message": .string(message), "type": .string(type), "code": .int(status),
    ]
    json(exchange, ["error": error], status: status)
  }

  func streamError(_ message: String) -> [String] {
    let error: JSON = ["code": 500, "message": .string(message), "type": "server_error"]
    return [SSE.data(["error": error])]
  }
}

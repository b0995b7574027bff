import LatencyModels

/// Ollama: its own API and the OpenAI-compatible one.
struct Ollama: Imitation {
  var style: HeadStyle { .go }
  var jsonType: String { "application/json; charset=utf-8" }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    let usual = ["llama3.2:3b", "qwen3:8b", "gemma3:4b", "nomic-embed-text:latest"]
    return (names.isEmpty ? usual : names).map {
      SimModel($0, context: context ?? 4096, state: .cold)
    }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    guard isLocal(request) else { return exchange.respond(403, type: nil, []) }
    switch (request.method, request.path) {
    case ("GET", "/"), ("HEAD", "/"):
      text(exchange, "Ollama is running", type: "text/plain; charset=utf-8")
    case ("GET", "/api/version"): json(exchange, ["version": "0.33.0"])
    case ("GET", "/api/status"): json(exchange, ["cloud": ["disabled": true, "source": "none"]])
    case ("GET", "/api/tags"):
      json(exchange, ["models": .array(backend.models.map(OllamaPages.tag))])
    case ("GET", "/api/ps"):
      let loaded = backend.models.filter { $0.state == .loaded }
      json(exchange, ["models": .array(loaded.map { OllamaPages.running($0, backend) })])
    case ("POST", "/api/show"): show(exchange, backend)
    case ("POST", "/api/generate"): native(.completion, exchange, backend)
    case ("POST", "/api/chat"): native(.chat, exchange, backend)
    case ("POST", "/api/embed"): nativeEmbed(exchange, backend)
    default: serveCompatible(exchange, backend)
    }
  }

  /// Without a prompt the model is loaded, or with `keep_alive` 0 removed.
  func isLoad(_ request: Request) -> Bool {
    guard request.method == "POST", request.path.hasPrefix("/api/"),
      let body = try? JSONParser.parse(request.body)
    else { return false }
    switch request.path {
    case "/api/generate":
      return (body["prompt"]?.string ?? "").isEmpty && !OllamaPages.isUnload(body)
    case "/api/chat":
      return (body["messages"]?.array ?? []).isEmpty && !OllamaPages.isUnload(body)
    case "/api/embed": return body["input"]?.string == ""
    default: return false
    }
  }

  private func serveCompatible(_ exchange: Exchange, _ backend: Backend) {
    switch (exchange.request.method, exchange.request.path) {
    case ("GET", "/v1/models"):
      let data = backend.models.map(OllamaPages.entry)
      json(exchange, ["object": "list", "data": data.isEmpty ? nil : .array(data)])
    case ("GET", let path) where path.hasPrefix("/v1/models/"):
      let id = Request.percentDecoded(String(path.dropFirst("/v1/models/".count)))
      guard let model = find(id, backend) else { return unknown(exchange, id) }
      json(exchange, OllamaPages.entry(model))
    case ("POST", "/v1/chat/completions"): generate(.chat, exchange, backend)
    case ("POST", "/v1/completions"): generate(.completion, exchange, backend)
    case ("POST", "/v1/embeddings"): embed(exchange, backend)
    case (_, "/v1/chat/completions"), (_, "/v1/models"), (_, "/api/tags"), (_, "/api/generate"):
      text(exchange, "405 method not allowed", status: 405, type: "text/plain")
    default: text(exchange, "404 page not found", status: 404, type: "text/plain")
    }
  }

  /// A server bound to loopback refuses the names of other machines, against DNS rebinding.
  private func isLocal(_ request: Request) -> Bool {
    let host = (request.header("host") ?? "").split(separator: ":").first.map(String.init) ?? ""
    let isNumeric = host.allSatisfy { $0.isNumber || $0 == "." }
    return isNumeric || host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("[")
  }

  /// A name without a tag means `:latest`.
  private func find(_ name: String?, _ backend: Backend) -> SimModel? {
    guard let name else { return nil }
    return backend.model(name) ?? backend.model(name + ":latest")
  }

  // MARK: OpenAI-compatible

  private func badJSON(_ error: JSONError) -> String {
    "invalid character at offset \(error.offset): \(error.message)"
  }

  private func generate(_ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    let prompt = Prompt(kind, body, limitKeys: ["max_tokens"])
    if kind == .chat, (body["messages"]?.array ?? []).isEmpty {
      return fail(exchange, 400, "[] is too short - 'messages'")
    }
    guard let model = find(prompt.model, backend) else {
      return unknown(exchange, prompt.model ?? "")
    }
    if kind == .chat, model.isEmbedding {
      return fail(exchange, 400, "\"\(model.id)\" does not support chat")
    }
    if body["tools"]?.array?.isEmpty == false, !model.callsTools {
      return fail(exchange, 400, "registry.ollama.ai/library/\(model.id) does not support tools")
    }
    guard prompt.longestMessage < model.context else {
      return fail(exchange, 400, "the input length exceeds the context length")
    }
    let id = (kind == .chat ? "chatcmpl-" : "cmpl-") + String(backend.random.below(1000))
    let run = backend.plan(prompt, model, id: id, context: max(model.context, prompt.tokens + 64))
    if !Generation.start(exchange, backend, model, run, dialect) { busy(exchange) }
  }

  private var dialect: OpenAIDialect {
    OpenAIDialect(
      afterModel: ["system_fingerprint": "fp_ollama"], hasLogprobs: false, openingDelta: nil,
      repeatsRole: true, thoughtKey: "reasoning",
      finishDelta: ["role": "assistant", "content": ""], cutsCalls: false, callIDLength: 8)
  }

  private func embed(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, badJSON) else { return }
    guard let model = find(body["model"]?.string, backend) else {
      return unknown(exchange, body["model"]?.string ?? "")
    }
    guard let inputs = Embedding.inputs(body["input"]) else {
      return fail(exchange, 400, "invalid input type")
    }
    let name = body["model"]?.string ?? model.id
    backend.load(model) { json(exchange, Embedding.openAI(inputs, model: name, body)) }
  }

  // MARK: Errors

  private func unknown(_ exchange: Exchange, _ name: String) {
    fail(exchange, 404, "model \"\(name)\" not found, try pulling it first")
  }

  func busy(_ exchange: Exchange) {
    fail(exchange, 503, "server busy, please try again.  maximum pending requests exceeded")
  }

  /// The compatible paths answer in OpenAI's shape, the native ones with a string.
  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    guard exchange.request.path.hasPrefix("/v1/") else {
      return json(exchange, ["error": .string(message)], status: status, extra: extra)
    }
    let types = [400: "invalid_request_error", 404: "not_found_error"]
    let error: JSON = [
      "message": .string(message), "type": .string(types[status] ?? "api_error"), "param": nil,
      "code": nil,
    ]
    json(exchange, ["error": error], status: status, extra: extra)
  }

  /// The text of the error is lost: an empty delta, and the body ends.
  func streamError(_ message: String) -> [String] {
    let choice: JSON = [
      "index": 0, "delta": ["role": "assistant", "content": ""], "finish_reason": nil,
    ]
    return [
      SSE.data([
        "id": "chatcmpl-0", "object": "chat.completion.chunk", "created": .int(unixNow()),
        "model": "", "system_fingerprint": "fp_ollama", "choices": [choice],
      ])
    ]
  }
}

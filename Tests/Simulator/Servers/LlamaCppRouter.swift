/// llama.cpp in router mode: many models, loaded on demand, one process each.
struct LlamaCppRouter: Imitation {
  private let single = LlamaCpp()
  var style: HeadStyle { .llamacpp }
  var jsonType: String { single.jsonType }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    (names.isEmpty ? ["tiny-a", "tiny-b"] : names).map {
      SimModel($0, context: context ?? 2048, state: .cold)
    }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    if ["/health", "/v1/health"].contains(request.path) {
      return json(exchange, ["status": "ok"])
    }
    if let key = backend.plan.apiKey, bearer(request) != key, request.header("x-api-key") != key {
      return single.refuse(exchange, 401, "authentication_error", "Invalid API Key")
    }
    switch (request.method, request.path) {
    case ("GET", "/v1/models"), ("GET", "/models"):
      json(exchange, ["data": .array(backend.models.map(entry)), "object": "list"])
    case ("GET", "/props"): props(exchange, backend)
    case ("GET", "/slots"):
      proxied(exchange, backend) { LlamaCppPages.slots(backend) }
    case ("GET", "/metrics"): metrics(exchange, backend)
    case ("GET", "/models/sse"): RouterEvents.follow(exchange, backend)
    case ("POST", "/models/load"): load(exchange, backend)
    case ("POST", "/models/unload"): unload(exchange, backend)
    default: work(exchange, backend)
    }
  }

  func isLoad(_ request: Request) -> Bool {
    request.method == "POST" && request.path == "/models/load"
  }

  private func entry(_ model: SimModel) -> JSON {
    let value = RouterEvents.word(model)
    let arguments = ["llama-server", "--host", "127.0.0.1", "--alias", model.id, "--parallel", "1"]
    let status: JSON = [
      "value": .string(value), "args": JSON(strings: arguments),
      "preset": .string("[\(model.id)]\nparallel = 1\n\n"),
    ]
    let failure: JSON = model.hasFailed ? ["failed": true, "exit_code": 1] : [:]
    let entry: JSON = [
      "id": .string(model.id), "aliases": [], "tags": [], "object": "model",
      "owned_by": "llamacpp", "created": .int(unixNow()),
      "status": status.adding(failure),
      "architecture": LlamaCppPages.architecture(model), "source": "models_dir",
      "can_remove": false,
    ]
    return value == "loaded" ? entry.adding(["meta": LlamaCppPages.meta(model)]) : entry
  }

  private func props(_ exchange: Exchange, _ backend: Backend) {
    guard exchange.request.query("model") == nil else {
      return proxied(exchange, backend) { LlamaCppPages.props($0, backend) }
    }
    json(
      exchange,
      [
        "role": "router", "max_instances": 4, "models_autoload": true,
        "model_alias": "llama-server", "model_path": "none",
        "default_generation_settings": ["params": nil, "n_ctx": 0], "ui_settings": [:],
        "build_info": "b0-unknown", "cors_proxy_enabled": false,
      ])
  }

  private func metrics(_ exchange: Exchange, _ backend: Backend) {
    asked(exchange, backend) { _ in
      exchange.respond(
        200, type: "text/plain; version=0.0.4", Array(LlamaCppPages.metrics(backend).utf8),
        extra: passedOn(exchange), chunked: true)
    }
  }

  /// Finds the model of `?model=`, loads it unless `autoload=false`, and goes on.
  private func asked(
    _ exchange: Exchange, _ backend: Backend, _ use: @escaping (SimModel) -> Void
  ) {
    guard let name = exchange.request.query("model") else {
      return fail(exchange, 400, "model name is missing from the request")
    }
    guard let model = backend.model(name) else {
      return fail(exchange, 400, "model '\(name)' not found")
    }
    if model.state == .cold, exchange.request.query("autoload") == "false" {
      return fail(exchange, 400, "model is not loaded")
    }
    backend.load(model) { if !exchange.isOver { use(model) } }
  }

  /// The fields of a model's own process come along, so that Connection may stand there twice.
  private func passedOn(_ exchange: Exchange) -> [(String, String)] {
    (exchange.keepsAlive ? [] : [("Connection", "close")]) + [("X-Accel-Buffering", "no")]
  }

  private func proxied(
    _ exchange: Exchange, _ backend: Backend, _ page: @escaping () -> JSON
  ) {
    proxied(exchange, backend) { _ in page() }
  }

  /// What comes from a model's own process is passed on in chunks.
  private func proxied(
    _ exchange: Exchange, _ backend: Backend, _ page: @escaping (SimModel) -> JSON
  ) {
    asked(exchange, backend) { model in
      exchange.respond(
        200, type: jsonType, page(model).bytes,
        extra: passedOn(exchange), chunked: true)
    }
  }

  private func named(_ exchange: Exchange, _ backend: Backend) -> SimModel? {
    guard let body = parsed(exchange, { "parse error at \($0.offset)" }) else { return nil }
    guard let name = body["model"]?.string else {
      fail(exchange, 400, "model name is missing from the request")
      return nil
    }
    guard let model = backend.model(name) else {
      single.refuse(exchange, 404, "not_found_error", "File Not Found")
      return nil
    }
    return model
  }

  private func load(_ exchange: Exchange, _ backend: Backend) {
    guard let model = named(exchange, backend) else { return }
    guard model.state == .cold else { return fail(exchange, 400, "model is already running") }
    model.isUnheard = exchange.fault?.kind == .loadUnheard
    backend.obey(exchange, load: model) { _ in }
    json(exchange, ["success": true])
  }

  private func unload(_ exchange: Exchange, _ backend: Backend) {
    guard let model = named(exchange, backend) else { return }
    guard model.state == .loaded else { return fail(exchange, 400, "model is not running") }
    model.state = .cold
    json(exchange, ["success": true])
  }

  private func work(_ exchange: Exchange, _ backend: Backend) {
    let kind: Prompt.Kind
    switch (exchange.request.method, exchange.request.path) {
    case ("POST", "/v1/chat/completions"), ("POST", "/chat/completions"): kind = .chat
    case ("POST", "/v1/completions"): kind = .completion
    default: return single.refuse(exchange, 404, "not_found_error", "File Not Found")
    }
    guard let body = parsed(exchange, { "parse error at \($0.offset)" }) else { return }
    guard let name = body["model"]?.string else {
      return fail(exchange, 400, "model name is missing from the request")
    }
    guard let model = backend.model(name) else {
      return fail(exchange, 400, "model '\(name)' not found")
    }
    single.generate(kind, exchange, backend, model, chunkedWhole: true)
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    single.fail(exchange, status, message, extra: extra)
  }

  func streamError(_ message: String) -> [String] { single.streamError(message) }
}

/// The router's event stream: what becomes of models, while somebody listens. It never ends.
private enum RouterEvents {
  static func word(_ model: SimModel) -> String {
    switch model.state {
    case .cold: "unloaded"
    case .loading: "loading"
    case .loaded: "loaded"
    }
  }

  static func follow(_ exchange: Exchange, _ backend: Backend) {
    exchange.begin(
      200, type: "text/event-stream", extra: [("X-Accel-Buffering", "no")], closes: true)
    var told = backend.models.map(status)
    backend.follow(exchange) {
      for (index, model) in backend.models.enumerated() where !model.isUnheard {
        let status = status(model)
        guard status != told[index] else { continue }
        told[index] = status
        let event: JSON = [
          "model": .string(model.id), "event": "status_change", "data": status,
        ]
        exchange.events([SSE.data(event)])
      }
      return false
    }
  }

  private static func status(_ model: SimModel) -> JSON {
    let status: JSON = ["status": .string(word(model))]
    guard model.state == .loading else {
      return model.hasFailed ? status.adding(["exit_code": 1]) : status
    }
    let value = (model.progress(at: Backend.now()) * 20).rounded(.down) / 20
    return status.adding([
      "progress": [
        "stages": ["text_model"], "current": "text_model", "value": .double(value),
      ]
    ])
  }
}

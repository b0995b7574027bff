/// Ollama's own endpoints: show, generate, chat, embed, and loading by an empty generate.
extension Ollama {
  func show(_ exchange: Exchange, _ backend: Backend) {
    guard let (_, model) = asked(exchange, backend) else { return }
    json(exchange, OllamaPages.show(model))
  }

  /// The body, and the model that it names; answers the error otherwise.
  private func asked(_ exchange: Exchange, _ backend: Backend) -> (JSON, SimModel)? {
    guard let body = parsed(exchange, { "invalid character at offset \($0.offset)" }) else {
      return nil
    }
    guard let name = body["model"]?.string ?? body["name"]?.string else {
      fail(exchange, 400, "model is required")
      return nil
    }
    guard let model = backend.model(name) ?? backend.model(name + ":latest") else {
      fail(exchange, 404, "model '\(name)' not found")
      return nil
    }
    return (body, model)
  }

  func native(_ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend) {
    guard let (body, model) = asked(exchange, backend) else { return }
    let streams = body["stream"]?.bool ?? true
    let isEmpty =
      kind == .completion
      ? (body["prompt"]?.string ?? "").isEmpty : (body["messages"]?.array ?? []).isEmpty
    if isEmpty { return loadOrUnload(kind, exchange, backend, model, body, streams: streams) }
    let asked: JSON = body.adding(["stream": .bool(streams)])
    let limit = body["options"]?["num_predict"] ?? nil
    let prompt = Prompt(kind, asked.adding(["max_tokens": limit]), limitKeys: ["max_tokens"])
    guard prompt.longestMessage < model.context else {
      return fail(exchange, 400, "the input length exceeds the context length")
    }
    let run = backend.plan(prompt, model, id: "", context: max(model.context, prompt.tokens + 64))
    if !Generation.start(exchange, backend, model, run, OllamaNativeDialect()) { busy(exchange) }
  }

  /// No prompt: bring the model into memory, or with `keep_alive` 0 out of it.
  private func loadOrUnload(
    _ kind: Prompt.Kind, _ exchange: Exchange, _ backend: Backend, _ model: SimModel,
    _ body: JSON, streams: Bool
  ) {
    let isUnload = OllamaPages.isUnload(body)
    let finish = {
      let reason = isUnload ? "unload" : "load"
      let payload: JSON =
        kind == .completion
        ? ["response": ""] : ["message": ["role": "assistant", "content": ""]]
      let head: JSON = [
        "model": .string(model.id), "created_at": .string(rfc3339(unixNow())),
      ]
      let answer = head.adding(payload).adding(["done": true, "done_reason": .string(reason)])
      guard streams else { return json(exchange, answer) }
      exchange.begin(200, type: "application/x-ndjson")
      exchange.events([answer.text() + "\n"])
      exchange.end()
    }
    guard isUnload else { return bring(model, exchange, backend, finish) }
    model.state = .cold
    finish()
  }

  /// Loads a model and answers with the error if that fails. A client that goes ends the load.
  private func bring(
    _ model: SimModel, _ exchange: Exchange, _ backend: Backend, _ finish: @escaping () -> Void
  ) {
    exchange.onGone = { if model.state == .loading, model.waiters.isEmpty { model.state = .cold } }
    backend.obey(exchange, load: model) { isThere in
      if isThere { return finish() }
      fail(exchange, 500, "llama runner process has terminated: exit status 2")
    }
  }

  func nativeEmbed(_ exchange: Exchange, _ backend: Backend) {
    guard let (body, model) = asked(exchange, backend) else { return }
    guard let inputs = Embedding.inputs(body["input"]) else {
      return fail(exchange, 400, "invalid input type")
    }
    bring(model, exchange, backend) {
      let vectors = inputs.map { Embedding.json(Embedding.vector($0), base64: false) }
      json(
        exchange,
        [
          "model": .string(model.id), "embeddings": .array(vectors), "total_duration": 14_143_917,
          "load_duration": 1_019_500, "prompt_eval_count": .int(inputs.count * 4),
        ])
    }
  }
}

/// One JSON object per line; the last is `done`.
struct OllamaNativeDialect: Dialect {
  var streamType: String { "application/x-ndjson" }

  func thought(_ run: Run, _ token: String) -> String {
    line(run, content: "", more: ["thinking": .string(token)])
  }

  func text(_ run: Run, _ token: String) -> String { line(run, content: token) }

  func call(_ run: Run, _ call: Answer.Call) -> [String] {
    [line(run, content: "", more: calls(call))]
  }

  func closing(_ run: Run) -> [String] {
    let base = head(run).adding(payload(run, content: "", more: [:]))
    return [base.adding(end(run)).text() + "\n"]
  }

  func whole(_ run: Run) -> JSON {
    var more: JSON = [:]
    if !run.answer.thoughts.isEmpty { more = ["thinking": .string(run.answer.thought)] }
    if let call = run.answer.call { more = more.adding(calls(call)) }
    return head(run).adding(payload(run, content: run.answer.text, more: more)).adding(end(run))
  }

  private func calls(_ call: Answer.Call) -> JSON {
    let arguments = (try? JSONParser.parse(Array(call.arguments.utf8))) ?? [:]
    return ["tool_calls": [["function": ["name": .string(call.name), "arguments": arguments]]]]
  }

  private func line(_ run: Run, content: String, more: JSON = [:]) -> String {
    head(run).adding(payload(run, content: content, more: more)).adding(["done": false]).text()
      + "\n"
  }

  private func head(_ run: Run) -> JSON {
    ["model": .string(run.model), "created_at": .string(rfc3339(unixNow()))]
  }

  private func payload(_ run: Run, content: String, more: JSON) -> JSON {
    guard run.prompt.kind == .chat else {
      return (["response": .string(content)] as JSON).adding(more)
    }
    let message: JSON = ["role": "assistant", "content": .string(content)]
    return ["message": message.adding(more)]
  }

  private func end(_ run: Run) -> JSON {
    let reason = run.answer.finish == "length" ? "length" : "stop"
    return [
      "done": true, "done_reason": .string(reason), "total_duration": 4_883_583_458,
      "load_duration": 1_334_875, "prompt_eval_count": .int(run.answer.promptTokens),
      "prompt_eval_duration": .int(Int(run.promptMilliseconds * 1e6)),
      "eval_count": .int(run.answer.completionTokens),
      "eval_duration": .int(Int(run.predictedMilliseconds * 1e6)),
    ]
  }
}

/// Ollama's model pages.
enum OllamaPages {
  static func entry(_ model: SimModel) -> JSON {
    let owner = model.id.contains("/") ? String(model.id.prefix { $0 != "/" }) : "library"
    return [
      "id": .string(model.id), "object": "model", "created": 1_727_110_871,
      "owned_by": .string(owner),
    ]
  }

  static func tag(_ model: SimModel) -> JSON {
    [
      "name": .string(model.id), "model": .string(model.id),
      "modified_at": "2026-05-04T17:37:44.706015396-07:00", "size": model.lie.said(model.size),
      "digest": .string(model.digest), "details": details(model),
      "capabilities": JSON(strings: capabilities(model)),
    ]
  }

  static func isUnload(_ body: JSON) -> Bool {
    let keep = body["keep_alive"]
    return keep?.int == 0 || keep?.string == "0" || keep?.string == "0s"
  }

  static func running(_ model: SimModel, _ backend: Backend) -> JSON {
    [
      "name": .string(model.id), "model": .string(model.id),
      "size": model.lie.said(model.size),
      "digest": .string(model.digest), "details": details(model),
      "expires_at": .string(rfc3339(unixNow() + 300)),
      "size_vram": model.lie.said(min(model.size, backend.plan.vram ?? .max), isPart: true),
      "context_length": .int(model.context),
    ]
  }

  static func show(_ model: SimModel) -> JSON {
    let family = family(model)
    let info: [JSON.Member] = [
      JSON.Member(key: "general.architecture", value: .string(family)),
      JSON.Member(key: "general.parameter_count", value: 3_212_749_888),
      JSON.Member(key: "\(family).context_length", value: 131_072),
      JSON.Member(key: "\(family).embedding_length", value: 3072),
    ]
    return [
      "license": "", "modelfile": "", "parameters": "", "template": "{{ .Prompt }}",
      "details": details(model), "model_info": .object(info),
      "capabilities": JSON(strings: capabilities(model)),
      "modified_at": "2026-05-04T17:37:44.706015396-07:00",
    ]
  }

  private static func family(_ model: SimModel) -> String {
    model.isEmbedding ? "nomic-bert" : String(model.id.prefix { $0.isLetter })
  }

  private static func details(_ model: SimModel) -> JSON {
    [
      "parent_model": "", "format": "gguf", "family": .string(family(model)),
      "families": [.string(family(model))], "parameter_size": "3.2B",
      "quantization_level": "Q4_K_M", "context_length": 131_072, "embedding_length": 3072,
    ]
  }

  private static func capabilities(_ model: SimModel) -> [String] {
    guard !model.isEmbedding else { return ["embedding"] }
    return ["completion"] + (model.callsTools ? ["tools"] : []) + (model.sees ? ["vision"] : [])
      + (model.thinks ? ["thinking"] : [])
  }
}

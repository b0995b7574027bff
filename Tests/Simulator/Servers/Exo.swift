import LatencyModels

/// exo behind hypercorn: a catalogue of model cards, of which only placed instances answer.
struct Exo: Imitation {
  var style: HeadStyle { .hypercorn }

  func models(_ names: [String], context: Int?) -> [SimModel] {
    let usual = [
      "mlx-community/Llama-3.2-1B-Instruct-4bit", "mlx-community/Qwen3-0.6B-4bit",
    ]
    return (names.isEmpty ? usual : names).enumerated().map { index, name in
      let model = SimModel(name, context: context ?? 8192, state: index == 0 ? .loaded : .cold)
      if index == 0 { model.instances = [Exo.instanceID(model)] }
      return model
    }
  }

  func serve(_ exchange: Exchange, _ backend: Backend) {
    let request = exchange.request
    switch (request.method, request.path) {
    case ("GET", "/node_id"): json(exchange, .string(ExoState.node))
    case ("GET", "/v1/models"), ("GET", "/models"): catalogue(exchange, backend)
    case ("GET", "/state"): json(exchange, ExoState.whole(backend))
    case ("GET", let path) where path.hasPrefix("/state/"): part(exchange, backend, path)
    case ("GET", "/instance/await"): wait(exchange, backend)
    case ("POST", "/place_instance"): place(exchange, backend)
    case ("DELETE", let path) where path.hasPrefix("/instance/"): remove(exchange, backend, path)
    case ("POST", "/v1/chat/completions"): chat(exchange, backend)
    case ("POST", let path) where path.hasPrefix("/v1/cancel/"):
      json(
        exchange, ["message": "Command cancelled.", "command_id": .string(backend.random.uuid())])
    case (_, "/v1/chat/completions"), (_, "/place_instance"), (_, "/node_id"), (_, "/state"):
      fail(exchange, 405, "Method Not Allowed")
    default: fail(exchange, 404, "Not Found")
    }
  }

  func isLoad(_ request: Request) -> Bool {
    request.method == "POST" && request.path == "/place_instance"
  }

  static func instanceID(_ model: SimModel) -> String {
    var random = Random(seed: Random.hash(model.id.utf8))
    return random.uuid()
  }

  private func catalogue(_ exchange: Exchange, _ backend: Backend) {
    // Every model is on the disk: `?status=downloaded` leaves none out.
    json(exchange, ["object": "list", "data": .array(backend.models.map(ExoState.card))])
  }

  private func part(_ exchange: Exchange, _ backend: Backend, _ path: String) {
    var value: JSON? = ExoState.whole(backend)
    for key in path.dropFirst("/state/".count).split(separator: "/") {
      value = value?[Request.percentDecoded(String(key))]
    }
    guard let value else { return fail(exchange, 404, "Path not found") }
    json(exchange, value)
  }

  // MARK: Placing

  private func place(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, { "JSON decode error at \($0.offset)" }) else { return }
    let id = body["model_id"]?.string ?? ""
    guard let model = backend.model(id) else {
      return fail(exchange, 404, "Model \(id) not found")
    }
    if let vram = backend.plan.vram, model.size > vram {
      return fail(exchange, 400, "Not enough memory to place \(id)")
    }
    if exchange.fault?.kind != .loadLies, model.instances.isEmpty {
      model.instances = [backend.random.uuid()]
    }
    backend.obey(exchange, load: model) { _ in }
    json(
      exchange,
      [
        "message": "Command received.", "command_id": .string(backend.random.uuid()),
        "model_card": ExoState.card(model),
      ])
  }

  /// A stream that ends when the model is usable, or cannot be.
  private func wait(_ exchange: Exchange, _ backend: Backend) {
    let id = exchange.request.query("model_id") ?? ""
    guard let model = backend.model(id) else {
      return fail(exchange, 404, "Model \(id) not found")
    }
    let end =
      Backend.now() + 1000 * (exchange.request.query("timeout_seconds").flatMap(Double.init) ?? 60)
    exchange.begin(200, type: ExoDialect().streamType)
    backend.follow(exchange) {
      let isReady = model.state == .loaded || model.isClaimed
      guard isReady || model.hasFailed || Backend.now() > end else { return false }
      exchange.events([SSE.data(["ready": .bool(isReady)])])
      exchange.end()
      return true
    }
  }

  private func remove(_ exchange: Exchange, _ backend: Backend, _ path: String) {
    let id = String(path.dropFirst("/instance/".count))
    guard let model = backend.models.first(where: { $0.instances.contains(id) }) else {
      return fail(exchange, 404, "Instance not found")
    }
    model.instances = []
    model.state = .cold
    model.hasFailed = false
    json(
      exchange,
      [
        "message": "Command received.", "command_id": .string(backend.random.uuid()),
        "instance_id": .string(id),
      ])
  }

  // MARK: Work

  private func chat(_ exchange: Exchange, _ backend: Backend) {
    guard let body = parsed(exchange, { "JSON decode error at \($0.offset)" }) else { return }
    guard let id = body["model"]?.string, body["messages"]?.array != nil else {
      return fail(exchange, 422, "Field required")
    }
    let prompt = Prompt(.chat, body, limitKeys: ["max_tokens"])
    guard let model = backend.model(id), !model.instances.isEmpty else {
      return fail(exchange, 404, "No instance found for model \(id)")
    }
    let run = backend.plan(prompt, model, id: backend.random.uuid())
    guard prompt.tokens < model.context else { return breakDown(exchange, prompt) }
    _ = Generation.start(exchange, backend, model, run, ExoDialect())
  }

  /// A failure comes after the 200: as an event in a stream, otherwise as a body that breaks off.
  private func breakDown(_ exchange: Exchange, _ prompt: Prompt) {
    exchange.begin(200, type: prompt.isStream ? ExoDialect().streamType : "application/json")
    guard prompt.isStream else { return exchange.breakOff() }
    for event in streamError("Context length exceeded") { exchange.events([event]) }
    exchange.end()
  }

  func fail(_ exchange: Exchange, _ status: Int, _ message: String, extra: [(String, String)]) {
    let error: JSON = [
      "message": .string(message), "type": .string(HeadStyle.reason(status)), "param": nil,
      "code": .int(status),
    ]
    json(exchange, ["error": error], status: status, extra: extra)
  }

  func streamError(_ message: String) -> [String] {
    let error: JSON = [
      "message": .string(message), "type": "InternalServerError", "param": nil, "code": 500,
    ]
    return [SSE.data(["error": error]), SSE.done]
  }
}

/// exo's cluster state, in camelCase as its `/state` gives it.
enum ExoState {
  static let node = "12D3KooWSimulatedNodeNodeNodeNodeNodeNodeNode"

  static func whole(_ backend: Backend) -> JSON {
    let placed = backend.models.filter { !$0.instances.isEmpty }
    return [
      "instances": .object(placed.map { JSON.Member(key: $0.instances[0], value: instance($0)) }),
      "runners": .object(
        placed.map { JSON.Member(key: runner($0), value: status($0, backend)) }),
      "downloads": [:], "tasks": tasks(backend), "lastSeen": [:],
      "topology": ["nodes": [.string(node)], "connections": [:]],
      "nodeIdentities": [:],
      "nodeMemory": .object([JSON.Member(key: node, value: memory(backend))]),
      "lastEventAppliedIdx": 42,
    ]
  }

  private static func memory(_ backend: Backend) -> JSON {
    let vram = backend.plan.vram
    let total = vram ?? 34_359_738_368
    let free = vram.map { max(0, $0 - backend.used) } ?? 17_179_869_184
    let shown = backend.lie == .surplus ? total : free
    return [
      "ramTotal": ["inBytes": backend.lie.said(total)],
      "ramAvailable": ["inBytes": backend.lie.said(shown, isPart: true)],
      "swapTotal": ["inBytes": 0], "swapAvailable": ["inBytes": 0],
    ]
  }

  private static func runner(_ model: SimModel) -> String { "runner-" + model.instances[0] }

  private static func instance(_ model: SimModel) -> JSON {
    let shard: JSON = [
      "PipelineShardMetadata": [
        "modelCard": card(model), "deviceRank": 0, "worldSize": 1, "startLayer": 0,
        "endLayer": 16, "nLayers": 16,
      ]
    ]
    return [
      "MlxRingInstance": [
        "instanceId": .string(model.instances[0]),
        "shardAssignments": [
          "modelId": .string(model.id),
          "runnerToShard": .object([JSON.Member(key: runner(model), value: shard)]),
          "nodeToRunner": .object([JSON.Member(key: node, value: .string(runner(model)))]),
        ],
        "hostsByNode": [:], "ephemeralPort": 52416,
      ]
    ]
  }

  private static func status(_ model: SimModel, _ backend: Backend) -> JSON {
    switch model.state {
    case .cold:
      model.hasFailed
        ? ["RunnerFailed": ["errorMessage": "the runner ended with signal 9"]] : ["RunnerIdle": [:]]
    case .loading:
      [
        "RunnerLoading": [
          "layersLoaded": .int(Int(16 * model.progress(at: Backend.now()))), "totalLayers": 16,
        ]
      ]
    case .loaded: backend.slots.running > 0 ? ["RunnerRunning": [:]] : ["RunnerReady": [:]]
    }
  }

  private static func tasks(_ backend: Backend) -> JSON {
    let running = (0..<backend.slots.running).map { ("task-\($0)", "Running") }
    let waiting = (0..<backend.slots.waiting).map { ("waiting-\($0)", "Pending") }
    return .object(
      (running + waiting).map { id, status in
        JSON.Member(
          key: id,
          value: ["TextGeneration": ["taskId": .string(id), "taskStatus": .string(status)]])
      })
  }

  static func card(_ model: SimModel) -> JSON {
    let name = model.id.split(separator: "/").last.map(String.init) ?? model.id
    return [
      "id": .string(model.id), "object": "model", "created": .int(unixNow()), "owned_by": "exo",
      "hugging_face_id": .string(model.id), "name": .string(name), "description": "",
      "context_length": .int(model.context), "tags": [],
      "storage_size_megabytes": model.lie.said(model.size / 1_048_576), "supports_tensor": true,
      "tasks": ["TextGeneration"], "is_custom": false, "family": "llama", "quantization": "4bit",
      "base_model": .string(name),
      "capabilities": JSON(strings: ["text"] + (model.thinks ? ["thinking"] : [])),
      "reasoning_dialect": .string(model.thinks ? "qwen" : "none"),
    ]
  }
}

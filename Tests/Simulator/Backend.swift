import Glibc
import LatencyModels

/// One imitated server: a listener, an imitation that answers, and the state behind it.
final class Backend: ConnectionOwner {
  let name: String
  let plan: BackendPlan
  let loop: Loop
  let latency: LatencyModel
  let slots: Slots
  var memory: PromptMemory
  let models: [SimModel]
  let imitation: any Imitation
  private(set) var listener: Listener?
  private var connections: [Int32: Connection] = [:]
  /// Loads that wait until a model in memory is idle.
  private var blocked: [() -> Void] = []
  private(set) var log = RequestLog()
  private(set) var faults = FaultList()
  /// What it says of its memory instead of the truth.
  private(set) var lie: MemoryLie? {
    didSet { for model in models { model.lie = lie } }
  }
  var random: Random
  /// Connections since the start.
  private(set) var accepted = 0
  /// Requests whose body held the text that is watched for.
  private(set) var sighted = 0
  /// Totals for metrics pages.
  private(set) var promptTokens = 0
  private(set) var completionTokens = 0
  private(set) var answers = 0
  /// How often a model was brought into memory.
  private(set) var loads = 0

  init(_ plan: BackendPlan, _ loop: Loop, seed: UInt64) {
    name = plan.name
    self.plan = plan
    self.loop = loop
    latency = plan.latency
    slots = Slots(plan.latency)
    memory = PromptMemory(limit: plan.cache)
    imitation = plan.kind.imitation
    models = imitation.models(plan.models, context: plan.context)
    for model in models { model.givenSize = plan.size }
    for model in models.dropFirst(plan.memory ?? .max) { model.state = .cold }
    random = Random(seed: seed)
  }

  /// Opens the listener; false if the port is taken.
  func open(_ host: String) -> Bool {
    listener = Listener(loop, host, plan.port) { [weak self] socket in
      guard let self else { return }
      accepted += 1
      connections[socket] = Connection(loop, socket, owner: self)
    }
    return listener != nil
  }

  var style: HeadStyle { imitation.style }
  var idleLimit: Double? {
    guard let wanted = plan.idleLimit else { return style.idleLimit }
    return wanted > 0 ? wanted : nil
  }
  var jsonType: String { imitation.jsonType }
  var inFlight: Int { log.inFlight }
  var openConnections: Int { connections.count }

  // MARK: Requests

  func serve(_ request: Request, on connection: Connection) -> Exchange {
    let isInference = Backend.isInference(request)
    if let text = plan.watched, request.body.contains(Array(text.utf8)) { sighted += 1 }
    let isLoad = imitation.isLoad(request)
    let fault = faults.take(isInference: isInference, isLoad: isLoad) {
      Backend.model(of: request)
    }
    let exchange = Exchange(request, log.open(request), on: connection, fault: fault)
    exchange.streamError = { [imitation] in imitation.streamError("simulated failure") }
    if let fault { strike(exchange, fault) } else { imitation.serve(exchange, self) }
    return exchange
  }

  func sawIncomplete(_ request: Request) { log.open(request).end(.incomplete) }
  func closed(_ connection: Connection) { connections[connection.descriptor] = nil }

  private static func isInference(_ request: Request) -> Bool {
    let ends = [
      "/completions", "/embeddings", "/messages", "/responses", "/completion", "/rerank",
      "/api/chat", "/api/generate", "/api/embed", "/infill",
    ]
    return request.method == "POST" && ends.contains { request.path.hasSuffix($0) }
  }

  private static func model(of request: Request) -> String? {
    let body = try? JSONParser.parse(request.body)
    return body?["model"]?.string ?? body?["model_id"]?.string
  }

  private static func isStream(_ request: Request) -> Bool {
    (try? JSONParser.parse(request.body))?["stream"]?.bool ?? request.path.hasPrefix("/api/")
  }

  private func strike(_ exchange: Exchange, _ fault: Fault) {
    switch fault.kind {
    case .reset where fault.afterEvents == nil: exchange.breakOff(reset: true)
    case .stallBefore:
      guard fault.milliseconds > 0 else { return }
      loop.after(fault.milliseconds) { [self] in
        if !exchange.isOver { imitation.serve(exchange, self) }
      }
    case .status: fail(exchange, fault)
    case .errorInStream where !Backend.isStream(exchange.request):
      imitation.fail(exchange, 500, "simulated failure")
    case .garbage: exchange.raw(Array("\u{1}\u{2}garbage, not HTTP at all\r\n\r\n\u{7f}".utf8))
    case .garbageBody:
      exchange.respond(200, type: jsonType, Array("<html>this is {not JSON".utf8))
    default: imitation.serve(exchange, self)
    }
  }

  /// 429 and 503 say when to come back: `ms` rounded up to seconds.
  private func fail(_ exchange: Exchange, _ fault: Fault) {
    let seconds = max(1, Int((fault.milliseconds / 1000).rounded(.up)))
    let isBusy = fault.status == 429 || fault.status == 503
    imitation.fail(
      exchange, fault.status, "simulated \(fault.status)",
      extra: isBusy ? [("Retry-After", String(seconds))] : [])
  }

  // MARK: Faults of the whole backend

  func add(_ fault: Fault) {
    guard fault.kind != .memoryLies else { return lie = fault.lie }
    guard fault.kind.isOfBackend else { return faults.add(fault) }
    listener?.shut()
    for connection in connections.values {
      if fault.kind == .die { connection.reset() } else if connection.isIdle { connection.close() }
    }
    if fault.milliseconds > 0 {
      loop.after(fault.milliseconds) { [self] in listener?.open() }
    }
  }

  func clearFaults() {
    faults.clear()
    lie = nil
    listener?.open()
  }

  func clearLog() { log.clear() }

  // MARK: Models

  /// The model that a request names; nil if there is none of that name.
  func model(_ id: String?) -> SimModel? { models.first { $0.id == id } }

  /// Loads a model because the request asks for that; `done` hears whether it is said to be there.
  func obey(
    _ exchange: Exchange, load model: SimModel, _ done: @escaping (_ isThere: Bool) -> Void
  ) {
    let wait = exchange.fault?.milliseconds ?? 0
    model.hasFailed = false
    model.isClaimed = false
    switch exchange.fault?.kind {
    case .loadLies:
      model.isClaimed = true
      loop.after(wait) { done(true) }
    case .loadFails: fail(model, after: wait) { done(false) }
    case .loadStalls:
      model.state = .loading
      model.loading = (Backend.now(), 0)
      guard wait > 0 else { return }
      loop.after(wait) { [self] in
        if model.state == .loading { model.state = .cold }
        load(model) { done(true) }
      }
    default:
      if let vram = plan.vram, model.size > vram { return fail(model, after: 0) { done(false) } }
      load(model) { done(true) }
    }
  }

  private func fail(
    _ model: SimModel, after milliseconds: Double, _ done: @escaping () -> Void
  ) {
    model.state = .loading
    model.loading = (Backend.now(), 2 * milliseconds)
    loop.after(milliseconds) {
      model.state = .cold
      model.loading = nil
      model.hasFailed = true
      done()
    }
  }

  /// Takes a step every few milliseconds until it says that it is done, or the client has gone.
  func follow(_ exchange: Exchange, _ step: @escaping () -> Bool) {
    guard !exchange.isOver, !step() else { return }
    loop.after(5) { [self] in follow(exchange, step) }
  }

  /// Milliseconds of a clock that only goes forward.
  static func now() -> Double { Double(Loop.now()) / 1e6 }

  /// Calls `ready` once the model is in memory, after the time that this takes.
  func load(_ model: SimModel, _ ready: @escaping () -> Void) {
    switch model.state {
    case .loaded: return ready()
    case .loading: model.waiters.append(ready)
    case .cold:
      guard makeRoom(for: model) else {
        blocked.append { [self] in load(model, ready) }
        return
      }
      loads += 1
      model.state = .loading
      model.loading = (Backend.now(), latency.load)
      model.hasFailed = false
      model.isClaimed = false
      model.waiters.append(ready)
      loop.after(latency.load) { [self] in
        model.state = .loaded
        model.loading = nil
        model.loadedAt = Int(time(nil))
        imitation.loaded(model, self)
        let waiters = model.waiters
        model.waiters = []
        for waiter in waiters { waiter() }
      }
    }
  }

  /// An answer that used the model is over: those may have room that waited for it.
  func release(_ model: SimModel) {
    model.users -= 1
    let waiting = blocked
    blocked = []
    for load in waiting { load() }
  }

  /// Bytes that models take.
  var used: Int { models.reduce(0) { $0 + ($1.state == .cold ? 0 : $1.size) } }

  /// Puts the models that were loaded first out of memory while there is no room for another; false
  /// if all are in use.
  private func makeRoom(for model: SimModel) -> Bool {
    while !hasRoom(for: model) {
      guard evict() else { return models.allSatisfy { $0.state == .cold } }
    }
    return true
  }

  private func hasRoom(for model: SimModel) -> Bool {
    let count = models.count { $0.state != .cold }
    return count < plan.memory ?? .max && (plan.vram.map { used + model.size <= $0 } ?? true)
  }

  private func evict() -> Bool {
    let kept = models.filter { $0.state != .cold }
    let idle = kept.filter { $0.state == .loaded && $0.users == 0 }
    guard let oldest = idle.min(by: { $0.loadedAt < $1.loadedAt }) else { return false }
    oldest.state = .cold
    return true
  }

  func count(_ answer: Answer) {
    answers += 1
    promptTokens += answer.promptTokens
    completionTokens += answer.completionTokens
  }

  /// Plans the answer to `prompt`, with an identifier in the server's manner.
  func plan(_ prompt: Prompt, _ model: SimModel, id: String, context: Int? = nil) -> Run {
    let room = (context ?? model.context) - prompt.tokens
    let answer = Answer(
      to: prompt, thinks: model.thinks, words: plan.words, room: room, seed: plan.seed)
    return Run(
      id: id, created: Int(time(nil)), model: model.id, prompt: prompt, answer: answer,
      random: Random(seed: random.next()))
  }
}

extension RequestLog {
  var inFlight: Int { kept.lazy.filter { $0.state == .inFlight }.count }
  func count(_ state: Record.State) -> Int { kept.lazy.filter { $0.state == state }.count }
}

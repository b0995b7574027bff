import Drivers
import Fleet
import LatencyModels
import Routing

/// One trace under one strategy, in virtual milliseconds.
final class Run {
  /// A request on its way to a node and back.
  private final class Try {
    let call: Call
    let node: Int
    let rest: ArraySlice<Choice>
    let sent: Double
    let lesson: Lesson?
    private let places: Places

    init(
      _ call: Call, _ node: Int, _ rest: ArraySlice<Choice>, _ sent: Double, _ lesson: Lesson?,
      _ places: Places
    ) {
      self.call = call
      self.node = node
      self.rest = rest
      self.sent = sent
      self.lesson = lesson
      self.places = places
    }
  }

  let trace: Trace
  let placer: any Placer
  let desk: Desk
  private(set) var nodes: [Node]
  private(set) var now = 0.0
  private(set) var calls: [Call] = []
  private var arrivals = Timetable<(conversation: Int, step: Int)>()
  private var tries: [Int: Try] = [:]
  private var lastID = 0
  private var chains: Chains
  private let computed: Computed
  /// Asked before each decision, with the number of the request.
  var onDecision: ((Int, Call, [Choice], Run) -> Void)?

  /// Tries of one request, as the gateway has it by default.
  static let mostTries = 3

  init(_ trace: Trace, _ placer: any Placer, _ driver: Driver, priorities: [Int]? = nil) {
    self.trace = trace
    self.placer = placer
    nodes = trace.nodes.map(Node.init)
    chains = Chains(seed: trace.seed)
    computed = Computed(nodes: trace.nodes.count)
    desk = Desk(trace.nodes, driver, priorities: priorities)
    for (conversation, script) in trace.scripts.enumerated() {
      arrivals.add((conversation, 0), at: script.start)
    }
  }

  /// Plays it to its end.
  func play() {
    desk.work(at: 0, nodes)
    while !arrivals.isEmpty || !tries.isEmpty {
      var next = min(arrivals.nextTime, desk.nextTime)
      for node in nodes { next = min(next, node.nextTime) }
      now = next
      for index in nodes.indices {
        nodes[index].advance(to: now)
        hear(index)
      }
      if desk.nextTime <= now { desk.work(at: now, nodes) }
      while arrivals.nextTime <= now {
        let (conversation, step) = arrivals.removeFirst()
        arrive(Call(trace, conversation: conversation, step: step, at: now))
      }
    }
  }

  var coldLoads: Int { nodes.reduce(0) { $0 + $1.coldLoads } }

  /// Share of what the fleet can do that was used: slots, each counted by its speed.
  var load: Double {
    var used = 0.0
    var whole = 0.0
    for node in nodes {
      used += node.busy * node.spec.latency.tokensPerSecond
      whole += lastArrival * Double(node.spec.latency.slots) * node.spec.latency.tokensPerSecond
    }
    return whole > 0 ? used / whole : 0
  }

  var lastArrival: Double { calls.last?.arrival ?? 0 }

  private func arrive(_ call: Call) {
    call.reusable = computed.longest(call)
    call.chain = chains.chain(of: call)
    let choices = placer.choices(for: call, self)
    onDecision?(calls.count, call, choices, self)
    calls.append(call)
    send(call, choices.prefix(Self.mostTries))
  }

  private func send(_ call: Call, _ choices: ArraySlice<Choice>) {
    guard let choice = choices.first else {
      call.hasFailed = true
      return goOn(after: call)
    }
    let node = choice.node
    let backend = desk.backend(node)
    guard let model = desk.model(call.model, on: node),
      let places = Places(
        choice.attempt, backend, model, at: now, moment: desk.moment(now),
        isForced: choices.count == 1)
    else { return send(call, choices.dropFirst()) }
    let lesson = choice.attempt.map { Lesson(call, $0, at: now) }
    lastID += 1
    let id = lastID
    tries[id] = Try(call, node, choices.dropFirst(), now, lesson, places)
    if !nodes[node].submit(call.job(id: id)) { fail(id) }
    hear(node)
  }

  private func hear(_ node: Int) {
    for event in nodes[node].takeEvents() {
      switch event {
      case .firstToken(let job, let cached): begin(job.id, cached: cached)
      case .done(let job): end(job.id)
      case .failed(let job): fail(job.id)
      }
    }
  }

  private func begin(_ id: Int, cached: Int) {
    guard let one = tries[id] else { return }
    one.call.firstToken = now - one.call.arrival
    one.call.cached = cached
    one.lesson?.answerBegan(after: now - one.sent, at: now)
    placer.answered(one.call, by: one.node, after: now - one.sent, now: now)
    desk.requestSucceeded(one.node)
    desk.remember(one.call, on: one.node, now: now)
    computed.note(one.call, tokens: one.call.prompt.tokens, on: one.node)
  }

  private func end(_ id: Int) {
    guard let one = tries.removeValue(forKey: id) else { return }
    one.lesson?.answerEnded(after: now - one.sent, cached: told(one), at: now)
    one.call.answers += 1
    computed.note(one.call, tokens: one.call.prompt.tokens + one.call.answer, on: one.node)
    goOn(after: one.call)
  }

  /// Tokens that the server says it found in its cache; Ollama does not say.
  private func told(_ one: Try) -> Int? {
    trace.nodes[one.node].candour == .residency ? nil : one.call.cached
  }

  private func fail(_ id: Int) {
    guard let one = tries.removeValue(forKey: id) else { return }
    one.lesson?.failed(at: now)
    placer.failed(one.node, now: now)
    desk.requestFailed(one.node, now: now)
    // What the client has begun to read cannot be begun again.
    guard one.call.firstToken == nil else {
      one.call.hasFailed = true
      return goOn(after: one.call)
    }
    send(one.call, one.rest)
  }

  private func goOn(after call: Call) {
    let steps = trace.scripts[call.conversation].steps
    guard call.step + 1 < steps.count else { return }
    arrivals.add((call.conversation, call.step + 1), at: now + steps[call.step + 1].pause)
  }
}

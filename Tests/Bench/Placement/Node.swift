import LatencyModels

/// A server in virtual time, in milliseconds: a value, so that a copy of it can be run ahead.
///
/// Requests wait in one line. A request whose model is in memory starts as soon as the model has a
/// free slot, whoever else waits for another; a model that is not in memory is loaded, in the place
/// of the one that was idle the longest if there is no room, and while there is none that is idle,
/// all behind the request wait with it (as Ollama's scheduler does).
struct Node {
  enum Event {
    /// So many tokens of the prompt were in the cache.
    case firstToken(Job, cached: Int)
    case done(Job)
    case failed(Job)
  }

  private struct Running {
    let job: Job
    let slot: Int
    let cached: Int
    /// When its prompt, then its answer will be ready, by `work`.
    var end: Double
    var hasBegun = false
    var answerTime: Double
  }

  private struct Resident {
    let model: Int
    /// When it will be in memory, or nil if it is.
    var loads: Double?
    var used: Double
    var cache: SlotCache
  }

  let spec: NodeSpec
  private var outage: NodeSpec.Span?
  private var slow: NodeSpec.Slowness?
  private(set) var now = 0.0
  private(set) var isDown = false
  /// Models that were brought into memory.
  private(set) var coldLoads = 0
  /// Milliseconds in which slots were taken, of all slots together.
  private(set) var busy = 0.0
  private(set) var queue: [Job] = []
  private var running: [Running] = []
  private var residents: [Resident] = []
  /// What each running request has been given of the server's time, in milliseconds of a server that
  /// has nothing else to do.
  private var work = 0.0
  private var isSlow = false
  private var events: [Event] = []

  init(_ spec: NodeSpec) {
    self.spec = spec
    outage = spec.outage
    slow = spec.slow
    start()
  }

  var runningCount: Int { running.count }
  var mayDie: Bool { (outage?.from ?? -1) > now }

  /// The events since the last call.
  mutating func takeEvents() -> [Event] {
    if events.isEmpty { return [] }
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  /// A model that is in memory, or on its way there.
  func residency(_ model: Int) -> (isThere: Bool, isLoading: Bool) {
    guard let resident = residents.first(where: { $0.model == model }) else {
      return (false, false)
    }
    return (resident.loads == nil, resident.loads != nil)
  }

  /// Takes a request; false if nobody is there.
  mutating func submit(_ job: Job) -> Bool {
    guard !isDown else { return false }
    var job = job
    job.isCold = !residency(job.model).isThere
    queue.append(job)
    dispatch()
    return true
  }

  // MARK: Time

  private var rate: Double {
    let slowness = isSlow ? slow?.factor ?? 1 : 1
    return 1 / (spec.latency.slowdown(running: running.count) * slowness)
  }

  private enum Due { case answer(Int), load(Int), slow, outage }

  private var due: (time: Double, what: Due)? {
    var first: (time: Double, what: Due)?
    func consider(_ time: Double, _ what: Due) {
      if time < first?.time ?? .infinity { first = (max(time, now), what) }
    }
    if let outage, isDown || now <= outage.from {
      consider(isDown ? outage.until : outage.from, .outage)
    }
    if let span = slow?.span, isSlow || now <= span.from {
      consider(isSlow ? span.until : span.from, .slow)
    }
    for (index, resident) in residents.enumerated() {
      if let loads = resident.loads { consider(loads, .load(index)) }
    }
    if !running.isEmpty {
      let rate = rate
      for (index, one) in running.enumerated() {
        consider(now + max(0, one.end - work) / rate, .answer(index))
      }
    }
    return first
  }

  /// When something happens next if nobody comes; infinity for never.
  var nextTime: Double { due?.time ?? .infinity }

  /// Lets everything happen up to a moment.
  mutating func advance(to time: Double) {
    while let next = due, next.time <= time { handle(next) }
    if !running.isEmpty { work += (time - now) * rate }
    busy += (time - now) * Double(running.count)
    now = time
  }

  /// Lets the next thing happen; false if there is none.
  mutating func step() -> Bool {
    guard let next = due else { return false }
    handle(next)
    return true
  }

  private mutating func handle(_ next: (time: Double, what: Due)) {
    if case .answer(let index) = next.what {
      work = running[index].end
    } else if !running.isEmpty {
      work += (next.time - now) * rate
    }
    busy += (next.time - now) * Double(running.count)
    now = next.time
    switch next.what {
    case .slow: isSlow.toggle()
    case .outage: if isDown { start() } else { die() }
    case .load(let index): residents[index].loads = nil
    case .answer(let index): goOn(index)
    }
    dispatch()
  }

  private mutating func start() {
    isDown = false
    residents = spec.preloaded.prefix(spec.memory).map { resident($0, loads: nil) }
  }

  private mutating func die() {
    isDown = true
    events += running.map { .failed($0.job) } + queue.map { .failed($0) }
    running = []
    queue = []
    residents = []
  }

  private mutating func goOn(_ index: Int) {
    let one = running[index]
    guard let place = residents.firstIndex(where: { $0.model == one.job.model }) else { return }
    var passage = one.job.prompt
    if !one.hasBegun {
      running[index].hasBegun = true
      running[index].end = work + one.answerTime
      residents[place].cache.store(passage, in: one.slot, now: now)
      events.append(.firstToken(one.job, cached: one.cached))
      return
    }
    running.remove(at: index)
    passage.tokens += one.job.answer
    residents[place].cache.store(passage, in: one.slot, now: now)
    residents[place].cache.free(one.slot)
    residents[place].used = now
    events.append(.done(one.job))
  }

  /// The same as it looks to somebody who sees everything but the future: every answer has the usual
  /// length, or as much again if it has begun, and nothing ever breaks.
  func blinded(answer: Int) -> Node {
    var node = self
    node.outage = nil
    if !isSlow { node.slow = nil }
    let usual = spec.latency.tokensPerSecond > 0 ? 1_000 / spec.latency.tokensPerSecond : 0
    for index in node.running.indices {
      node.running[index].answerTime = usual * Double(answer)
      if node.running[index].hasBegun { node.running[index].end = work + usual * Double(answer) }
    }
    for index in node.queue.indices { node.queue[index].answer = answer }
    return node
  }

  // MARK: Who is next

  private mutating func dispatch() {
    var index = 0
    var wanted: [Int] = []
    while index < queue.count {
      let model = queue[index].model
      if let place = residents.firstIndex(where: { $0.model == model }) {
        if residents[place].loads == nil, residents[place].cache.hasFreeSlot {
          begin(queue.remove(at: index), place)
        } else {
          wanted.append(model)
          index += 1
        }
        continue
      }
      guard makeRoom(besides: wanted) else { return }
      residents.append(resident(model, loads: now + spec.latency.load))
      coldLoads += 1
    }
  }

  private mutating func begin(_ job: Job, _ place: Int) {
    var job = job
    let (slot, cached) = residents[place].cache.take(job.prompt, now: now)
    residents[place].used = now
    let uncached = job.prompt.tokens - cached
    let prompt = spec.latency.firstToken(prompt: uncached, &job.random)
    let answer = spec.latency.interval(&job.random) * Double(max(0, job.answer - 1))
    running.append(
      Running(job: job, slot: slot, cached: cached, end: work + prompt, answerTime: answer))
  }

  private mutating func makeRoom(besides wanted: [Int]) -> Bool {
    if residents.count < spec.memory { return true }
    var oldest: Int?
    for (index, resident) in residents.enumerated() {
      guard resident.loads == nil, resident.cache.isIdle, !wanted.contains(resident.model) else {
        continue
      }
      if resident.used < oldest.map({ residents[$0].used }) ?? .infinity { oldest = index }
    }
    guard let oldest else { return false }
    residents.remove(at: oldest)
    return true
  }

  private func resident(_ model: Int, loads: Double?) -> Resident {
    Resident(
      model: model, loads: loads, used: now,
      cache: SlotCache(spec.cache, slots: spec.latency.slots))
  }
}

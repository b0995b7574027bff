import LatencyModels

/// One answer in the making: waits for a slot, loads the model, reads the prompt, writes tokens.
final class Generation {
  private let exchange: Exchange
  private let backend: Backend
  private let model: SimModel
  private let dialect: any Dialect
  private var run: Run
  private var ticket: Slots.Ticket?
  private var timer: TimerHeap.ID?
  private var pinger: TimerHeap.ID?
  private var position = 0
  private var usesModel = false
  private var headSent = false
  private let chunkedWhole: Bool

  private init(
    _ exchange: Exchange, _ backend: Backend, _ model: SimModel, _ run: Run,
    _ dialect: any Dialect, chunkedWhole: Bool
  ) {
    self.exchange = exchange
    self.backend = backend
    self.model = model
    self.run = run
    self.dialect = dialect
    self.chunkedWhole = chunkedWhole
  }

  /// Starts to answer `prompt`; false if the queue is full and nothing was written.
  static func start(
    _ exchange: Exchange, _ backend: Backend, _ model: SimModel, _ run: Run,
    _ dialect: any Dialect, chunkedWhole: Bool = false
  ) -> Bool {
    let generation = Generation(
      exchange, backend, model, run, dialect, chunkedWhole: chunkedWhole)
    return generation.queueUp()
  }

  private var isStream: Bool { run.prompt.isStream }
  private var loop: Loop { backend.loop }

  private func queueUp() -> Bool {
    guard let ticket = backend.slots.acquire({ self.begin() }) else { return false }
    self.ticket = ticket
    exchange.onGone = { self.leave() }
    if dialect.headMoment == .atOnce { sendHead() }
    if !isStream, dialect.sendsHeadOfWhole { exchange.beginWhole(200, type: backend.jsonType) }
    if ticket.isRunning { begin() }
    return true
  }

  private func begin() {
    usesModel = true
    model.users += 1
    backend.load(model) { [self] in
      guard !exchange.isOver else { return }
      if dialect.headMoment == .withSlot { sendHead() }
      run.promptMilliseconds = backend.latency.firstToken(
        prompt: run.prompt.tokens(beyond: backend.memory.take(run.prompt.texts)), &run.random)
      timer = loop.after(run.promptMilliseconds) { [self] in
        isStream ? writeFirst() : writeWholeLater()
      }
    }
  }

  private func leave() {
    loop.cancel(timer)
    loop.cancel(pinger)
    if usesModel { backend.release(model) }
    usesModel = false
    if let ticket { backend.slots.release(ticket) }
    ticket = nil
  }

  private func complete() {
    backend.count(run.answer)
    exchange.onGone = nil
    leave()
    exchange.end()
  }

  // MARK: Whole answers

  private func writeWholeLater() {
    run.predictedMilliseconds =
      backend.latency.interval(&run.random) * Double(run.answer.completionTokens)
    timer = loop.after(run.predictedMilliseconds) { [self] in
      backend.count(run.answer)
      exchange.onGone = nil
      leave()
      let body = dialect.whole(run).bytes
      if dialect.sendsHeadOfWhole { return exchange.finish(with: body) }
      exchange.respond(200, type: backend.jsonType, body, chunked: chunkedWhole)
    }
  }

  // MARK: Streams

  private func sendHead() {
    guard isStream, !headSent else { return }
    headSent = true
    exchange.begin(
      200, type: dialect.streamType, extra: dialect.streamHeaders,
      closes: dialect.closesAfterStream)
    guard let comment = dialect.comment else { return }
    if dialect.headMoment == .atOnce { exchange.comment(comment.text) }
    ping(comment.text, comment.every)
  }

  private func ping(_ text: String, _ every: Double) {
    pinger = loop.after(every) { [self] in
      exchange.comment(text)
      ping(text, every)
    }
  }

  private func writeFirst() {
    sendHead()
    let opening = dialect.opening(run)
    guard dialect.joinsOpening, !steps.isEmpty else {
      if !opening.isEmpty { exchange.events(opening) }
      return writeNext()
    }
    exchange.events(opening + events(at: 0))
    position = 1
    schedule()
  }

  private var steps: Range<Int> { 0..<stepCount }
  private var stepCount: Int {
    run.answer.thoughts.count + run.answer.tokens.count + (run.answer.call == nil ? 0 : 1)
  }

  private func events(at index: Int) -> [String] {
    let thoughts = run.answer.thoughts
    if index < thoughts.count { return [dialect.thought(run, thoughts[index])] }
    let rest = index - thoughts.count
    if rest < run.answer.tokens.count { return [dialect.text(run, run.answer.tokens[rest])] }
    return run.answer.call.map { dialect.call(run, $0) } ?? []
  }

  private func writeNext() {
    guard !exchange.isOver else { return }
    if exchange.isCongested { return schedule(5) }
    guard position < stepCount else {
      for event in dialect.closing(run) { exchange.events([event]) }
      return complete()
    }
    for event in events(at: position) { exchange.events([event]) }
    position += 1
    schedule()
  }

  private func schedule(_ pause: Double? = nil) {
    guard !exchange.isOver else { return }
    let interval = pause ?? backend.latency.interval(&run.random)
    run.predictedMilliseconds += interval
    timer = loop.after(interval) { [self] in writeNext() }
  }
}

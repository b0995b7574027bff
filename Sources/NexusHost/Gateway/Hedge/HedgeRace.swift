import Drivers
import Fleet
import Net
import Routing

/// One of the tries of a race. Confined to its loop's thread.
final class HedgeRunner {
  let attempt: Attempt
  let call: UpstreamCall
  let lessons: Lessons
  /// The header lines that go up with it.
  let lines: [UInt8]
  /// Ends this try alone.
  let scope = CancelScope()
  /// What it came to; nil while it runs.
  fileprivate(set) var arrival: RelayedRequest.Arrival?
  /// Its place at the backend and at the model there, unless somebody else holds them.
  private let place: Place?
  private let modelPlace: InFlight?

  init(
    _ attempt: Attempt, _ call: UpstreamCall, _ lessons: Lessons, lines: [UInt8],
    place: consuming Place? = nil, modelPlace: consuming InFlight? = nil
  ) {
    self.attempt = attempt
    self.call = call
    self.lessons = lessons
    self.lines = lines
    self.place = place
    self.modelPlace = modelPlace
  }

  /// How it failed, if it did.
  var failure: DriverFailure? {
    if case .failed(let failure) = arrival { return failure }
    return nil
  }

  fileprivate var hasAnswer: Bool {
    if case .verdict = arrival { return true }
    return false
  }
}

/// Two tries of one request at the same time, of which the first that has an answer counts: "The Tail
/// at Scale" (Dean and Barroso, 2013) calls it a hedged request. Nothing goes to the client before the
/// race is over. Confined to its loop's thread.
final class HedgeRace: Timed, Interruptible {
  private let request: RelayedRequest
  /// In the order of their start.
  private(set) var runners: [HedgeRunner] = []
  private var waiter: UnsafeContinuation<Void, Never>?
  private var isDue = false
  private var isInterrupted = false

  init(_ request: RelayedRequest) { self.request = request }

  /// Starts the first, and what `second` gives if there is no answer after so many milliseconds.
  /// Returns the winner when all others have ended; nil if nobody has an answer.
  func run(
    _ first: HedgeRunner, after patience: UInt64, second: () -> HedgeRunner?
  ) async -> HedgeRunner? {
    let loop = request.worker.loop
    loop.expire(self, after: patience)
    request.session.scope.attach(self)
    start(first)
    var winner: HedgeRunner?
    while true {
      winner = runners.first { $0.hasAnswer }
      if winner != nil || isInterrupted || isOver { break }
      if isDue {
        isDue = false
        if let other = second() { start(other) }
      }
      await wait()
    }
    loop.cancelExpiry(self)
    for runner in runners where runner.arrival == nil { runner.scope.cancel(.clientGone) }
    while !isOver { await wait() }
    request.session.scope.detach()
    return isInterrupted ? nil : winner
  }

  override func expire() {
    isDue = true
    wake()
  }

  func interrupt() {
    isInterrupted = true
    wake()
  }

  private var isOver: Bool { runners.allSatisfy { $0.arrival != nil } }

  private func start(_ runner: HedgeRunner) {
    runners.append(runner)
    let bound = LoopBound((race: self, runner: runner))
    _ = request.worker.loop.spawn {
      let (race, runner) = bound.value
      runner.arrival = await race.request.reach(
        runner.attempt, runner.call, runner.lines, runner.scope)
      race.wake()
    }
  }

  private func wait() async { await withUnsafeContinuation { waiter = $0 } }

  private func wake() {
    guard let waiter else { return }
    self.waiter = nil
    waiter.resume()
  }
}

import Drivers
import Fleet
import Net
import Telemetry

/// Keeps the fleet's description true: asks servers what and how they are, hears how requests end,
/// and hands out a snapshot whenever something changed.
///
/// Decisions are made by `FleetState`; this class carries them out on the control loop. Methods are
/// for any thread.
///
/// `@unchecked Sendable`: the mutable state is touched on the control loop's thread only; other
/// threads post to it.
public final class FleetManager: @unchecked Sendable {
  private let loop: EventLoop
  private let prober: any FleetProber
  private let log: Log
  private let publish: @Sendable (FleetSnapshot) -> Void
  private var state: FleetState
  private var timer: Timed?
  private var isRunning = false

  /// How long a driver may take to say what a server is, in milliseconds.
  private static let identifyDeadline: UInt64 = 5_000
  /// How long a survey may take; some servers are asked about each model.
  private static let surveyDeadline: UInt64 = 20_000

  /// Makes a manager that does nothing until `start()`. `publish` is called on the control loop's
  /// thread with each new snapshot and must only pass it on.
  public init(
    loop: EventLoop, catalogue: DriverCatalogue, options: FleetOptions, prober: any FleetProber,
    log: Log, publish: @escaping @Sendable (FleetSnapshot) -> Void
  ) {
    self.loop = loop
    self.prober = prober
    self.log = log
    self.publish = publish
    let plan = FleetPlan.make(options, catalogue, now: MonotonicClock.milliseconds())
    state = plan.state
    for news in plan.news { news.write(to: log) }
  }

  /// Publishes the fleet as it is known and starts to look at it.
  public func start() {
    loop.post { [self] in
      isRunning = true
      handle(.tick)
    }
  }

  /// Ends all looking; what is under way is forgotten.
  public func stop() {
    loop.post { [self] in
      isRunning = false
      if let timer { loop.cancelExpiry(timer) }
      timer = nil
    }
  }

  /// Tells that a live request failed on a backend.
  public func attemptFailed(on backend: Backend, _ failure: DriverFailure) {
    loop.post { [self] in handle(.requestFailed(backend, failure)) }
  }

  /// Tells that a live request succeeded on a backend that is in doubt (`BackendLoad.isDoubted`).
  public func attemptSucceeded(on backend: Backend) {
    loop.post { [self] in handle(.requestSucceeded(backend)) }
  }

  private func handle(_ event: FleetState.Event) {
    guard isRunning else { return }
    for action in state.on(event, now: MonotonicClock.milliseconds()) { perform(action) }
    setTimer()
  }

  private func setTimer() {
    if let timer { loop.cancelExpiry(timer) }
    timer = nil
    guard let wake = state.nextWake else { return }
    let now = MonotonicClock.milliseconds()
    timer = loop.after(wake > now ? wake - now : 0) { [weak self] in self?.handle(.tick) }
  }

  private func perform(_ action: FleetState.Action) {
    switch action {
    case .publish(let snapshot): publish(snapshot)
    case .tell(let news): news.write(to: log)
    case .knock(let port):
      loop.spawn { [self] in
        let isOpen = await prober.isOpen(FleetState.endpoint(port))
        handle(.knocked(port, isOpen: isOpen))
      }
    case .identify(let subject, let target):
      for (order, driver) in state.identifiers.enumerated() {
        loop.spawn { [self] in
          let outcome = await prober.run(
            driver, DriverOperation(kind: .identify), at: target,
            deadline: Self.identifyDeadline)
          handle(.identified(subject, order: order, outcome))
        }
      }
    case .survey(let index, let backend, let kind):
      loop.spawn { [self] in
        let operation = DriverOperation(kind: .survey, backendType: kind.typeBytes)
        let outcome = await prober.run(
          kind.driver, operation, at: backend.target, deadline: Self.surveyDeadline)
        handle(.surveyed(index, outcome))
      }
    }
  }
}

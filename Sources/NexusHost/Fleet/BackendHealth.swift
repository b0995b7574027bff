/// Whether a backend takes requests, judged from probes and from requests: a value that is given
/// events and tells what to do.
///
/// Some failures in a row take it down, some successes in a row bring it up again, the first success
/// of all brings it up at once. Failures of live requests count like failed probes, so that a dead
/// backend is left before the next probe.
public struct BackendHealth: Equatable, Sendable {
  /// What is believed about the backend.
  public enum State: String, CaseIterable, Sendable {
    /// Never heard of.
    case unknown
    /// Takes requests.
    case up
    /// Alive, but not ready yet.
    case loading
    /// Gone, or useless.
    case down
  }

  /// What happened.
  public enum Event: CaseIterable, Sendable {
    /// A probe found it ready.
    case probeReady
    /// A probe found it alive but loading.
    case probeLoading
    /// A probe failed, or the server said that it cannot work.
    case probeFailed
    /// A request failed in a way that is the backend's fault.
    case requestFailed
    /// A request succeeded.
    case requestSucceeded
    /// The backend refuses our key: no retry can heal that.
    case keyRefused
  }

  /// What to do about it.
  public struct Action: Equatable, Sendable {
    /// The new state, if it changed.
    public var became: State?
    /// Whether to probe now instead of waiting for the next round.
    public var probeSoon = false

    public static let nothing = Action()
  }

  /// Failures in a row that take a backend down; at least 1.
  public var failuresToFall = 3
  /// Successes in a row that bring it up again; at least 1.
  public var successesToRise = 2

  public private(set) var state = State.unknown
  /// Failures since the last success.
  public private(set) var failures = 0
  /// Successful probes since the last failure, while down.
  public private(set) var successes = 0

  public init() {}

  /// Whether requests may be routed there.
  public var isRoutable: Bool { state == .up }

  /// Whether something went wrong lately that is not decided yet, or was.
  public var isDoubtful: Bool { failures > 0 || state == .down }

  /// Takes an event and says what follows from it.
  public mutating func on(_ event: Event) -> Action {
    switch event {
    case .probeReady: succeed()
    case .probeLoading: load()
    case .probeFailed: fail(probeSoon: false)
    case .requestFailed: fail(probeSoon: state != .down)
    case .requestSucceeded: confirm()
    case .keyRefused: fall()
    }
  }

  private mutating func succeed() -> Action {
    failures = 0
    guard state == .down else {
      successes = 0
      return become(.up)
    }
    successes += 1
    // One success may be luck, so the next probe decides; waiting a whole round would be long.
    guard successes >= successesToRise else { return Action(probeSoon: true) }
    successes = 0
    return become(.up)
  }

  private mutating func load() -> Action {
    failures = 0
    successes = 0
    return become(.loading)
  }

  private mutating func fail(probeSoon: Bool) -> Action {
    successes = 0
    failures = min(failures + 1, failuresToFall)
    var action = failures >= failuresToFall ? become(.down) : .nothing
    action.probeSoon = probeSoon
    return action
  }

  /// A live request that succeeds ends a doubt; a backend that is down is brought up by probes only.
  private mutating func confirm() -> Action {
    if state != .down { failures = 0 }
    return .nothing
  }

  private mutating func fall() -> Action {
    successes = 0
    failures = failuresToFall
    return become(.down)
  }

  private mutating func become(_ new: State) -> Action {
    guard new != state else { return .nothing }
    state = new
    return Action(became: new)
  }
}

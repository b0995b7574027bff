/// How a circuit breaker is set.
public struct CircuitRules: Equatable, Sendable {
  /// Failures in a row from which nothing more is sent; at least 1.
  public var threshold: Int
  /// How long that lasts at first, in milliseconds.
  public var open: UInt64
  /// How long it lasts at most, in milliseconds.
  public var longest: UInt64

  public init(threshold: Int = 3, open: UInt64 = 1_000, longest: UInt64 = 60_000) {
    self.threshold = max(1, threshold)
    self.longest = max(1, longest)
    self.open = min(max(1, open), self.longest)
  }
}

/// A circuit breaker: a value that is told how requests end, and says whether more may be sent.
///
/// It is closed while requests flow. Failures open it for a time, ever longer as long as nothing
/// succeeds; then a single request is sent as a trial, and decides. Times are milliseconds of one
/// monotonic clock.
public struct CircuitState: Equatable, Hashable, Sendable {
  /// What happened.
  public enum Event: Equatable, Sendable {
    /// A request that was sent at `since` begins to be answered.
    case answers(since: UInt64)
    /// A request was answered to its end.
    case succeeded
    /// A request failed by the fault of the other side. `isUnreachable`: it did not even get there.
    case failed(isUnreachable: Bool)
    /// The server cannot take a request for a reason that passes; in how many milliseconds by its
    /// own words, 0 if it says nothing.
    case refused(CircuitCause, wait: UInt64)
    /// The server refuses our key.
    case keyRefused
    /// A look at the server found nothing wrong.
    case lookedWell
  }

  /// What follows from an event, for the log.
  public enum Change: Equatable, Sendable {
    case opened(CircuitCause, milliseconds: UInt64)
    case closed
  }

  /// While nothing is sent.
  public struct Opening: Equatable, Hashable, Sendable {
    public let cause: CircuitCause
    public let since: UInt64
    /// From when on there may be a trial; `never` if that takes more than time.
    public internal(set) var until: UInt64
    /// Whether no request can succeed until then.
    public let isFirm: Bool
  }

  public static let never = UInt64.max
  /// The longest wait that a server's word is believed for.
  static let longestWait: UInt64 = 300_000
  /// How long a model is not asked for that its server does not know.
  static let absence: UInt64 = 30_000

  /// Nil while requests flow.
  public private(set) var opening: Opening?
  /// Failures since the last answer that came to its end.
  public private(set) var failures = 0
  /// The number of the trial that is under way; 0 if none is.
  public private(set) var trial: UInt64 = 0
  private var trials: UInt64 = 0
  /// Openings since the last answer that came to its end.
  private var openings = 0

  public init() {}

  /// Whether an answer would change nothing.
  public var isClean: Bool { opening == nil && failures == 0 && openings == 0 }

  /// Takes an event. `draw`: a random number, which spreads the trials of many.
  public mutating func on(
    _ event: Event, at now: UInt64, _ rules: CircuitRules = .init(), draw: UInt64 = 0
  ) -> Change? {
    switch event {
    case .answers(let since): answer(since, rules)
    case .succeeded: succeed()
    case .failed(let isUnreachable): fail(isUnreachable, now, rules, draw)
    case .refused(let cause, let wait): refuse(cause, wait, now, rules, draw)
    case .keyRefused: refuseKey(now)
    case .lookedWell: lookWell(now)
    }
  }

  /// Makes a request the trial; nil if there may be none now.
  public mutating func takeTrial(at now: UInt64) -> UInt64? {
    guard let opening, trial == 0, now >= opening.until, opening.until != Self.never else {
      return nil
    }
    trials += 1
    trial = trials
    return trial
  }

  /// The request that was that trial has ended. Where it has shown nothing, there may be another.
  public mutating func leaveTrial(_ number: UInt64) {
    if trial == number { trial = 0 }
  }

  /// What was sent before a server refused more, or another key, proves nothing.
  private mutating func answer(_ since: UInt64, _ rules: CircuitRules) -> Change? {
    guard let opening else { return nil }
    if opening.isFirm, since <= opening.since { return nil }
    self.opening = nil
    trial = 0
    // The answer may still break off, as those before may have done.
    failures = opening.cause == .failing ? rules.threshold - 1 : 0
    return .closed
  }

  private mutating func succeed() -> Change? {
    if opening == nil { (failures, openings) = (0, 0) }
    return nil
  }

  private mutating func fail(
    _ isUnreachable: Bool, _ now: UInt64, _ rules: CircuitRules, _ draw: UInt64
  ) -> Change? {
    if opening != nil {
      // What was under way when it opened fails too, and says nothing new.
      guard trial != 0 else { return nil }
    } else {
      failures = min(failures + 1, rules.threshold)
      // Where nobody listens, the next request fails as well.
      guard isUnreachable || failures >= rules.threshold else { return nil }
    }
    return open(isUnreachable ? .unreachable : .failing, now, rules, draw)
  }

  private mutating func refuse(
    _ cause: CircuitCause, _ wait: UInt64, _ now: UInt64, _ rules: CircuitRules, _ draw: UInt64
  ) -> Change? {
    if let opening, opening.cause == .keyRefused { return nil }
    guard wait > 0 || cause == .absent else {
      return opening == nil || trial != 0 ? open(cause, now, rules, draw) : nil
    }
    let time = cause == .absent ? Self.absence : min(wait, Self.longestWait)
    if let opening, trial == 0, opening.until >= now + time { return nil }
    let isNew = opening == nil || trial != 0
    let isFirm = cause == .overloaded || cause == .rateLimited
    opening = Opening(cause: cause, since: now, until: now + time, isFirm: isFirm)
    return isNew ? .opened(cause, milliseconds: time) : nil
  }

  private mutating func refuseKey(_ now: UInt64) -> Change? {
    let isNew = opening?.cause != .keyRefused
    opening = Opening(cause: .keyRefused, since: now, until: Self.never, isFirm: true)
    return isNew ? .opened(.keyRefused, milliseconds: Self.never) : nil
  }

  private mutating func lookWell(_ now: UInt64) -> Change? {
    guard var opening else { return nil }
    switch opening.cause {
    case .keyRefused, .unreachable, .absent: opening.until = min(opening.until, now)
    default: break
    }
    self.opening = opening
    return nil
  }

  private mutating func open(
    _ cause: CircuitCause, _ now: UInt64, _ rules: CircuitRules, _ draw: UInt64
  ) -> Change {
    let doubled = min(rules.longest, rules.open &<< UInt64(min(openings, 20)))
    openings += 1
    // From 80 to 120 per cent.
    let time = max(1, min(rules.longest, doubled * (80 + draw % 41) / 100))
    opening = Opening(cause: cause, since: now, until: now + time, isFirm: false)
    return .opened(cause, milliseconds: time)
  }
}

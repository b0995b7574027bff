import Synchronization

/// A circuit breaker that all threads share. What it says is read from one atomic; a lock is held
/// only while it changes, which a success of a healthy backend never makes it do.
public final class Circuit: Sendable {
  /// What becomes of a request that wants to pass.
  public enum Entry: ~Copyable {
    /// Requests flow.
    case free
    /// It is the trial, until the value is released.
    case trial(CircuitTrial)
    /// Others are preferred. `isFirm`: and nothing is sent even if there are none.
    case shut(isFirm: Bool)
  }

  private let gate = Atomic<UInt64>(0)
  private let state = Mutex(CircuitState())

  public init() {}

  /// What it says at `now`, in milliseconds of the monotonic clock.
  public func reading(at now: UInt64) -> CircuitReading {
    Gate(rawValue: gate.load(ordering: .relaxed)).reading(at: now)
  }

  /// Lets a request pass, or does not.
  public func enter(at now: UInt64) -> Entry {
    switch reading(at: now) {
    case .closed: return .free
    case .open(let opening): return .shut(isFirm: opening.isFirm)
    case .onTrial:
      let number = state.withLock { state in
        let number = state.takeTrial(at: now)
        publish(state)
        return number
      }
      return number.map { .trial(CircuitTrial(self, $0)) } ?? .shut(isFirm: false)
    }
  }

  /// Whether an event may change anything: a success of what works does not.
  public func isConcerned(by event: CircuitState.Event) -> Bool {
    switch event {
    case .answers, .succeeded, .lookedWell: gate.load(ordering: .relaxed) != 0
    case .failed, .refused, .keyRefused: true
    }
  }

  /// Takes an event at `now`, in milliseconds of the monotonic clock.
  @discardableResult
  public func record(
    _ event: CircuitState.Event, at now: UInt64, _ rules: CircuitRules = .init(), draw: UInt64 = 0
  ) -> CircuitState.Change? {
    guard isConcerned(by: event) else { return nil }
    return state.withLock { state in
      let change = state.on(event, at: now, rules, draw: draw)
      publish(state)
      return change
    }
  }

  fileprivate func leaveTrial(_ number: UInt64) {
    state.withLock { state in
      state.leaveTrial(number)
      publish(state)
    }
  }

  private func publish(_ state: CircuitState) {
    gate.store(Gate(state).rawValue, ordering: .relaxed)
  }
}

/// The right to be the one request that shows whether a circuit can close, from its making until it
/// goes out of scope, however that happens.
public struct CircuitTrial: ~Copyable, Sendable {
  private let circuit: Circuit
  private let number: UInt64

  fileprivate init(_ circuit: Circuit, _ number: UInt64) {
    self.circuit = circuit
    self.number = number
  }

  deinit { circuit.leaveTrial(number) }
}

/// A state in one word: 0 while nothing is wrong; bit 0 something is, bit 1 open, bit 2 firm, bit 3 a
/// trial is under way, bits 4 to 7 the cause, from bit 8 on the time of the next trial.
private struct Gate {
  let rawValue: UInt64
  private static let never = UInt64.max >> 8

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ state: CircuitState) {
    guard let opening = state.opening else {
      rawValue = state.isClean ? 0 : 1
      return
    }
    rawValue =
      0b11 | (opening.isFirm ? 4 : 0) | (state.trial != 0 ? 8 : 0)
      | UInt64(opening.cause.rawValue) << 4 | min(opening.until, Self.never) << 8
  }

  /// How soon one may ask again while a trial is under way, in milliseconds.
  private static let trialTime: UInt64 = 1_000

  func reading(at now: UInt64) -> CircuitReading {
    guard rawValue & 2 != 0 else { return .closed }
    let until = rawValue >> 8
    let cause = CircuitCause(rawValue: UInt8(truncatingIfNeeded: rawValue >> 4) & 15) ?? .failing
    guard until > now else {
      let isTaken = rawValue & 8 != 0
      return isTaken ? .open(CircuitOpening(cause, left: Self.trialTime)) : .onTrial
    }
    return .open(
      CircuitOpening(
        cause, left: until == Self.never ? .max : until - now, isFirm: rawValue & 4 != 0))
  }
}

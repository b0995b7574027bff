import Drivers

/// What a failed try says about the whole backend and about the model there.
public struct CircuitLesson: Equatable, Sendable {
  public var backend: CircuitState.Event?
  public var model: CircuitState.Event?

  /// `wasAnswered`: whether the server gave an answer, if only a bad one. `isUnreachable`: whether no
  /// connection came about. `since`: when the request was sent.
  public init(
    _ failure: DriverFailure, wasAnswered: Bool, isUnreachable: Bool, since: UInt64
  ) {
    let answer: CircuitState.Event? = wasAnswered ? .answers(since: since) : nil
    switch failure.code {
    case .upstreamBroken:
      // One model that always fails among others that work leaves the backend's circuit closed,
      // since their successes come in between.
      backend = .failed(isUnreachable: isUnreachable)
      model = isUnreachable ? nil : backend
    case .overloaded: backend = .refused(.overloaded, wait: failure.detail)
    case .rateLimited:
      // Services count each model by itself; a server that does not is found out model by model.
      model = .refused(.rateLimited, wait: failure.detail)
      backend = answer
    case .modelLoading:
      model = .refused(.loading, wait: failure.detail)
      backend = answer
    case .modelAbsent:
      model = .refused(.absent, wait: 0)
      backend = answer
    case .credentialDead: backend = .keyRefused
    // The client's own fault: what can complain about a request works.
    case .badRequest, .contextOverflow, .contentBlocked:
      backend = answer
      model = answer
    case .unsupported, .driverBug: break
    }
  }
}

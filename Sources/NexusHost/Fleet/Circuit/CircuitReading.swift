/// Why a circuit is open.
public enum CircuitCause: UInt8, CaseIterable, Sendable {
  /// No connection could be made, or none that can be trusted.
  case unreachable
  /// Answers broke off, came too late or said that the server is at fault.
  case failing
  /// The server has as much to do as it can.
  case overloaded
  /// The server limits how much it is asked for.
  case rateLimited
  /// The model comes into memory.
  case loading
  /// The server does not know the model that it listed.
  case absent
  /// The server refuses our key: nothing but another key heals that.
  case keyRefused

  /// The name that logs and listings use.
  public var name: String {
    switch self {
    case .unreachable: "unreachable"
    case .failing: "failing"
    case .overloaded: "overloaded"
    case .rateLimited: "rate_limited"
    case .loading: "model_loading"
    case .absent: "model_absent"
    case .keyRefused: "credential_dead"
    }
  }
}

/// What a circuit breaker says about new requests.
public enum CircuitReading: Equatable, Sendable {
  /// Requests flow.
  case closed
  /// One request may show whether it works again.
  case onTrial
  case open(CircuitOpening)

  /// The worse of two that a request has to pass; of two that are open the one that opens later.
  public func joined(_ other: CircuitReading) -> CircuitReading {
    switch (self, other) {
    case (.open(let one), .open(let two)):
      one.isFirm != two.isFirm ? (one.isFirm ? self : other) : one.left >= two.left ? self : other
    case (.open, _), (_, .closed): self
    case (_, .open), (.closed, _): other
    case (.onTrial, .onTrial): self
    }
  }
}

/// A circuit that is open: others are preferred.
public struct CircuitOpening: Equatable, Sendable {
  public let cause: CircuitCause
  /// Milliseconds until a trial at the earliest; `UInt64.max` until it is mended.
  public let left: UInt64
  /// Whether it is known, not only assumed, that a request fails until then: then none is sent, even
  /// if nothing else can serve it.
  public let isFirm: Bool

  public init(_ cause: CircuitCause, left: UInt64, isFirm: Bool = false) {
    self.cause = cause
    self.left = left
    self.isFirm = isFirm
  }
}

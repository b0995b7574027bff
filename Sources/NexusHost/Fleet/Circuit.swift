/// What a circuit breaker says about new requests.
public enum CircuitReading: Equatable, Sendable {
  /// Requests flow.
  case closed
  /// Nothing is sent, until so many milliseconds from now at the earliest.
  case open(left: UInt64)
  /// One request may show whether it works again.
  case onTrial
}

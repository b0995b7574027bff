import Fleet

/// How busy a backend is, as one number each.
public struct LoadReading: Equatable, Sendable {
  /// Requests that this host has under way there.
  public var inFlight: Int
  /// Average time to the first byte in microseconds; 0 if unknown.
  public var latencyMicroseconds: UInt64

  public init(inFlight: Int, latencyMicroseconds: UInt64 = 0) {
    self.inFlight = inFlight
    self.latencyMicroseconds = latencyMicroseconds
  }
}

/// Where a plan reads how busy backends are, so that the same plan can be made from live counters,
/// recorded ones or a test's.
public protocol LoadSource {
  /// The reading of one member; asked once per plan and candidate.
  func reading(of member: FleetMember) -> LoadReading
}

/// The counters that requests themselves keep.
public struct LiveLoads: LoadSource {
  public init() {}

  public func reading(of member: FleetMember) -> LoadReading {
    let load = member.backend.load
    return LoadReading(inFlight: load.inFlight, latencyMicroseconds: load.latencyMicroseconds)
  }
}

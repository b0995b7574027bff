import Drivers
import Fleet

/// How busy a backend is and how fast it answers, as numbers that change with every request.
public struct LoadReading: Equatable, Sendable {
  /// Requests that this host has under way there.
  public var inFlight: Int
  /// Average time to the first byte in microseconds; 0 if unknown.
  public var latencyMicroseconds: UInt64
  /// When the last request was sent there; 0 for never.
  public var lastUsed: UInt64
  /// Whether the model was sent a request since its server last told whether it is in memory.
  public var isModelUsed: Bool

  /// How well the model is answered there.
  public var quality: BackendQuality.Figures
  /// Requests for the same model among those under way.
  public var modelInFlight = 0
  /// Another model that comes into memory there; nil if none does.
  public var otherLoad: OtherLoad?
  /// Whether the model is about to leave the memory there.
  public var isLeaving = false
  /// How fast the model is answered there.
  public var speed = Speed()
  /// Bytes of a prompt that make a token of the model.
  public var bytesPerToken = TokenScale.usual
  /// Whether requests flow.
  public var circuit = CircuitReading.closed

  public init(
    inFlight: Int, latencyMicroseconds: UInt64 = 0, lastUsed: UInt64 = 0, isModelUsed: Bool = false,
    quality: BackendQuality.Figures = .init()
  ) {
    self.inFlight = inFlight
    self.latencyMicroseconds = latencyMicroseconds
    self.lastUsed = lastUsed
    self.isModelUsed = isModelUsed
    self.quality = quality
  }
}

/// Where a plan reads how busy backends are, so that the same plan can be made from live counters,
/// recorded ones or a test's.
public protocol LoadSource {
  /// The reading of one candidate; asked once per plan.
  func reading(of candidate: Candidate, on member: FleetMember) -> LoadReading
  /// How many bytes of a prompt make a token of its model; asked only where that decides something.
  func tokens(of candidate: Candidate, on member: FleetMember) -> TokenScale.Figures
  /// A stage of the plan has dropped a candidate.
  func noteDrop(by stage: RoutingStage)
}

extension LoadSource {
  public func noteDrop(by stage: RoutingStage) {}

  public func tokens(of candidate: Candidate, on member: FleetMember) -> TokenScale.Figures {
    member.models[candidate.model].account.tokens.figures
  }
}

/// The counters that requests themselves keep, as they are at one moment.
public struct LiveLoads: LoadSource {
  private let now: UInt64

  /// `now`: milliseconds of the monotonic clock; 0 for the moment of the last lesson of each.
  public init(at now: UInt64 = 0) { self.now = now }

  public func reading(of candidate: Candidate, on member: FleetMember) -> LoadReading {
    let load = member.backend.load
    let model = member.models[candidate.model]
    let account = model.account
    var reading = LoadReading(
      inFlight: load.inFlight, latencyMicroseconds: load.latencyMicroseconds,
      lastUsed: load.lastUsed, isModelUsed: candidate.residency == .unloaded && model.isUsed,
      quality: model.judge(on: load).figures)
    // Of a model in memory nobody asks who else is there.
    if candidate.residency != .loaded { reading.modelInFlight = account.requests.count }
    reading.otherLoad = load.otherLoad(than: account, at: now)
    reading.isLeaving = account.isLeaving
    reading.speed = account.speed.speed(at: now)
    reading.bytesPerToken = account.tokens.bytesPerToken
    reading.circuit = load.circuit.reading(at: now)
      .joined(account.circuit.reading(at: now))
    return reading
  }
}

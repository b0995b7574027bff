import Config
import Drivers
import Fleet

/// What to do with a request.
public enum RoutePlan: Sendable {
  /// Try these in order until one answers; never empty.
  case route([Attempt])
  /// Nothing can take it now, but something will soon.
  indirect case queue(Rejection)
  /// Nothing can take it.
  indirect case reject(Rejection)
}

/// One try: a model on a backend. Made only of members that can be spoken to. Immutable; an object,
/// because it is handed around more often than it is made.
public final class Attempt: Sendable {
  public let member: FleetMember
  public let model: Model
  public let kind: BackendKind
  /// The least trusted zone that the request may reach.
  public let demandedZone: Settings.Zone
  /// Whether the model stands in for the one asked for.
  public let isFallback: Bool
  /// The tier that was demanded where only a lower one could be had.
  public let missedTier: Int?
  /// Whether the backend is on trial: the request goes there only if no other does.
  public let isTrial: Bool
  /// Whether the circuit is open, but nothing else can serve.
  public let isLastResort: Bool
  /// Whether the model has to be brought into memory there before the request is sent.
  public let needsLoading: Bool
  /// Why it goes there.
  public let reason: RouteReason
  /// The most that the request can cost there in micro-dollars; nil where nothing costs anything.
  public let worstCost: Int64?
  public let price: ModelPrice?
  /// When its answer is expected to begin there, in milliseconds; 0 where nobody asked.
  public let expected: Double
  /// Tokens of the prompt, estimated.
  public let promptTokens: Double
  /// Of these, tokens that are thought to be in a cache there.
  public let cachedTokens: Double
  /// Requests that are served at once there; 0 unknown.
  public let slots: Int

  /// What the request itself comes to on a backend.
  struct Measures {
    var worstCost: Int64?
    var price: ModelPrice?
    var expected = 0.0
    var promptTokens = 0.0
    var cachedTokens = 0.0
    var slots = 0
    var needsLoading = false
  }

  init(
    _ model: Model, on member: FleetMember, as kind: BackendKind, zone demandedZone: Settings.Zone,
    isFallback: Bool, missedTier: Int?, isTrial: Bool, isLastResort: Bool, _ reason: RouteReason,
    _ measures: Measures
  ) {
    self.member = member
    self.model = model
    self.kind = kind
    self.demandedZone = demandedZone
    self.isFallback = isFallback
    self.missedTier = missedTier
    self.isTrial = isTrial
    self.isLastResort = isLastResort
    self.reason = reason
    worstCost = measures.worstCost
    price = measures.price
    expected = measures.expected
    promptTokens = measures.promptTokens
    cachedTokens = measures.cachedTokens
    slots = measures.slots
    needsLoading = measures.needsLoading
  }

  /// The same for another reason.
  public func made(for reason: RouteReason) -> Attempt {
    Attempt(
      model, on: member, as: kind, zone: demandedZone, isFallback: isFallback,
      missedTier: missedTier, isTrial: isTrial, isLastResort: isLastResort, reason,
      Measures(
        worstCost: worstCost, price: price, expected: expected, promptTokens: promptTokens,
        cachedTokens: cachedTokens, slots: slots, needsLoading: needsLoading))
  }

  public var backend: Backend { member.backend }
  /// Who is to be spoken through; nil if the driver was removed since the plan was made.
  public var driver: Driver? { kind.driver }

  /// Where the prompt goes.
  public var zone: Settings.Zone { model.report.isRemote ? .open : backend.zone }

  /// Whether the prompt may go there. True of every attempt of a plan; asked again right before a
  /// byte leaves, so that no fault in between can carry a prompt out of its zone.
  public var isAllowed: Bool { zone >= demandedZone }
}

/// Why a request goes where it goes, as the header x-nexus-route-reason says it.
public enum RouteReason: String, Sendable {
  /// The best place for it.
  case capabilityMatch = "capability-match"
  /// A better place is full.
  case capacityOverflow = "capacity-overflow"
  /// Another place that could serve it lies outside the zone demanded.
  case privacyRequirement = "privacy-requirement"
  /// Another place failed, or only another model or a lower tier could be had.
  case failover
}

import Config
import Drivers

/// How a member stands, as plain numbers, so that routing looks at many without touching an object.
public struct Standing: Equatable, Sendable {
  public let state: BackendHealth.State
  /// Whether it was taken out of use.
  public let isDraining: Bool
  /// Where its prompts go.
  public let zone: Settings.Zone
  /// How capable its models are, 1 to 5.
  public let tier: Int
  /// Lower is preferred.
  public let priority: Int
  /// Requests that it gets at once; `Int.max` for as many as come.
  public let limit: Int
  /// Requests that others than this host had there when it was last asked.
  public let foreign: Int
  /// Requests that it serves at once, as far as it tells; 0 unknown.
  public let slots: Int

  init(_ member: FleetMember) {
    state = member.state
    isDraining = member.isDraining
    zone = member.backend.zone
    tier = member.backend.tier
    priority = member.backend.priority
    limit = member.backend.maxConcurrent ?? .max
    foreign = member.foreignRequests
    slots = member.loads.map(\.slots).max() ?? 0
  }
}

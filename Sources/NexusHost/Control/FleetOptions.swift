import Config

/// What the fleet manager is told at the start.
public struct FleetOptions: Sendable {
  public let settings: Settings
  /// Port on which this gateway really listens: never a backend of itself.
  public let ownPort: UInt16
  /// Unix seconds that stand as `created` in lists of models.
  public let created: Int64

  public init(_ settings: Settings, ownPort: UInt16, created: Int64 = 0) {
    self.settings = settings
    self.ownPort = ownPort
    self.created = created
  }
}

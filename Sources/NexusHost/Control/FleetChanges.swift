import Config

/// What commands have changed in the fleet beside the configuration: what outlives a restart.
public struct FleetChanges: Equatable, Sendable {
  /// Backends that were added, in the order of their coming.
  public var added: [Settings.Backend] = []
  /// Names of backends that were taken out of use.
  public var draining: Set<String> = []

  public init(added: [Settings.Backend] = [], draining: Set<String> = []) {
    self.added = added
    self.draining = draining
  }
}

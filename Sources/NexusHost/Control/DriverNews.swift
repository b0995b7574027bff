/// What a look into the directory of drivers has found.
public struct DriverNews: Equatable, Sendable {
  /// Drivers that were added, replaced or removed, a line for each.
  public var changed: [String]
  /// Why others are not loaded, or not the ones that are there now.
  public var warnings: [String]

  public init(changed: [String] = [], warnings: [String] = []) {
    self.changed = changed
    self.warnings = warnings
  }
}

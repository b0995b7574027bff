import Drivers

/// A model as one backend offers it. Counts are 0 where unknown.
public final class Model: Sendable {
  /// What a request calls it.
  public let id: String
  /// A second name that requests may use, or empty.
  public let alias: String
  /// Everything that the driver told.
  public let report: ModelReport
  /// `id` as the driver is given it with every operation.
  public let idBytes: [UInt8]

  public init(_ report: ModelReport) {
    id = report.id
    alias = report.alias
    self.report = report
    idBytes = Array(report.id.utf8)
  }

  /// Whether requests can use it as it is.
  public var isUsable: Bool { !report.isUnavailable }

  /// Abilities that it is known to lack; what is unknown may be there.
  public var lacks: Abilities { report.abilitiesKnown.subtracting(report.abilities) }

  /// The window in force for a request in tokens; 0 unknown.
  public var contextTokens: UInt64 { report.contextTokens }
}

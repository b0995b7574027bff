import Drivers
import Synchronization

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
  /// What was learned of it there.
  public let account: ModelAccount
  private let used = Atomic<Bool>(false)

  public init(_ report: ModelReport, account: ModelAccount = ModelAccount()) {
    self.account = account
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

  /// Whether a request was sent to it since it was reported as it is: then its server loads it, or
  /// has done so, whatever the report says.
  public var isUsed: Bool { used.load(ordering: .relaxed) }

  /// Notes that a request is sent to it. Returns whether it is believed to be in memory already.
  public func use() -> Bool {
    guard report.residency == .unloaded, !report.isRemote else { return true }
    return used.exchange(true, ordering: .relaxed)
  }

  /// By whose answers it is judged on a backend with that load: its own, if there were enough of
  /// them, or else those of all models there.
  public func judge(on load: BackendLoad) -> BackendQuality {
    account.quality.isJudged ? account.quality : load.quality
  }
}

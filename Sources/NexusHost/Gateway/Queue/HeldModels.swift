import Drivers
import Fleet

/// Which of its models a backend has in memory, as far as can be told without asking it: what it
/// said last, and what was sent there since. For servers that load models when they are asked for.
/// Any thread.
struct HeldModels {
  private let load: BackendLoad
  private let models: [ObjectIdentifier: Model]

  /// Nil for a backend at which no model has to make room for another, as far as it says.
  init?(_ member: FleetMember) {
    guard member.models.contains(where: Self.isSwapped) else { return nil }
    load = member.backend.load
    models = Dictionary(
      member.models.map { (ObjectIdentifier($0.account), $0) }, uniquingKeysWith: { $1 })
  }

  /// Whether requests for the model of an account find it in memory. What was used last, or is used
  /// now, is there. What the server said counts until it has had to load another model, for which
  /// anything else may have had to go.
  func holds(_ account: ObjectIdentifier) -> Bool {
    guard let model = models[account], !model.report.isRemote else { return true }
    if load.wasLast(model.account) || model.account.requests.count > 0 { return true }
    guard !Self.isSwapped(model) else { return false }
    return !models.values.contains { Self.isSwapped($0) && $0.isUsed }
  }

  private static func isSwapped(_ model: Model) -> Bool {
    model.report.residency == .unloaded && !model.report.isRemote
  }
}

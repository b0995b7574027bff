import Config
import Drivers
import Fleet

/// What models take in memory, in bytes: what they took when they were last seen there, or what
/// their stored size says.
public struct ModelSizes: Sendable {
  private var seen: [WarmKeeping.Place: UInt64] = [:]

  public init() {}

  /// Remembers what the loaded models of a backend take.
  mutating func learn(from member: FleetMember) {
    for model in member.models where model.report.residency == .loaded {
      let bytes = MemoryEstimate.plausible(model.report.memoryBytes)
      let place = WarmKeeping.Place(backend: member.backend.name, model: model.id)
      if bytes > 0 { seen[place] = bytes }
    }
  }

  /// Forgets all backends but these.
  mutating func keep(_ backends: Set<String>) {
    seen = seen.filter { backends.contains($0.key.backend) }
  }

  /// What a model takes at a backend.
  func need(of model: Model, on backend: Backend) -> MemoryEstimate.Need {
    let now = MemoryEstimate.plausible(model.report.memoryBytes)
    let place = WarmKeeping.Place(backend: backend.name, model: model.id)
    return MemoryEstimate.need(
      seen: now > 0 ? now : seen[place] ?? 0, stored: model.report.diskBytes)
  }

  /// What is known of a backend's memory.
  public func estimate(of member: FleetMember) -> MemoryEstimate {
    MemoryEstimate(
      configured: member.backend.settings.memoryBytes,
      total: member.memoryTotal, free: member.memoryFree,
      models: member.models.filter(\.isHeld).map { need(of: $0, on: member.backend).bytes })
  }
}

extension Settings.Backend {
  /// The memory for models as it is configured; 0 unknown.
  var memoryBytes: UInt64 { UInt64(max(0, min(memoryGB ?? 0, 1_000_000)) * 1_000_000_000) }
}

extension Model {
  /// Whether it takes memory of its backend.
  var isHeld: Bool {
    !report.isRemote && (report.residency == .loaded || report.residency == .loading)
  }
}

import Config

/// How much memory stays free when a model is loaded.
public struct MemoryRules: Equatable, Sendable {
  /// Share of a backend's memory, 0 to 1.
  public var keptShare: Double
  /// Where the memory is unknown: nothing more is loaded while more than this is taken.
  public var heuristicBytes: UInt64

  public init(_ settings: Settings.Lifecycle) {
    keptShare = Double(settings.headroomPercent + settings.bufferPercent) / 100
    heuristicBytes = UInt64(max(0, settings.heuristicMaxGB)) * 1_000_000_000
  }
}

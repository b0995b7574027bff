import Drivers
import Synchronization

/// How many drivers are loaded, and how many files were refused when the directory was read last.
/// Any thread.
public final class DriverCounts: Sendable {
  private let loadedCount = Atomic<Int>(0)
  private let refusedCount = Atomic<Int>(0)

  public init() {}

  var loaded: Int { loadedCount.load(ordering: .relaxed) }
  var refused: Int { refusedCount.load(ordering: .relaxed) }

  public func set(_ catalogue: DriverCatalogue) {
    loadedCount.store(catalogue.drivers.count, ordering: .relaxed)
    refusedCount.store(catalogue.refusals.count, ordering: .relaxed)
  }
}

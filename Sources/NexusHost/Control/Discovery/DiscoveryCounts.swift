import Net
import Synchronization

/// What has become of servers that nobody named, since the start. Written by the control loop's
/// thread, read by any.
public final class DiscoveryCounts: Sendable {
  public enum Event: Int, CaseIterable, Sendable {
    case found, moved, withdrawn, forgotten

    /// Its name in metrics.
    public var name: String {
      switch self {
      case .found: "found"
      case .moved: "moved"
      case .withdrawn: "withdrawn"
      case .forgotten: "forgotten"
      }
    }
  }

  private let counts: InlineArray<4, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
  private let hearing = Atomic<Bool>(false)

  public init() {}

  public func count(of event: Event) -> UInt64 { counts[event.rawValue].load(ordering: .relaxed) }

  /// Whether the local network is listened to for announcements.
  public var isHearing: Bool { hearing.load(ordering: .relaxed) }

  func note(_ news: FleetNews) {
    switch news {
    case .found: add(.found)
    case .moved: add(.moved)
    case .withdrawn: add(.withdrawn)
    case .forgotten: add(.forgotten)
    default: break
    }
  }

  func note(_ event: ServiceEvent) {
    switch event {
    case .available: hearing.store(true, ordering: .relaxed)
    case .unavailable: hearing.store(false, ordering: .relaxed)
    case .found, .lost, .announced, .notAnnounced: break
    }
  }

  private func add(_ event: Event) { counts[event.rawValue].wrappingAdd(1, ordering: .relaxed) }
}

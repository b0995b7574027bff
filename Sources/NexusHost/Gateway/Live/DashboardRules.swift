import Config
import HTTP

/// Who may watch, and how many.
public struct DashboardRules: Sendable {
  /// Whether anybody may.
  public let isOn: Bool
  /// The web pages of other places that may.
  public let origins: Set<WebOrigin>
  public let maxViewers: Int

  public init(_ settings: Settings.Dashboard = .init()) {
    isOn = settings.enabled
    origins = Set(settings.origins.compactMap { WebOrigin($0) })
    maxViewers = max(0, settings.maxViewers)
  }

  /// Whether a page may watch. `origin`: its Origin header field; `host`: the Host header field.
  func allows(origin: String, host: String) -> Bool {
    guard let origin = WebOrigin(origin) else { return false }
    return origins.contains(origin) || origin.isSame(as: host)
  }
}

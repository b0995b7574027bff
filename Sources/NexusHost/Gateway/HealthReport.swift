import Fleet
import Text

/// The body of `GET /health`.
enum HealthReport {
  /// "healthy" if all backends take requests, "degraded" if some do, if none is known or no driver is
  /// loaded, "unhealthy" if none of the known ones does, "draining" when the host stops. With details
  /// of each backend for administrators only.
  static func json(
    _ shared: GatewayShared, _ fleet: FleetSnapshot, withDetails: Bool = false
  ) -> [UInt8] {
    let total = fleet.members.count
    let healthy = fleet.routableCount
    return JSONText.object { text in
      text.member("status", status(shared, healthy: healthy, total: total))
      text.member("version", shared.version)
      text.member("uptime_seconds", shared.uptimeSeconds)
      text.object("backends") {
        $0.member("total", total)
        $0.member("healthy", healthy)
        $0.member("unhealthy", total - healthy)
      }
      text.object("models") { $0.member("total", fleet.modelCount) }
      if withDetails { BackendReport.appendDetails(of: fleet, to: &text) }
    }
  }

  private static func status(
    _ shared: GatewayShared, healthy: Int, total: Int
  ) -> StaticString {
    if shared.isDraining { return "draining" }
    if total == 0 || !shared.hasDrivers { return "degraded" }
    return healthy == total ? "healthy" : healthy > 0 ? "degraded" : "unhealthy"
  }
}

import Config
import Fleet
import Text

/// The body of `GET /health`.
public enum HealthReport {
  /// "healthy" if all backends take requests, "degraded" if some do, if none is known or no driver is
  /// loaded, "unhealthy" if none of the known ones does, "draining" when the host stops. With details
  /// of each backend for administrators only.
  static func json(
    _ shared: GatewayShared, _ fleet: FleetSnapshot, withDetails: Bool = false
  ) -> [UInt8] {
    let status = shared.isDraining ? "draining" : status(fleet, hasDrivers: shared.hasDrivers)
    return json(
      fleet, status, shared.version, uptime: shared.uptimeSeconds, waiting: shared.queue.count,
      withDetails: withDetails)
  }

  /// The body of `GET /health/live`, which is answered as long as anything is.
  static var alive: [UInt8] {
    JSONText.object { $0.member("status", "alive" as StaticString) }
  }

  /// Whether a request could be served now, and the body that says so.
  static func readiness(
    _ shared: GatewayShared, _ fleet: FleetSnapshot
  ) -> (isReady: Bool, body: [UInt8]) {
    let healthy = fleet.routableCount
    let isReady = healthy > 0 && !shared.isDraining
    let body = JSONText.object { text in
      text.member("status", isReady ? "ready" : "not_ready" as StaticString)
      if !isReady {
        text.member("reason", shared.isDraining ? "draining" : "no_healthy_backend" as StaticString)
      }
      text.object("backends") {
        $0.member("total", fleet.members.count)
        $0.member("healthy", healthy)
      }
    }
    return (isReady, body)
  }

  /// The same with details, from a look at the backends without a gateway.
  public static func direct(_ fleet: FleetSnapshot) -> [UInt8] {
    json(
      fleet, status(fleet, hasDrivers: true), NexusVersion.text, uptime: nil, withDetails: true)
  }

  private static func json(
    _ fleet: FleetSnapshot, _ status: StaticString, _ version: String, uptime: Int?,
    waiting: Int = 0, withDetails: Bool
  ) -> [UInt8] {
    let total = fleet.members.count
    let healthy = fleet.routableCount
    return JSONText.object { text in
      text.member("status", status)
      text.member("version", version)
      if let uptime { text.member("uptime_seconds", uptime) }
      text.object("backends") {
        $0.member("total", total)
        $0.member("healthy", healthy)
        $0.member("unhealthy", total - healthy)
      }
      if uptime != nil { text.member("queued_requests", waiting) }
      text.object("models") { $0.member("total", fleet.modelCount) }
      if withDetails { BackendReport.appendDetails(of: fleet, to: &text) }
    }
  }

  private static func status(_ fleet: FleetSnapshot, hasDrivers: Bool) -> StaticString {
    let total = fleet.members.count
    let healthy = fleet.routableCount
    if total == 0 || !hasDrivers { return "degraded" }
    return healthy == total ? "healthy" : healthy > 0 ? "degraded" : "unhealthy"
  }
}

import Fleet
import Net
import Text

/// The body of `GET /health`.
enum HealthReport {
  /// "healthy" if all backends take requests, "degraded" if some do, if none is known or no driver is
  /// loaded, "unhealthy" if none of the known ones does, "draining" when the host stops.
  static func json(_ shared: GatewayShared, _ fleet: FleetSnapshot) -> [UInt8] {
    let total = fleet.members.count
    let healthy = fleet.routableCount
    var out: [UInt8] = []
    JSONWriter.appendRaw("{\"status\":\"", to: &out)
    JSONWriter.appendRaw(status(shared, healthy: healthy, total: total), to: &out)
    JSONWriter.appendRaw("\",\"version\":", to: &out)
    JSONWriter.appendString(Array(shared.version.utf8), to: &out)
    append("uptime_seconds", uptime(shared), to: &out)
    JSONWriter.appendRaw(",\"backends\":{\"total\":", to: &out)
    JSONWriter.appendInteger(Int64(total), to: &out)
    append("healthy", healthy, to: &out)
    append("unhealthy", total - healthy, to: &out)
    JSONWriter.appendRaw("},\"models\":{\"total\":", to: &out)
    JSONWriter.appendInteger(Int64(fleet.modelCount), to: &out)
    JSONWriter.appendRaw("}}", to: &out)
    return out
  }

  private static func status(
    _ shared: GatewayShared, healthy: Int, total: Int
  ) -> StaticString {
    if shared.isDraining { return "draining" }
    if total == 0 || !shared.hasDrivers { return "degraded" }
    return healthy == total ? "healthy" : healthy > 0 ? "degraded" : "unhealthy"
  }

  private static func uptime(_ shared: GatewayShared) -> Int {
    Int((MonotonicClock.milliseconds() - shared.startedAt) / 1000)
  }

  private static func append(_ name: StaticString, _ value: Int, to out: inout [UInt8]) {
    JSONWriter.appendRaw(",\"", to: &out)
    JSONWriter.appendRaw(name, to: &out)
    JSONWriter.appendRaw("\":", to: &out)
    JSONWriter.appendInteger(Int64(value), to: &out)
  }
}

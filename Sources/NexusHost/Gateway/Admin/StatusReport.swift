import Glibc
import Net
import Text

/// The bodies of `GET /status`, `/log-level` and `POST /reload` on the control socket.
enum StatusReport {
  static func json(_ status: AdminStatus, _ shared: GatewayShared) -> [UInt8] {
    JSONText.object { text in
      text.member("version", shared.version)
      text.member("pid", Int(getpid()))
      text.member("uptime_seconds", shared.uptimeSeconds)
      text.member("url", status.url)
      text.member("draining", shared.isDraining)
      text.member("config_file", status.configFile)
      text.member("state_directory", status.stateDirectory)
      text.array("drivers") { for id in status.drivers { $0.value(id) } }
      text.member("log_levels", status.logLevels)
      text.member("log_dropped", status.logDropped)
      text.member("workers", status.workers)
      text.member("requests_in_flight", status.requestsInFlight)
      text.member("requests_waiting", shared.queue.count)
    }
  }

  static func json(_ reload: AdminReload) -> [UInt8] {
    JSONText.object { text in
      text.array("changed") { for line in reload.changed { $0.value(line) } }
      text.array("restart_needed") { for line in reload.restartNeeded { $0.value(line) } }
      text.array("warnings") { for line in reload.warnings { $0.value(line) } }
    }
  }

  static func logLevels(_ levels: String) -> [UInt8] {
    JSONText.object { $0.member("log_levels", levels) }
  }
}

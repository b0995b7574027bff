import Config
import Control
import Glibc

/// What the machine must give a gateway.
enum MachineChecks {
  static func run(_ settings: Settings, gatewayRuns: Bool) -> [Finding] {
    [openFiles(), state(settings, gatewayRuns: gatewayRuns), avahi()]
  }

  /// Below this, a busy gateway runs out: a request takes two, and drivers and logs some.
  private static let fewFiles: UInt64 = 4_096

  private static func openFiles() -> Finding {
    let limit = ResourceLimits.openFiles
    guard limit < fewFiles else {
      return Finding(.ok, .machine, "open_files", "up to \(limit) open files and connections")
    }
    return Finding(
      .warn, .machine, "open_files",
      "at most \(limit) open files, so about \(limit / 2) requests at once",
      fix: "raise the limit: LimitNOFILE=65536 in the service, or 'ulimit -n 65536' in the shell")
  }

  private static func state(_ settings: Settings, gatewayRuns: Bool) -> Finding {
    let location = StateLocation.resolve(
      explicit: settings.server.stateDirectory, environment: ControlSocket.environment)
    guard case .directory(let path, let isExplicit) = location else {
      return Finding(
        .warn, .machine, "state_directory",
        "no place is known for what must outlive a restart",
        fix: "set HOME, or name a directory with server.state_directory")
    }
    do throws(StateError) {
      try location.check()
    } catch .held where gatewayRuns {
      return Finding(
        .ok, .machine, "state_directory", "state is kept in \(path) by the running gateway")
    } catch {
      return Finding(
        isExplicit ? .fail : .warn, .machine, "state_directory", "\(error)",
        fix: "or name another directory with server.state_directory")
    }
    return Finding(.ok, .machine, "state_directory", "state can be kept in \(path)")
  }

  private static let avahiSocket = "/run/avahi-daemon/socket"

  private static func avahi() -> Finding {
    guard access(avahiSocket, F_OK) != 0 else {
      return Finding(.ok, .machine, "avahi", "avahi is there, to hear of servers in the network")
    }
    return Finding(
      .warn, .machine, "avahi",
      "avahi is not running, so servers that announce themselves in the network are not heard",
      fix: "install and start avahi-daemon, or name those servers in the configuration")
  }
}

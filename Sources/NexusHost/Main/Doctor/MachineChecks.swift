import Config
import Control
import Net

/// What the machine must give a gateway.
enum MachineChecks {
  static func run(_ settings: Settings, gatewayRuns: Bool) -> [Finding] {
    [openFiles(), state(settings, gatewayRuns: gatewayRuns), avahi(settings.discovery)]
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

  /// Most milliseconds for the daemon's answer.
  private static let patience: UInt64 = 1_000

  /// Whether the local network can be heard, asked for in the way of the gateway itself.
  private static func avahi(_ settings: Settings.Discovery) -> Finding {
    guard settings.enabled, settings.mdns || settings.announce else {
      return Finding(.ok, .machine, "avahi", "avahi is not needed: mDNS is off in [discovery]")
    }
    switch avahiState() {
    case .available:
      return Finding(.ok, .machine, "avahi", "avahi is there, to hear of servers in the network")
    case .unavailable(let why):
      return Finding(
        .warn, .machine, "avahi",
        "servers that announce themselves in the network are not heard: \(why)",
        fix: "install and start avahi-daemon and D-Bus, or name those servers in the configuration;"
          + " if that is meant, set discovery.mdns and discovery.announce to false")
    default:
      return Finding(
        .warn, .machine, "avahi", "avahi does not answer", fix: "restart avahi-daemon")
    }
  }

  /// The first that is heard of the daemon; nil for nothing.
  private static func avahiState() -> ServiceEvent? {
    guard let loop = try? EventLoop() else { return nil }
    var state: ServiceEvent?
    let directory = ServiceDirectory(loop: loop) { event in
      state = state ?? event
      loop.stop()
    }
    loop.after(patience) { loop.stop() }
    loop.run()
    directory.stop()
    return state
  }
}

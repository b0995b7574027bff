import Config
import Glibc
import HTTP
import Net
import Text

/// The running gateway, or the place where one would run.
struct GatewayChecks {
  private(set) var findings: [Finding] = []
  /// Where clients reach the gateway that runs; nil if none does.
  private(set) var address: Endpoint?
  /// What it knows of its backends.
  private(set) var backends: [JSONRow] = []
  /// Whether its control socket answered.
  private(set) var isRunning = false

  /// Most milliseconds for each answer of the control socket.
  private static let patience: UInt64 = 2_000

  init(_ invocation: Invocation, _ settings: Settings) {
    do throws(ControlError) {
      let client = try ControlClient(invocation, configured: settings.server)
      let status = try client.json(.get, "/status", within: Self.patience).row
      isRunning = true
      tell(status)
      address = status.text("url").flatMap { try? Endpoint.parse($0) }
      backends = JSONRow.list(
        try client.json(.get, "/backends", within: Self.patience), "backends")
    } catch .notRunning where !FleetFacts.isNamed(invocation) {
      note(.ok, "gateway", "no gateway is running; the backends are asked directly")
      checkControlSocket(settings)
      checkPort(settings)
    } catch {
      note(.fail, "gateway", "\(error)")
    }
  }

  private mutating func note(
    _ level: Finding.Level, _ check: String, _ message: String, fix: String? = nil
  ) {
    findings.append(Finding(level, .gateway, check, message, fix: fix))
  }

  private mutating func tell(_ status: JSONRow) {
    let version = status.text("version") ?? "?"
    let pid = status.number("pid") ?? 0
    note(
      .ok, "gateway",
      "gateway \(version) runs as process \(pid) at \(status.text("url") ?? "?")")
    if version != NexusVersion.text {
      note(
        .warn, "gateway_version", "this command is of version \(NexusVersion.text)",
        fix: "restart the gateway, so that it is the installed version")
    }
    if status.bool("draining") == true {
      note(.warn, "gateway", "it is stopping and takes no new requests")
    }
    if let dropped = status.number("log_dropped"), dropped > 0 {
      note(
        .warn, "gateway_log", "\(dropped) lines of its log were lost since nobody took them",
        fix: "see what reads its standard error, or log less: 'nexus log-level info'")
    }
  }

  /// Whether a gateway that is started now could be commanded.
  private mutating func checkControlSocket(_ settings: Settings) {
    let places = ControlSocketPath.forServer(
      named: settings.server.controlSocket, port: settings.server.port,
      environment: ControlSocket.environment, user: geteuid())
    let faults = places.map { ControlSocket.fault(at: $0) }
    if let index = faults.firstIndex(where: { $0 == nil }) {
      note(.ok, "control_socket", "its control socket would be \(places[index])")
      return
    }
    note(
      settings.server.controlSocket == nil ? .warn : .fail, "control_socket",
      "commands could not reach it: \(faults.compactMap { $0 }.joined(separator: "; "))",
      fix: "set XDG_RUNTIME_DIR to a directory of your own, or use --control-socket PATH")
  }

  private mutating func checkPort(_ settings: Settings) {
    let (host, port) = (settings.server.host, settings.server.port)
    do throws(NetError) {
      guard try Socket.isTaken(host: host, port: port) else {
        note(.ok, "port", "\(host):\(port) is free for it")
        return
      }
      throw .system(call: "bind", errno: EADDRINUSE)
    } catch {
      note(.fail, "port", StartError(listeningAt: host, port, error).description)
    }
  }
}

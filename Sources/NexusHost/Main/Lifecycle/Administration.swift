import Config
import Gateway
import Net
import Synchronization
import Telemetry

/// The control socket of this gateway, from its opening to the end. Any thread.
final class Administration: Sendable {
  private let settings: Settings.Server
  private let port: UInt16
  private let loop: EventLoop
  private let routes: [AdminRoute]
  private let log: Log
  private let server = Mutex<AdminServer?>(nil)

  init(
    _ settings: Settings.Server, port: UInt16, loop: EventLoop, routes: [AdminRoute], log: Log
  ) {
    self.settings = settings
    self.port = port
    self.loop = loop
    self.routes = routes
    self.log = log
  }

  /// Takes commands from now on, if there is a place for the socket. `replacing`: instead of the
  /// gateway that does so now. Touches the file system.
  func open(replacing: Bool) throws(LocalSocketError) {
    let socket = try ControlSocket.open(
      named: settings.controlSocket, port: port, replacing: replacing, log: log)
    guard let socket else { return }
    let server = AdminServer(loop: loop, socket: socket, routes: routes) { [log] error in
      log.warn("control", "a connection could not be taken", ["reason": "\(error)"])
    }
    self.server.withLock { $0 = server }
    server.start()
  }

  /// Takes no more; the socket's file stays if it is a successor's.
  func stop() { server.withLock { $0 }?.stop() }
}

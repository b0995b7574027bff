import Config
import Glibc
import Net
import Telemetry

/// Opens the control socket of a gateway.
enum ControlSocket {
  /// Opens it at the place that was named, or at the first usual one that can be used. Nil if none
  /// of those can: the gateway serves all the same, and the log says why it cannot be administrated.
  /// Throws if the named one cannot be used, or if another gateway answers there and is not to be
  /// replaced.
  static func open(
    named: String?, port: UInt16, replacing: Bool = false, log: Log
  ) throws(LocalSocketError) -> Socket.LocalListening? {
    let places = ControlSocketPath.forServer(
      named: named, port: port, environment: environment, user: geteuid())
    var faults: [LocalSocketError] = []
    for path in places {
      do throws(LocalSocketError) {
        let socket = try Socket.listenLocal(path: path, replacing: replacing)
        log.debug("control", "listening", ["path": path])
        return socket
      } catch .inUse(let path) {
        throw .inUse(path: path)
      } catch {
        if places.count == 1 { throw error }
        faults.append(error)
      }
    }
    log.warn(
      "control", "there is no control socket, so commands cannot reach this gateway",
      ["reason": faults.map(\.description).joined(separator: "; ")])
    return nil
  }

  /// Why no socket could be made at a path, or nil; makes nothing. Another gateway that listens there
  /// is none of its business.
  static func fault(at path: String) -> String? {
    var directory = path
    repeat {
      directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
      if directory.isEmpty { directory = "/" }
      if access(directory, W_OK | X_OK) == 0 { return nil }
    } while errno == ENOENT && directory != "/"
    return "\(directory): \(SystemError.text(errno))"
  }

  /// What went wrong and how to mend it.
  static func explain(_ error: LocalSocketError) -> String {
    guard case .inUse = error else { return "no control socket: \(error)." }
    return "no control socket: \(error). Stop that gateway, or name another place"
      + " with --control-socket PATH."
  }

  /// The value of an environment variable.
  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

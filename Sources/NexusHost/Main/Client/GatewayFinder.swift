import CLinux
import Config
import Glibc
import Net

/// Finds the control socket of the gateway that a command means.
struct GatewayFinder {
  /// Path of the socket that was named, or nil.
  var named: String?
  /// Port of the gateway that was named, or nil.
  var port: UInt16?
  /// Port that decides between several gateways, as the configuration has it.
  var preferredPort: UInt16?
  /// Directories in which to look.
  var directories: [String]

  /// How long a full queue of connections is waited for, in milliseconds.
  static let patience: UInt64 = 2_000
  private static let service = "/run/nexus"

  /// The path of a socket at which somebody listens.
  func find() throws(ControlError) -> String {
    if let named {
      if let fault = try Self.fault(of: named) { throw fault }
      return named
    }
    var live: [(port: UInt16, path: String)] = []
    var forbidden: String?
    for (port, path) in sockets() {
      do throws(ControlError) {
        if try Self.fault(of: path) == nil { live.append((port, path)) }
      } catch {
        forbidden = forbidden ?? path
      }
    }
    if live.count == 1 { return live[0].path }
    if let match = live.first(where: { $0.port == preferredPort }) { return match.path }
    guard live.isEmpty else { throw .ambiguous(live.map(\.path)) }
    if let forbidden { throw .notAllowed(forbidden) }
    throw .notRunning("looked for \(pattern) in \(directories.joined(separator: ", "))")
  }

  private var pattern: String {
    port.map(ControlSocketPath.fileName) ?? "control-*.sock"
  }

  /// Why nobody answers at a path; nil if somebody does. Throws if this user may not ask.
  private static func fault(of path: String) throws(ControlError) -> ControlError? {
    do {
      close(try Socket.connectLocal(path: path, within: patience))
      return nil
    } catch .system(_, EACCES) {
      throw .notAllowed(path)
    } catch {
      return .notRunning("\(path): \(error)")
    }
  }

  /// The sockets that could be meant, whether somebody listens there or not.
  private func sockets() -> [(port: UInt16, path: String)] {
    var found: [(port: UInt16, path: String)] = []
    var seen: Set<String> = []
    for directory in directories where seen.insert(directory).inserted && Self.isTrusted(directory)
    {
      let ports = DirectoryNames.list(directory).compactMap(ControlSocketPath.port)
      for port in ports.sorted() where self.port == nil || self.port == port {
        found.append((port, "\(directory)/\(ControlSocketPath.fileName(port))"))
      }
    }
    return found
  }

  /// Whether nobody else could have put a socket there to be taken for a gateway. Only root can have
  /// made the service's directory, for whatever user it runs as.
  private static func isTrusted(_ directory: String) -> Bool {
    var found = stat()
    guard stat(directory, &found) == 0 else { return false }
    return found.st_uid == geteuid() || found.st_uid == 0 || directory == service
  }
}

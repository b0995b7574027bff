import CLinux
import Config
import Glibc

/// What only the system knows about the keys of backends.
enum KeyCheck {
  /// Warns about files with keys that cannot be read, or that others can read too.
  static func run(_ loaded: inout Loaded) {
    for (index, backend) in loaded.settings.backends.enumerated() {
      guard let path = backend.keyFile else { continue }
      var status = stat()
      var problem: String?
      if stat(path, &status) != 0 || access(path, R_OK) != 0 {
        problem = "\(path) cannot be read: \(String(cString: strerror(errno)))."
      } else if status.st_mode & 0o077 != 0 {
        problem = "others may read \(path) too; chmod 600 \(path) keeps the key to its owner."
      }
      if let problem { loaded.report(.warning, at: "backends[\(index)].api_key_file", problem) }
    }
  }

  /// Warns about variables with keys that are not set where this runs.
  static func runVariables(_ loaded: inout Loaded) {
    for (index, backend) in loaded.settings.backends.enumerated() {
      guard let name = backend.keyVariable else { continue }
      guard ControlSocket.environment(name).map({ $0.isEmpty }) ?? true else { continue }
      loaded.report(
        .warning, at: "backends[\(index)].api_key_env",
        "the variable \(name) is not set here; set it where the gateway runs.")
    }
  }
}

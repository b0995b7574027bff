import Glibc

/// Where the drivers are.
enum PluginDirectory {
  /// The absolute path of the directory that was asked for, or of the default: `../lib/nexus` beside
  /// the program if there is one, else `/usr/lib/nexus`.
  static func resolve(_ asked: String?) -> String {
    if let asked { return absolute(asked) ?? joined(asked) }
    if let program = absolute("/proc/self/exe") {
      let folder = program.split(separator: "/").dropLast(2).map { "/\($0)" }.joined()
      if let beside = absolute("\(folder)/lib/nexus") { return beside }
    }
    return "/usr/lib/nexus"
  }

  /// The path without links and dots, or nil if there is nothing.
  private static func absolute(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// A path that leads nowhere, made absolute for the message about it.
  private static func joined(_ path: String) -> String {
    guard !path.hasPrefix("/"), let current = absolute(".") else { return path }
    return "\(current)/\(path)"
  }
}

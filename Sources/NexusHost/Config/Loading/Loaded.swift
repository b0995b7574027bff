/// What the sources together say: settings, where each came from, and what is wrong.
public struct Loaded: Sendable {
  /// Complete and checked if there are no errors; otherwise only good for messages.
  public var settings = Settings()
  /// Path of a key → where its value came from; a key that is missing has its default. Backends by
  /// their name: "backends.gpu.url".
  public var origins: [String: SettingOrigin] = [:]
  /// In the order of the file, then of the environment and the command line.
  public var diagnostics: [Diagnostic] = []

  public var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
  public var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }
}

/// Where a value came from.
public enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
  case standard
  case file(String, line: Int)
  /// By its name.
  case environment(String)
  /// As it is written: "--port".
  case flag(String)

  public var description: String {
    switch self {
    case .standard: "default"
    case .file(let name, let line): "\(name):\(line)"
    case .environment(let name): "$\(name)"
    case .flag(let flag): flag
    }
  }
}

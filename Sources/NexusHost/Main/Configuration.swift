import Config

/// Where the configuration comes from: read in the same way at the start and at each reload.
struct Configuration: Sendable {
  /// The configuration file, or nil if none is used.
  let file: String?
  private let flags: FlagValues

  init(_ invocation: Invocation) throws(UsageError) {
    file = nil
    flags = try FlagValues(invocation)
  }

  /// What all sources say now. Reads a file.
  func read() -> Loaded {
    SettingsLoader.load(environment: ControlSocket.environment, flags: flags)
  }

  /// The settings for a command, or nil if they cannot be used; then the reasons have been told.
  func load() -> Settings? {
    let loaded = read()
    for diagnostic in loaded.diagnostics { Terminal.complain("\(diagnostic.text)\n") }
    return loaded.errors.isEmpty ? loaded.settings : nil
  }
}

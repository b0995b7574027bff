import Config

/// What was configured, gathered from the command line and the environment.
enum Configuration {
  /// The settings for a command, or nil if they cannot be used; then the reasons have been told.
  static func load(_ invocation: Invocation) throws(UsageError) -> Settings? {
    let loaded = SettingsLoader.load(
      environment: ControlSocket.environment, flags: try FlagValues(invocation))
    for diagnostic in loaded.diagnostics { Terminal.complain("\(diagnostic.text)\n") }
    return loaded.errors.isEmpty ? loaded.settings : nil
  }
}

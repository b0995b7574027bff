import Config
import Glibc

/// Where the configuration comes from: read in the same way at the start and at each reload.
struct Configuration: Sendable {
  private let place: ConfigurationPlace
  private let flags: FlagValues

  /// `file` is the configuration file if somebody named it otherwise than by `--config`.
  init(_ invocation: Invocation, file: String? = nil) throws(UsageError) {
    flags = try FlagValues(invocation)
    place = ConfigurationPlace.find(
      named: file ?? invocation.value("--config"), environment: ControlSocket.environment,
      exists: { access($0, F_OK) == 0 })
  }

  /// The path of the configuration file, there or not.
  var file: String { place.path }

  /// Whether there is such a file.
  var exists: Bool { access(file, F_OK) == 0 }

  /// What all sources say now. Reads the file.
  func read() -> Loaded {
    var loaded = place.load(environment: ControlSocket.environment, flags: flags)
    KeyCheck.run(&loaded)
    return loaded
  }

  /// What all sources would say if the file had that content.
  func read(with content: [UInt8]) -> Loaded {
    SettingsLoader.load(
      file: ConfigurationFile(name: file, bytes: content),
      environment: ControlSocket.environment, flags: flags)
  }

  /// What all sources say, or nil if it cannot be used. What is wrong or odd has been told.
  func load() -> Loaded? {
    let loaded = read()
    for diagnostic in loaded.diagnostics { Terminal.complain("\(diagnostic.text)\n") }
    return loaded.errors.isEmpty ? loaded : nil
  }
}

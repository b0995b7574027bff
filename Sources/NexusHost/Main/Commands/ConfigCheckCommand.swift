import Config
import Drivers

/// `nexus config check [FILE]`: what is wrong with a configuration, found without starting.
enum ConfigCheckCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    guard invocation.operands.count <= 1 else {
      throw UsageError("'nexus config check' takes one FILE.")
    }
    let configuration = try Configuration(invocation, file: invocation.operands.first)
    var loaded = configuration.read()
    let catalogue = DriverLoader.load(
      directory: PluginDirectory.resolve(loaded.settings.plugins.directory))
    DriverCheck.run(&loaded, catalogue)
    if catalogue.drivers.isEmpty {
      loaded.report(
        .warning, at: "plugins.directory",
        "there is no driver in \(catalogue.directory), so types of backends cannot be checked.")
    }
    KeyCheck.runVariables(&loaded)
    for diagnostic in loaded.diagnostics { Terminal.complain("\(diagnostic.text)\n") }
    let warnings = count(loaded.warnings.count, "warning")
    guard loaded.errors.isEmpty else {
      Terminal.complain(
        "\(configuration.file): \(count(loaded.errors.count, "error")), \(warnings).\n")
      return ExitCode.failure
    }
    let backends = count(loaded.settings.backends.count, "backend")
    Terminal.say("✓ \(configuration.file) can be used: \(backends), \(warnings).\n")
    return ExitCode.success
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

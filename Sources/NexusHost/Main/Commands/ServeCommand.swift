import Config
import Drivers
import Telemetry

/// `nexus serve`: loads the drivers and runs the gateway until it is told to stop.
enum ServeCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let configuration = try Configuration(invocation)
    guard let settings = configuration.load() else { return ExitCode.failure }
    let log = Log(levels: try settings.logging.levels, format: settings.logging.format)
    defer { log.flush() }
    let catalogue = loadDrivers(settings, log)
    if let fault = unservedType(settings, catalogue) {
      log.flush()
      Terminal.complain("Error: \(fault)\n")
      return ExitCode.failure
    }
    return GatewayProcess.run(
      Reloading(
        configuration: configuration, started: settings, catalogue: catalogue, log: log))
  }

  private static func loadDrivers(_ settings: Settings, _ log: Log) -> DriverCatalogue {
    let catalogue = DriverLoader.load(
      directory: PluginDirectory.resolve(settings.plugins.directory))
    for refusal in catalogue.refusals {
      log.warn("drivers", "not loaded", ["file": refusal.path, "reason": refusal.reason])
    }
    for driver in catalogue.drivers.map(\.descriptor) {
      log.debug(
        "drivers", "loaded",
        ["id": driver.id, "version": driver.version, "file": driver.path])
    }
    if catalogue.drivers.isEmpty {
      log.error(
        "drivers", "there is no driver, so no backend can be used; see --plugins",
        ["directory": catalogue.directory])
    } else {
      log.info(
        "drivers", "loaded",
        [
          "count": catalogue.drivers.count, "types": catalogue.types.joined(separator: ","),
          "directory": catalogue.directory,
        ])
    }
    return catalogue
  }

  /// What is wrong with a type that was asked for, or nil. Without any driver the gateway starts all
  /// the same and says that it is degraded.
  static func unservedType(
    _ settings: Settings, _ catalogue: DriverCatalogue
  ) -> String? {
    guard !catalogue.drivers.isEmpty else { return nil }
    for backend in settings.backends {
      guard let type = backend.type, catalogue.driver(forType: type) == nil else { continue }
      return "backend '\(backend.name)': no loaded driver serves the type '\(type)'."
        + " Loaded are: \(catalogue.types.joined(separator: ", "))."
    }
    return nil
  }
}

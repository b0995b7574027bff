import Config
import Drivers
import Telemetry

/// `nexus serve`: loads the drivers and runs the gateway until it is told to stop.
enum ServeCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    let launch: Launch
    do {
      launch = try Launch(takesOver: invocation.has("--take-over"))
    } catch {
      Terminal.complain("Error: \(error)\n")
      return ExitCode.failure
    }
    let configuration = try Configuration(invocation)
    guard var loaded = configuration.load() else { return ExitCode.failure }
    let settings = loaded.settings
    let log = Log(levels: try settings.logging.levels, format: settings.logging.format)
    defer { log.flush() }
    ContentWarning.tell(settings.logging, to: log)
    // Held by nothing else, or drivers that are replaced would stay mapped.
    let drivers = LoadedDrivers(loadDrivers(settings, log), log: log)
    DriverCheck.run(&loaded, drivers.catalogue)
    guard loaded.errors.isEmpty else {
      log.flush()
      for fault in loaded.errors { Terminal.complain("\(fault.text)\n") }
      return ExitCode.failure
    }
    return GatewayProcess.run(
      Reloading(configuration: configuration, started: loaded, drivers: drivers, log: log),
      launch)
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
        "drivers",
        "there is no driver, so no backend can be used; name the directory that has them with"
          + " --plugins or plugins.directory",
        [
          "directory": catalogue.directory,
          "reason": catalogue.refusals.first { $0.path == catalogue.directory }?.reason,
        ])
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
}

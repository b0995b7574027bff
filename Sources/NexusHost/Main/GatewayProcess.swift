import Config
import Drivers
import Telemetry

/// The composition root: puts the rooms together and runs them.
enum GatewayProcess {
  /// Serves until a signal ends it; gives the exit code.
  static func run(_ options: ServeOptions, _ catalogue: DriverCatalogue, _ log: Log) -> Int32 {
    log.error("serve", "this build has no gateway")
    return ExitCode.failure
  }
}

import Config
import Control
import Drivers
import Gateway
import Net
import Telemetry

/// Connects the reading of the configuration with everything that goes by it.
struct Reloading {
  let configuration: Configuration
  /// What the process was started with.
  let started: Loaded
  let catalogue: DriverCatalogue
  let log: Log

  func controller(
    _ loop: EventLoop, _ manager: FleetManager, _ publisher: ViewPublisher,
    announce: @escaping @Sendable (_ begins: Bool) -> Void
  ) -> ReloadController {
    let levels = LevelSetting(started.settings.logging)
    return ReloadController(
      loop: loop, file: configuration.file, started: started, log: log, read: read,
      apply: { [log] settings, done in
        manager.configure(settings) {
          // At this moment, so that no worker sees a new fleet with old rules or the reverse.
          publisher.adopt(GatewayRules(settings)) { loop.post(done) }
          levels.follow(settings.logging, log)
        }
      }, announce: announce)
  }

  /// What all sources say now, checked against the drivers that are loaded.
  private func read() -> Loaded {
    var loaded = configuration.read()
    DriverCheck.run(&loaded, catalogue)
    return loaded
  }
}

/// The log's levels as configured: a reload that changes others does not undo what a command set.
///
/// `@unchecked Sendable`: touched on the control loop's thread only.
private final class LevelSetting: @unchecked Sendable {
  private var logging: Settings.Logging

  init(_ logging: Settings.Logging) { self.logging = logging }

  func follow(_ new: Settings.Logging, _ log: Log) {
    if !logging.enableContentLogging { ContentWarning.tell(new, to: log) }
    let isOther = new.level != logging.level || new.componentLevels != logging.componentLevels
    logging = new
    if isOther, let levels = try? new.levels { log.levels = levels }
  }
}

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
  /// What was loaded at the start, and follows the directory.
  let drivers: LoadedDrivers
  let log: Log

  func controller(
    _ loop: EventLoop, _ manager: FleetManager, _ lifecycle: LifecycleManager,
    _ network: LocalNetwork, _ publisher: ViewPublisher, _ traces: TraceExporter,
    _ counts: DriverCounts,
    announce: @escaping @Sendable (_ begins: Bool) -> Void
  ) -> ReloadController {
    let logging = LogSettings(started.settings.logging)
    return ReloadController(
      loop: loop, file: configuration.file, folder: drivers.catalogue.directory,
      started: started, log: log, refresh: drivers.refresh, read: read,
      apply: { [log, drivers] settings, done in
        manager.configure(settings, drivers.catalogue) {
          // At this moment, so that no worker sees a new fleet with old rules or the reverse.
          lifecycle.configure(settings)
          network.follow(settings.discovery)
          traces.configure(settings.traces)
          publisher.adopt(GatewayRules(settings)) {
            loop.post {
              // No worker makes a plan any more that needs those before.
              drivers.install(counts, on: loop)
              done()
            }
          }
          logging.follow(settings.logging, log)
        }
      }, announce: announce)
  }

  /// What all sources say now, checked against the drivers that are loaded.
  private func read(before: Settings) -> Loaded {
    var loaded = configuration.read()
    DriverCheck.run(&loaded, drivers.catalogue, before: before)
    return loaded
  }
}

/// What the log was told last: a reload that changes other things does not undo what a command set.
///
/// `@unchecked Sendable`: touched on the control loop's thread only.
private final class LogSettings: @unchecked Sendable {
  private var logging: Settings.Logging

  init(_ logging: Settings.Logging) { self.logging = logging }

  func follow(_ new: Settings.Logging, _ log: Log) {
    let old = logging
    logging = new
    if !old.enableContentLogging { ContentWarning.tell(new, to: log) }
    let isOther = new.level != old.level || new.componentLevels != old.componentLevels
    if isOther, let levels = try? new.levels { log.levels = levels }
  }
}

import Config
import Control
import Drivers
import Fleet
import Net
import Synchronization
import Telemetry

/// A look at the configured backends without a gateway: what a command shows when none runs.
///
/// Turns a control loop of its own on the calling thread, for as long as the slowest backend takes,
/// but a few seconds at most.
enum DirectLook {
  /// How long backends get to answer, in milliseconds. Discovery has no natural end, so it gets all
  /// of a shorter time.
  private static let patience: UInt64 = 6_000
  private static let discoveryTime: UInt64 = 1_500

  /// The fleet as it is right now.
  static func run(_ settings: Settings, _ catalogue: DriverCatalogue) throws(NetError)
    -> FleetSnapshot
  {
    let loop = try EventLoop()
    let latest = Mutex(FleetSnapshot())
    let discovers = settings.backends.isEmpty
    var settings = settings
    settings.discovery.enabled = settings.discovery.enabled && discovers
    let manager = FleetManager(
      loop: loop, catalogue: catalogue, options: FleetOptions(settings, ownPort: 0),
      prober: try NetworkProber(loop: loop),
      log: Log(level: .error)
    ) { snapshot in
      latest.withLock { $0 = snapshot }
      if !discovers, snapshot.isLookedAt { loop.stop() }
    }
    manager.start()
    loop.post { _ = loop.after(discovers ? discoveryTime : patience) { loop.stop() } }
    loop.run()
    manager.stop()
    return latest.withLock { $0 }
  }
}

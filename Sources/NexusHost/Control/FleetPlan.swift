import Config
import Drivers
import Fleet

/// What the fleet is to be: made from the configuration and what the drivers declare.
struct FleetPlan {
  /// In the order of the configuration.
  var backends: [Backend] = []
  /// Loopback ports to look at.
  var ports: [UInt16] = []
  /// How backends are watched.
  var healthCheck = Settings.HealthCheck()
  /// What models cost.
  var prices = PriceTable()

  /// The plan, and what there is to say about it. Reads keys.
  static func make(
    _ settings: Settings, _ factory: BackendFactory
  ) -> (plan: FleetPlan, news: [FleetNews]) {
    var plan = FleetPlan(
      healthCheck: settings.healthCheck, prices: PriceTable(settings.routing.prices))
    var news: [FleetNews] = []
    for backend in settings.backends {
      if let made = factory.make(backend, source: .configured, &news) {
        plan.backends.append(made)
      }
    }
    // Who names backends does not want others.
    if settings.discovery.enabled, settings.backends.isEmpty {
      plan.ports = factory.catalogue.ports.map(\.port).filter { $0 != factory.ownPort }
    }
    return (plan, news)
  }
}

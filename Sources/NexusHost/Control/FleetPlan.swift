import Config
import Drivers
import Fleet

/// What the fleet is to be: made from the configuration and what the drivers declare.
struct FleetPlan {
  /// In the order of the configuration.
  var backends: [Backend] = []
  /// The drivers that there are; nil for those that there were.
  var catalogue: DriverCatalogue?
  /// Where others are looked for.
  var discovery = DiscoveryPlan()
  /// How backends are watched.
  var healthCheck = Settings.HealthCheck()
  /// What models cost.
  var prices = PriceTable()

  /// The plan, and what there is to say about it. Reads keys.
  static func make(
    _ settings: Settings, _ factory: BackendFactory
  ) -> (plan: FleetPlan, news: [FleetNews]) {
    var plan = FleetPlan(
      catalogue: factory.catalogue, discovery: DiscoveryPlan(settings.discovery, factory),
      healthCheck: settings.healthCheck,
      prices: PriceTable(settings.routing.prices))
    var news: [FleetNews] = []
    for backend in settings.backends {
      if let made = factory.make(backend, source: .configured, &news) {
        plan.backends.append(made)
      }
    }
    return (plan, news)
  }
}

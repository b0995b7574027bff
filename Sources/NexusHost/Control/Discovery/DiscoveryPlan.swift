import Config
import Drivers
import Fleet
import Net

/// Where servers are looked for: made from the configuration and what the drivers declare.
struct DiscoveryPlan {
  /// Ports of this machine, and of the addresses to look at.
  var ports: [UInt16] = []
  /// Addresses to look at besides this machine.
  var blocks: [AddressBlock] = []
  /// Announced service → type of the servers that it suggests, or "". Others are not heard.
  var services: [String: String] = [:]
  /// Types that an announcement may suggest.
  var types: Set<String> = []
  var trust: [TrustRule] = []
  /// How long what is not there any more stays known, in milliseconds.
  var grace: UInt64 = 60_000
  /// Address and port of this gateway.
  var ownAddress: NumericAddress?
  var ownPort: UInt16 = 0

  /// Whether anything is looked for.
  var isLooking: Bool { !ports.isEmpty || !services.isEmpty }

  init() {}

  init(_ settings: Settings.Discovery, _ factory: BackendFactory) {
    grace = UInt64(max(0, settings.gracePeriodSeconds)) * 1_000
    ownAddress = NumericAddress(factory.ownHost)
    ownPort = factory.ownPort
    trust = settings.trust.compactMap { TrustRule($0) }
    guard settings.enabled else { return }
    let catalogue = factory.catalogue
    ports = Array(Set(catalogue.ports.map(\.port) + settings.ports)).sorted()
    blocks = settings.scan.compactMap { AddressBlock($0) }
    services = Self.services(settings, catalogue)
    types = Set(catalogue.types).subtracting(Backend.cloudTypes)
  }

  /// The services to browse, with the types that drivers say they mean; none without mDNS.
  static func services(
    _ settings: Settings.Discovery, _ catalogue: DriverCatalogue
  ) -> [String: String] {
    guard settings.enabled, settings.mdns else { return [:] }
    var services: [String: String] = [:]
    for service in settings.serviceTypes { services[plain(service)] = "" }
    for driver in catalogue.drivers {
      for service in driver.descriptor.services {
        services[plain(service)] = driver.descriptor.types.first ?? ""
      }
    }
    // Gateways announce themselves so that clients find them; to each other they are no backends.
    services["_nexus._tcp"] = nil
    services[""] = nil
    return services
  }

  /// "_ollama._tcp.local." → "_ollama._tcp".
  private static func plain(_ service: String) -> String {
    var name = service.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    if name.hasSuffix(".local") { name.removeLast(6) }
    return name
  }
}

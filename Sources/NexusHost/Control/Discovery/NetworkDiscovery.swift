import Config
import Drivers

/// What browses the local network for services; confined to the control loop's thread.
public protocol ServiceBrowsing: AnyObject {
  /// Browses these types from now on, "_ollama._tcp", and no others.
  func browse(_ types: [String])
}

/// Browses what the configuration and the drivers ask for; confined to the control loop's thread.
final class NetworkDiscovery {
  private let browser: any ServiceBrowsing
  /// The drivers that there are.
  var catalogue: DriverCatalogue
  private var types: [String] = []

  init(_ browser: any ServiceBrowsing, _ catalogue: DriverCatalogue) {
    self.browser = browser
    self.catalogue = catalogue
  }

  /// Goes by these settings.
  func follow(_ settings: Settings.Discovery) {
    let wanted = DiscoveryPlan.services(settings, catalogue).keys.sorted()
    guard wanted != types else { return }
    types = wanted
    browser.browse(wanted)
  }
}

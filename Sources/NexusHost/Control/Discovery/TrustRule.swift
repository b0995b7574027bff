import Config
import HTTP
import Net
import Text

/// A table of `[[discovery.trust]]`, compiled: which found servers are one's own.
struct TrustRule {
  let caFile: String?
  private let name: Glob?
  private let block: AddressBlock?
  private let settings: Settings.Trust

  /// Nil if a condition cannot be understood: then it holds for nobody.
  init?(_ settings: Settings.Trust) {
    self.settings = settings
    caFile = settings.caFile
    name = settings.name.flatMap { try? Glob($0) }
    block = settings.address.flatMap { AddressBlock($0) }
    guard (name == nil) == (settings.name == nil), (block == nil) == (settings.address == nil),
      name != nil || block != nil || caFile != nil
    else { return nil }
  }

  /// Whether it fits a server of that name and address, its certificate aside; it may fit while the
  /// name is not known.
  func fits(name: String?, _ address: NumericAddress) -> Bool {
    name.flatMap { self.name?.matches($0) } != false && block?.contains(address) != false
  }

  /// Whether it holds for a server that is reached so. A connection to an endpoint with a file of
  /// authorities stands only if they vouch for the server.
  func holds(name: String, _ way: Way) -> Bool {
    fits(name: name, way.place.address)
      && (caFile == nil || way.endpoint.scheme == .https && way.endpoint.caFile == caFile)
  }

  /// Gives the server what it deserves.
  func apply(to backend: inout Settings.Backend) {
    backend.zone = settings.zone
    if let priority = settings.priority { backend.priority = priority }
    if let tier = settings.tier { backend.tier = tier }
  }
}

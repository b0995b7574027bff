import Config
import Drivers
import Fleet
import Glibc
import HTTP

/// Makes backends of what is said about them: finds their drivers, reads their keys.
struct BackendFactory {
  let catalogue: DriverCatalogue
  /// Address and port on which this gateway listens: never a backend of itself.
  let ownHost: String
  let ownPort: UInt16
  /// Looks an environment variable up.
  var environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  /// Reads a small file.
  var read: (String) throws(SmallFile.Failure) -> [UInt8] = BackendFactory.readKey

  /// The backend, or nil with the news why it is left out.
  func make(
    _ settings: Settings.Backend, source: BackendSource, _ news: inout [FleetNews]
  ) -> Backend? {
    guard !isOwn(settings) else {
      news.append(.ownAddress(name: settings.name, url: settings.endpoint.url))
      return nil
    }
    let kind = settings.type.flatMap { type in
      catalogue.driver(forType: type).map { BackendKind(type: type, driver: $0) }
    }
    let backend = Backend(
      settings, kind: kind, credential: credential(settings, &news), source: source)
    if backend.isOpenByAddress {
      news.append(.openByAddress(name: settings.name, url: settings.endpoint.url))
    }
    return backend
  }

  /// Why a backend that somebody adds by hand is refused.
  func check(_ settings: Settings.Backend) throws(FleetError) {
    guard !isOwn(settings) else { throw .ownAddress(url: settings.endpoint.url) }
    if let type = settings.type, catalogue.driver(forType: type) == nil {
      throw .noDriver(type: type, loaded: catalogue.types)
    }
  }

  /// Most bytes of a key.
  private static let keyLimit = 16 * 1024

  private static func readKey(_ path: String) throws(SmallFile.Failure) -> [UInt8] {
    try SmallFile.read(path, limit: keyLimit)
  }

  private func isOwn(_ settings: Settings.Backend) -> Bool {
    guard settings.endpoint.port == ownPort else { return false }
    return settings.endpoint.isLoopback || settings.endpoint.host == ownHost.lowercased()
  }

  private func credential(
    _ settings: Settings.Backend, _ news: inout [FleetNews]
  ) -> [UInt8]? {
    let name = settings.name
    var key: [UInt8]
    let place: String
    if let variable = settings.keyVariable {
      guard let value = environment(variable) else {
        news.append(.keyMissing(name: name, variable: variable))
        return nil
      }
      (key, place) = (Array(value.utf8), "$\(variable)")
    } else if let file = settings.keyFile {
      do {
        (key, place) = (try read(file), file)
      } catch {
        news.append(.keyFileUnreadable(name: name, file: file, why: error.description))
        return nil
      }
    } else {
      return nil
    }
    // A line end that came along is no part of it.
    while let last = key.last, last == 0x0A || last == 0x0D { key.removeLast() }
    // What stands in a header field may not end it (RFC 9110 §5.5).
    guard !key.isEmpty, key.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      news.append(.keyUnusable(name: name, place: place))
      return nil
    }
    return key
  }
}

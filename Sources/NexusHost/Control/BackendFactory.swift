import Config
import Drivers
import Fleet
import Glibc
import HTTP

/// Makes backends of what is said about them: finds their drivers, reads their keys.
struct BackendFactory {
  /// The drivers that there are.
  var catalogue: DriverCatalogue
  /// Address and port on which this gateway listens: never a backend of itself.
  let ownHost: String
  let ownPort: UInt16
  /// Looks an environment variable up.
  var environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  /// Reads a small file.
  var read: (String) throws(SmallFile.Failure) -> [UInt8] = BackendKey.readFile

  /// The backend, or nil with the news why it is left out.
  func make(
    _ settings: Settings.Backend, source: BackendSource, _ news: inout [FleetNews]
  ) -> Backend? {
    guard !isOwn(settings) else {
      news.append(.ownAddress(name: settings.name, url: settings.endpoint.url))
      return nil
    }
    let kind = settings.type.flatMap { BackendKind(type: $0, in: catalogue) }
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

  private func isOwn(_ settings: Settings.Backend) -> Bool {
    guard settings.endpoint.port == ownPort else { return false }
    return settings.endpoint.isLoopback || settings.endpoint.host == ownHost.lowercased()
  }

  private func credential(
    _ settings: Settings.Backend, _ news: inout [FleetNews]
  ) -> [UInt8]? {
    do throws(BackendKeyError) {
      return try BackendKey.read(settings, environment: environment, file: read)
    } catch {
      news.append(FleetNews(error, name: settings.name))
      return nil
    }
  }
}

extension FleetNews {
  fileprivate init(_ error: BackendKeyError, name: String) {
    self =
      switch error {
      case .missing(let variable): .keyMissing(name: name, variable: variable)
      case .unreadable(let file, let why): .keyFileUnreadable(name: name, file: file, why: why)
      case .unusable(let place): .keyUnusable(name: name, place: place)
      }
  }
}

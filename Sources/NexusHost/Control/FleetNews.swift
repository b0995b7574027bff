import Config
import Telemetry

/// Something about the fleet that people want to know; said once, when it happens.
enum FleetNews: Equatable {
  case up(name: String, type: String, url: String, models: Int, version: String)
  case down(name: String, url: String, why: String)
  /// `place`: the variable or the file with the key; nil if it has none.
  case keyRefused(name: String, url: String, place: String?)
  case loading(name: String, why: String)
  case identified(name: String, type: String, url: String, version: String)
  case unrecognised(name: String, url: String)
  case found(name: String, type: String, url: String, zone: Settings.Zone)
  case moved(name: String, from: String, to: String)
  case withdrawn(name: String, url: String)
  case forgotten(name: String, url: String)
  case networkSilent(why: String)
  case networkHeard
  case modelsChanged(name: String, models: Int, added: [String], removed: [String])
  case modelsAbsent(name: String, models: [String])
  case pricesAssumed(name: String, models: [String])
  case keyMissing(name: String, variable: String)
  case keyFileUnreadable(name: String, file: String, why: String)
  /// `place`: the variable or the file.
  case keyUnusable(name: String, place: String)
  case ownAddress(name: String, url: String)
  case openByAddress(name: String, url: String)
  case added(name: String, url: String)
  case removed(name: String, url: String, underWay: Int)
  case draining(name: String, underWay: Int)
  case inUseAgain(name: String)
  case emptied(name: String, isRemoved: Bool)
  case driverLost(name: String, type: String)
  case notRestored(name: String, why: String)

  /// Writes it as a line of the log.
  func write(to log: Log) {
    switch self {
    case .up(let name, let type, let url, let models, let version):
      log.info(
        "health", "backend is up",
        ["backend": name, "backend_type": type, "url": url, "models": models, "version": version])
    case .down(let name, let url, let why):
      log.warn("health", "backend is down", ["backend": name, "url": url, "reason": why])
    case .keyRefused(let name, let url, let place):
      log.error(
        "health",
        place == nil
          ? "the backend wants a key: name it with api_key_env or api_key_file"
          : "the backend refuses its key, so nothing is sent there: put a valid one in its place",
        ["backend": name, "url": url, "key": place])
    case .loading(let name, let why):
      log.info("health", "backend is loading", ["backend": name, "reason": why])
    case .identified(let name, let type, let url, let version):
      log.info(
        "discovery", "backend identified",
        ["backend": name, "backend_type": type, "url": url, "version": version])
    case .unrecognised(let name, let url):
      log.warn(
        "discovery", "no driver recognises the server; name its type with ,type=",
        ["backend": name, "url": url])
    case .modelsChanged(let name, let models, let added, let removed):
      log.info(
        "fleet", "models changed",
        [
          "backend": name, "models": models, "added": Self.list(added),
          "removed": Self.list(removed),
        ])
    case .keyMissing(let name, let variable):
      log.warn(
        "fleet", "the variable with the backend's key is not set; going on without a key",
        ["backend": name, "variable": variable])
    case .keyFileUnreadable(let name, let file, let why):
      log.warn(
        "fleet", "the file with the backend's key cannot be read; going on without a key",
        ["backend": name, "file": file, "reason": why])
    case .keyUnusable(let name, let place):
      log.warn(
        "fleet", "the backend's key is empty or holds blanks; going on without a key",
        ["backend": name, "key": place])
    case .ownAddress(let name, let url):
      log.error(
        "fleet", "the backend is this gateway itself; left out", ["backend": name, "url": url])
    case .modelsAbsent(let name, let models):
      log.warn(
        "fleet", "the backend does not list models that it is to be used for",
        ["backend": name, "models": Self.list(models)])
    case .pricesAssumed(let name, let models):
      log.warn(
        "budget",
        "no price is known, so the dearest of its kind counts; name one in [routing.prices]",
        ["backend": name, "models": Self.list(models)])
    case .openByAddress(let name, let url):
      log.warn(
        "fleet",
        "the backend's address is public, so its zone is 'open';"
          + " if the machine is yours, set zone = \"restricted\"",
        ["backend": name, "url": url])
    case .notRestored(let name, let why):
      log.warn(
        "fleet", "a backend that was added by command is left out",
        ["backend": name, "reason": why])
    case .found, .moved, .withdrawn, .forgotten, .networkSilent, .networkHeard:
      writeDiscovery(to: log)
    case .added, .removed, .draining, .inUseAgain, .emptied, .driverLost: writeChange(to: log)
    }
  }

  /// Says what was found by itself, and what was lost.
  private func writeDiscovery(to log: Log) {
    switch self {
    case .found(let name, let type, let url, let zone):
      log.info(
        "discovery", "server found",
        ["backend": name, "backend_type": type, "url": url, "zone": zone.rawValue])
    case .moved(let name, let old, let new):
      log.info(
        "discovery", "server is reached another way", ["backend": name, "before": old, "url": new])
    case .withdrawn(let name, let url):
      log.info(
        "discovery", "server is no longer announced; it goes when its grace period ends",
        ["backend": name, "url": url])
    case .forgotten(let name, let url):
      log.info(
        "discovery", "server removed after its grace period", ["backend": name, "url": url])
    case .networkSilent(let why):
      log.info(
        "discovery", "the local network cannot be asked for servers (mDNS); going on without",
        ["reason": why])
    case .networkHeard: log.info("discovery", "the local network is asked for servers again (mDNS)")
    default: break
    }
  }

  /// Says how the fleet was changed on purpose.
  private func writeChange(to log: Log) {
    switch self {
    case .added(let name, let url):
      log.info("fleet", "backend added", ["backend": name, "url": url])
    case .removed(let name, let url, let underWay):
      log.info(
        "fleet", "backend removed; what is under way there finishes",
        ["backend": name, "url": url, "under_way": underWay])
    case .draining(let name, let underWay):
      log.info(
        "fleet", "backend drains: it gets no new requests",
        ["backend": name, "under_way": underWay])
    case .driverLost(let name, let type):
      log.warn(
        "fleet", "no driver speaks to the backend any more",
        ["backend": name, "backend_type": type])
    case .inUseAgain(let name): log.info("fleet", "backend is in use again", ["backend": name])
    case .emptied(let name, let isRemoved):
      log.info(
        "fleet",
        isRemoved
          ? "nothing is under way any more on the removed backend"
          : "nothing is under way any more on the draining backend",
        ["backend": name])
    default: break
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ",")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}

import Config
import Telemetry

/// Something about the fleet that people want to know; said once, when it happens.
enum FleetNews: Equatable {
  case up(name: String, type: String, url: String, models: Int, version: String)
  case down(name: String, url: String, why: String)
  case loading(name: String, why: String)
  case identified(name: String, type: String, url: String, version: String)
  case unrecognised(name: String, url: String)
  case found(name: String, type: String, url: String)
  case modelsChanged(name: String, models: Int, added: [String], removed: [String])
  case keyMissing(name: String, variable: String)
  case keyUnusable(name: String, variable: String)
  case ownAddress(name: String, url: String)

  /// Writes it as a line of the log.
  func write(to log: Log) {
    switch self {
    case .up(let name, let type, let url, let models, let version):
      log.info(
        "fleet", "backend is up",
        ["name": name, "type": type, "url": url, "models": "\(models)", "version": version])
    case .down(let name, let url, let why):
      log.warn("fleet", "backend is down", ["name": name, "url": url, "why": why])
    case .loading(let name, let why):
      log.info("fleet", "backend is loading", ["name": name, "why": why])
    case .identified(let name, let type, let url, let version):
      log.info(
        "fleet", "backend identified",
        ["name": name, "type": type, "url": url, "version": version])
    case .unrecognised(let name, let url):
      log.warn(
        "fleet", "no driver recognises the server; name its type with ,type=",
        ["name": name, "url": url])
    case .found(let name, let type, let url):
      log.info("fleet", "server found", ["name": name, "type": type, "url": url])
    case .modelsChanged(let name, let models, let added, let removed):
      log.info(
        "fleet", "models changed",
        [
          "name": name, "models": "\(models)", "added": Self.list(added),
          "removed": Self.list(removed),
        ])
    case .keyMissing(let name, let variable):
      log.warn(
        "fleet", "the variable with the backend's key is not set; going on without a key",
        ["name": name, "variable": variable])
    case .keyUnusable(let name, let variable):
      log.warn(
        "fleet", "the backend's key holds blanks or control characters; going on without a key",
        ["name": name, "variable": variable])
    case .ownAddress(let name, let url):
      log.error(
        "fleet", "the backend is this gateway itself; left out", ["name": name, "url": url])
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(5).joined(separator: ",")
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}

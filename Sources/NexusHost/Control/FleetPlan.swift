import Config
import Drivers
import Fleet
import Glibc
import HTTP

/// The fleet to start with, made from what was named and what the drivers declare.
enum FleetPlan {
  /// The state in which the manager starts, and what there is to say about it. `now` in milliseconds
  /// of the monotonic clock.
  static func make(
    _ options: FleetOptions, _ catalogue: DriverCatalogue, now: UInt64,
    environment: (String) -> String? = FleetPlan.environment
  ) -> (state: FleetState, news: [FleetNews]) {
    let looks = options.probes && options.backends.isEmpty
    let ports = looks ? catalogue.ports.map(\.port).filter { $0 != options.ownPort } : []
    var state = FleetState(
      catalogue: catalogue, ports: ports, interval: options.interval, created: options.created)
    var news: [FleetNews] = []
    for option in options.backends {
      guard !isOwn(option, options) else {
        news.append(.ownAddress(name: option.name, url: option.endpoint.url))
        continue
      }
      let kind = option.type.flatMap { type in
        catalogue.driver(forType: type).map { BackendKind(type: type, driver: $0) }
      }
      var settings = Settings.Backend(
        name: option.name, endpoint: option.endpoint, type: option.type)
      settings.keyVariable = option.keyVariable
      let backend = Backend(
        settings, kind: kind, credential: credential(option, environment, &news))
      state.add(backend, hasConfiguredType: option.type != nil, now: now)
    }
    return (state, news)
  }

  private static func isOwn(_ option: BackendOption, _ options: FleetOptions) -> Bool {
    guard option.endpoint.port == options.ownPort else { return false }
    return option.endpoint.isLoopback || option.endpoint.host == options.ownHost.lowercased()
  }

  /// The key of a backend; a line end that came along from a file is dropped.
  private static func credential(
    _ option: BackendOption, _ environment: (String) -> String?, _ news: inout [FleetNews]
  ) -> [UInt8]? {
    guard let variable = option.keyVariable else { return nil }
    guard var key = environment(variable).map({ Array($0.utf8) }) else {
      news.append(.keyMissing(name: option.name, variable: variable))
      return nil
    }
    while let last = key.last, last == 0x0A || last == 0x0D { key.removeLast() }
    // What stands in a header field may not end it (RFC 9110 §5.5).
    guard !key.isEmpty, key.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      news.append(.keyUnusable(name: option.name, variable: variable))
      return nil
    }
    return key
  }

  /// The value of an environment variable.
  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

import Drivers
import HTTP

/// How a backend came to be known.
public enum BackendSource: String, Sendable {
  /// Named on the command line or in the configuration.
  case configured
  /// Found on a loopback port that a driver declares.
  case discovered
}

/// Where the prompts of a backend go.
public enum Zone: String, Sendable {
  /// Machines of the household, lab or team.
  case inside
  /// Another party's machines.
  case outside
}

/// The kind of a backend: its type and the driver that speaks to it.
public final class BackendKind: Sendable {
  public let type: String
  /// `type` as the driver is given it with every operation.
  public let typeBytes: [UInt8]
  public let driver: Driver

  public init(type: String, driver: Driver) {
    self.type = type
    typeBytes = Array(type.utf8)
    self.driver = driver
  }
}

/// A server that requests can be sent to: who it is, not how it is.
public final class Backend: Sendable {
  /// Made from the name, so that it is the same after a restart.
  public let id: String
  /// Unique in the fleet.
  public let name: String
  public let endpoint: Endpoint
  /// Endpoint and key.
  public let target: UpstreamTarget
  /// Name of the environment variable that holds the key, or nil.
  public let credentialVariable: String?
  /// Nil until the server has been identified; without one, nothing is routed to it.
  public let kind: BackendKind?
  public let zone: Zone
  public let source: BackendSource
  /// `name`, or `id` if the name cannot stand in a header.
  public let headerName: [UInt8]
  /// Its counters, shared by all descriptions of the same backend.
  public let load: BackendLoad

  public init(
    name: String, endpoint: Endpoint, kind: BackendKind? = nil, credential: [UInt8]? = nil,
    credentialVariable: String? = nil, zone: Zone? = nil, source: BackendSource = .configured,
    load: BackendLoad = BackendLoad()
  ) {
    id = Self.identifier(for: name)
    self.name = name
    self.endpoint = endpoint
    target = UpstreamTarget(endpoint: endpoint, credential: credential)
    self.credentialVariable = credentialVariable
    self.kind = kind
    self.zone = zone ?? Self.defaultZone(endpoint, kind?.driver.descriptor.zone)
    self.source = source
    self.load = load
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    headerName = Array((isPlain ? name : id).utf8)
  }

  /// The same backend with its kind known.
  public func identified(as kind: BackendKind?) -> Backend {
    Backend(
      name: name, endpoint: endpoint, kind: kind, credential: target.credential,
      credentialVariable: credentialVariable, source: source, load: load)
  }

  private static func defaultZone(_ endpoint: Endpoint, _ zone: DefaultZone?) -> Zone {
    zone != .cloud && endpoint.isLoopback ? .inside : .outside
  }

  /// Letters, digits, "." and "-" of the name in lower case, with "-" for everything else.
  static func identifier(for name: String) -> String {
    var id: [UInt8] = []
    for byte in name.lowercased().utf8 {
      switch byte {
      case 0x30...0x39, 0x61...0x7A, 0x2E: id.append(byte)
      default: if id.last != 0x2D { id.append(0x2D) }
      }
    }
    return String(decoding: id, as: UTF8.self)
  }
}

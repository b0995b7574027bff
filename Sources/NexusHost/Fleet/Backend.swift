import Config
import Drivers
import HTTP
import Text

/// How a backend came to be known.
public enum BackendSource: String, Sendable {
  /// Named on the command line or in the configuration file.
  case configured
  /// Found on a port, at an address or by its announcement.
  case discovered
  /// Added to the running gateway by a command.
  case manual
}

/// The kind of a backend: its type and the driver that speaks to it.
public final class BackendKind: Sendable {
  public let type: String
  /// `type` as the driver is given it with every operation.
  public let typeBytes: [UInt8]
  /// What the driver can do.
  public let descriptor: DriverDescriptor
  private let seat: DriverSeat

  /// `seat`: where the driver sits; nil if it never goes for another.
  public init(type: String, driver: Driver, seat: DriverSeat? = nil) {
    self.type = type
    typeBytes = Array(type.utf8)
    descriptor = driver.descriptor
    self.seat = seat ?? DriverSeat(driver)
  }

  /// The kind of that type, by the drivers that there are; nil if none serves it.
  public convenience init?(type: String, in catalogue: DriverCatalogue) {
    guard let driver = catalogue.driver(forType: type) else { return nil }
    self.init(type: type, driver: driver, seat: catalogue.seat(forType: type))
  }

  /// Who speaks to such servers now: perhaps one that came after `descriptor` was read, or nobody if
  /// the driver was removed. To be asked for each exchange and not kept.
  public var driver: Driver? { seat.driver }

  /// Whether the driver declares that operation.
  public func supports(_ operation: OperationKind) -> Bool {
    descriptor.operations.contains(operation)
  }

  /// Whether that is the kind of the type by these drivers still.
  public func isCurrent(in catalogue: DriverCatalogue) -> Bool {
    seat === catalogue.seat(forType: type)
      && catalogue.driver(forType: type)?.descriptor == descriptor
  }
}

/// A server that requests can be sent to: who it is, not how it is.
public final class Backend: Sendable {
  /// Made from the name, so that it is the same after a restart.
  public let id: String
  /// Made from `id`: the same after a restart, and with others of the fleet as good as never equal.
  public let key: UInt64
  /// What was said of it, or what discovery would have said. Its key stands elsewhere.
  public let settings: Settings.Backend
  /// Endpoint, key and header lines.
  public let target: UpstreamTarget
  /// Nil until the server has been identified; without one, nothing is routed to it.
  public let kind: BackendKind?
  /// Where its prompts go: as configured, or by its type, source and address.
  public let zone: Settings.Zone
  public let source: BackendSource
  /// `name`, or `id` if the name cannot stand in a header.
  public let headerName: [UInt8]
  /// Models that are never brought into memory there.
  public let neverLoad: [NamePattern]
  /// Its counters, shared by all descriptions of the same backend.
  public let load: BackendLoad

  public init(
    _ settings: Settings.Backend, kind: BackendKind? = nil, credential: [UInt8]? = nil,
    source: BackendSource = .configured, load: BackendLoad = BackendLoad()
  ) {
    id = Self.identifier(for: settings.name)
    key = NameHash.of(id)
    self.settings = settings
    target = UpstreamTarget(
      endpoint: settings.endpoint, credential: credential,
      headerLines: settings.headers.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) })
    self.kind = kind
    self.source = source
    self.load = load
    neverLoad = settings.neverLoad.map { NamePattern($0, ifBroken: .everything) }
    zone = settings.zone ?? Self.defaultZone(settings.endpoint, kind, source)
    let isPlain = settings.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    headerName = Array((isPlain ? settings.name : id).utf8)
  }

  /// Unique in the fleet.
  public var name: String { settings.name }
  public var endpoint: Endpoint { settings.endpoint }
  /// Lower is preferred.
  public var priority: Int { settings.priority }
  /// How capable its models are, 1 to 5.
  public var tier: Int { settings.tier }
  /// Requests that it gets at once, or nil for as many as come.
  public var maxConcurrent: Int? { settings.maxConcurrent }

  /// Whether a model is never brought into memory there, by its id or its second name.
  public func isNeverLoaded(_ model: Model) -> Bool {
    neverLoad.contains {
      $0.matches(model.id) || !model.alias.isEmpty && $0.matches(model.alias)
    }
  }

  /// What becomes of a request whose client has gone: as configured, else as the driver says.
  public var cancel: CancelPolicy {
    let declared = kind?.descriptor.cancel ?? .abort
    var milliseconds = Self.drainMilliseconds
    if case .drain(let own) = declared { milliseconds = own }
    switch settings.cancel {
    case .abort: return .abort
    case nil where declared == .abort: return .abort
    case .drain, nil:
      return .drain(milliseconds: settings.cancelDrainSeconds.map { $0 * 1_000 } ?? milliseconds)
    }
  }

  /// How long a reply is drained where nobody says so.
  private static let drainMilliseconds = 10_000

  /// The same backend with its kind known.
  public func identified(as kind: BackendKind?) -> Backend {
    Backend(settings, kind: kind, credential: target.credential, source: source, load: load)
  }

  /// The same backend, with its counters, described anew.
  public func described(by settings: Settings.Backend, source: BackendSource) -> Backend {
    Backend(settings, kind: kind, credential: target.credential, source: source, load: load)
  }

  /// Whether its zone is open only because its address could be anybody's.
  public var isOpenByAddress: Bool {
    guard let kind, settings.zone == nil, source != .discovered else { return false }
    return !Self.isCloud(kind) && !endpoint.isPrivate
  }

  /// Types that mean a service of another party wherever their address points.
  public static let cloudTypes: Set<String> = ["openai", "anthropic", "google"]

  /// Whether a kind of server is a service of another party.
  public static func isCloud(_ kind: BackendKind) -> Bool {
    kind.descriptor.zone == .cloud || cloudTypes.contains(kind.type)
  }

  /// Prompts that must stay inside reach only what somebody named or what runs on this machine: an
  /// announcement in the network proves nothing, and a public address is not ours for certain.
  private static func defaultZone(
    _ endpoint: Endpoint, _ kind: BackendKind?, _ source: BackendSource
  ) -> Settings.Zone {
    if let kind, isCloud(kind) { return .open }
    if endpoint.isLoopback { return .restricted }
    return source != .discovered && endpoint.isPrivate ? .restricted : .open
  }

  /// Letters, digits, "." and "-" of the name in lower case, with "-" for everything else.
  public static func identifier(for name: String) -> String {
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

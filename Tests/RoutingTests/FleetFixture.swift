import HTTP
import NexusPluginABI

@testable import Config
@testable import Drivers
@testable import Fleet
@testable import Routing

/// Fleets for tests, made in memory.
enum FleetFixture {
  /// A driver of that type which can do `operations` and is never called.
  static func driver(
    _ operations: OperationSet, type: StaticString = "fake", drain: UInt32? = nil
  ) -> Driver? {
    let types = UnsafeMutablePointer<nexus_slice>.allocate(capacity: 1)
    types.initialize(to: slice(type))
    defer { types.deallocate() }
    var table = nexus_driver()
    table.size = UInt32(MemoryLayout<nexus_driver>.size)
    table.abi_major = NEXUS_ABI_MAJOR
    table.operations = operations.rawValue
    table.id = slice("org.example.fake")
    table.version = slice("1")
    table.summary = slice("A driver for tests")
    table.licence = slice("MIT")
    table.types = UnsafePointer(types)
    table.type_count = 1
    table.cancel = drain == nil ? UInt32(NEXUS_CANCEL_ABORT) : UInt32(NEXUS_CANCEL_DRAIN)
    table.drain_ms = drain ?? 0
    table.begin = { _, _, _ in NEXUS_DONE }
    table.resume = { _, _, _ in NEXUS_DONE }
    table.end = { _ in }
    return withUnsafePointer(to: table) { try? Driver(table: $0) }
  }

  private static func slice(_ text: StaticString) -> nexus_slice {
    nexus_slice(data: text.utf8Start, size: UInt64(text.utf8CodeUnitCount))
  }

  static let everything: OperationSet = OperationSet.known

  static func model(
    _ id: String, alias: String = "", has: Abilities = [], known: Abilities = [],
    context: UInt64 = 0, unavailable: Bool = false, residency: Residency = .unknown,
    isRemote: Bool = false, slots: Int = 0, needsLoad: Bool = false
  ) -> Model {
    var report = ModelReport(id: id)
    report.alias = alias
    report.abilities = has
    report.abilitiesKnown = known
    report.contextTokens = context
    report.isUnavailable = unavailable
    report.residency = residency
    report.isRemote = isRemote
    report.slots = slots
    report.needsLoad = needsLoad
    return Model(report)
  }

  static func member(
    _ name: String, _ state: BackendHealth.State = .up, models: [Model],
    operations: OperationSet? = everything, isDraining: Bool = false, foreign: Int = 0,
    adjust: (inout Settings.Backend) -> Void = { _ in }
  ) -> FleetMember {
    let made = operations.flatMap { Self.driver($0) }
    var settings = Settings.Backend(
      name: name, endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1))
    adjust(&settings)
    let backend = Backend(settings, kind: made.map { BackendKind(type: "fake", driver: $0) })
    return FleetMember(
      backend: backend, state: state, isDraining: isDraining, models: models,
      foreignRequests: foreign)
  }
}

extension RoutingPolicy {
  /// The rules of settings that are the default but for what `adjust` does.
  static func with(_ adjust: (inout Settings.Routing) -> Void) -> RoutingPolicy {
    var settings = Settings.Routing()
    adjust(&settings)
    return RoutingPolicy(settings)
  }
}

extension Settings.Policy {
  init(
    _ pattern: String, _ privacy: Settings.Zone? = nil, minTier: Int? = nil,
    fallbackAllowed: Bool = true
  ) {
    self.init()
    modelPattern = pattern
    self.privacy = privacy
    self.minTier = minTier
    self.fallbackAllowed = fallbackAllowed
  }
}

extension RoutePlan {
  var attempts: [Attempt] { if case .route(let attempts) = self { attempts } else { [] } }

  var rejection: Rejection? {
    switch self {
    case .route: nil
    case .queue(let rejection), .reject(let rejection): rejection
    }
  }

  /// The names of the attempts' backends in order, or what became of the request.
  var outline: [String] {
    switch self {
    case .route(let attempts): attempts.map(\.backend.name)
    case .queue(let rejection): ["queue \(rejection.token)"]
    case .reject(let rejection): ["reject \(rejection.token)"]
    }
  }
}

/// Readings by backend name; nothing in flight where there is none.
struct FixedLoads: LoadSource {
  var readings: [String: LoadReading] = [:]

  func reading(of candidate: Candidate, on member: FleetMember) -> LoadReading {
    readings[member.backend.name] ?? LoadReading(inFlight: 0)
  }
}

import HTTP
import Net

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// A house full of servers, and a `FleetState` that looks for them with a clock that the test turns.
/// Knocks and questions are answered at once, by what is there.
struct DiscoveryDialogue {
  var state: FleetState
  var now: UInt64 = 0
  /// Where something listens → the type of server that it is, or "" for something else. Of https, "s"
  /// stands before it.
  var servers: [String: String] = [:]
  /// What host names stand for; others are unknown.
  var names: [String: [String]] = [:]
  /// What was done, in words, but for surveys and snapshots.
  private(set) var told: [String] = []
  /// Knocks, by where.
  private(set) var knocks: [String] = []
  /// Header lines of the last question what a server is.
  private(set) var header = ""
  /// Whether nobody answers, so that everything stays under way.
  var isSilent = false
  private(set) var pending: [FleetState.Action] = []

  private static let drivers = [
    FleetFixture.driver(FleetFixture.everything, type: "alpha"),
    FleetFixture.driver(FleetFixture.everything, type: "beta"),
  ].compactMap { $0 }
  static let catalogue = DriverCatalogue(drivers: drivers)

  /// Looks at these ports of this machine, and hears "_alpha._tcp" and "_llm._tcp".
  init(
    ports: [UInt16] = [], scan: [String] = [], own: [String] = [],
    trust: [Settings.Trust] = [], backends: [Settings.Backend] = []
  ) {
    state = FleetState(catalogue: Self.catalogue, created: 0)
    state.discovery.own = Set(own.compactMap { NumericAddress($0) })
    state.configure(Self.plan(Self.settings(ports, scan, trust, backends)), now: 0)
  }

  private static func plan(_ settings: Settings) -> FleetPlan {
    let factory = BackendFactory(catalogue: catalogue, ownHost: "127.0.0.1", ownPort: 8_000)
    return FleetPlan.make(settings, factory).plan
  }

  static func settings(
    _ ports: [UInt16] = [], _ scan: [String] = [], _ trust: [Settings.Trust] = [],
    _ backends: [Settings.Backend] = []
  ) -> Settings {
    var settings = Settings()
    settings.discovery.ports = ports
    settings.discovery.scan = scan
    settings.discovery.trust = trust
    settings.discovery.serviceTypes = ["_alpha._tcp", "_LLM._tcp.local."]
    settings.backends = backends
    return settings
  }

  mutating func configure(_ settings: Settings) {
    perform(state.on(.configured(Self.plan(settings)), now: now))
  }

  /// Lets time pass, and everything happen that is due meanwhile.
  mutating func wait(_ milliseconds: UInt64) {
    let end = now + milliseconds
    perform(state.on(.tick, now: now))
    var turns = 0
    while let wake = state.nextWake, wake <= end, turns < 100_000 {
      turns += 1
      now = max(now, wake)
      perform(state.on(.tick, now: now))
    }
    now = end
  }

  mutating func hear(_ event: ServiceEvent) { perform(state.on(.heard(event), now: now)) }

  mutating func on(_ event: FleetState.Event) { perform(state.on(event, now: now)) }

  mutating func perform(_ actions: [FleetState.Action]) {
    for action in actions {
      if isSilent, isQuestion(action) { pending.append(action) } else { perform(action) }
    }
  }

  /// Answers what was asked first while nobody answered.
  mutating func answerOne() {
    guard !pending.isEmpty else { return }
    perform(pending.removeFirst())
  }

  private func isQuestion(_ action: FleetState.Action) -> Bool {
    switch action {
    case .knock, .identify, .survey, .resolve: true
    case .adopt, .publish, .tell: false
    }
  }

  private mutating func perform(_ action: FleetState.Action) {
    switch action {
    case .knock(let look, let endpoint):
      knocks.append(endpoint.authority)
      let isOpen = servers[Self.key(endpoint)] != nil
      perform(state.on(.knocked(look, isOpen: isOpen), now: now))
    case .identify(let subject, let target):
      header = String(decoding: target.headerLines, as: UTF8.self)
      let type = servers[Self.key(target.endpoint)]
      for (order, driver) in state.identifiers.enumerated() {
        var outcome = ExchangeOutcome(failure: DriverFailure(.unsupported, "not mine"))
        if type == nil { outcome = Self.refused }
        if let type, driver.descriptor.types.contains(type) || type == "both" {
          outcome = ExchangeOutcome()
          outcome.reports.identity = ServerIdentity(
            certainty: 50, backendType: driver.descriptor.types[0])
        }
        perform(state.on(.identified(subject, order: order, outcome), now: now))
      }
    case .survey(let id, let backend, let kind):
      perform(state.on(.surveyed(id, survey(backend.endpoint, kind.type)), now: now))
    case .resolve(let name):
      let addresses = (names[name] ?? []).compactMap { NumericAddress($0) }
      perform(state.on(.resolved(name, addresses), now: now))
    case .tell(let news):
      told.append(String(String(describing: news).prefix { $0 != "(" }))
    case .adopt, .publish: break
    }
  }

  private static let refused = ExchangeOutcome(
    failure: DriverFailure(.upstreamBroken, "refused"))

  private func survey(_ endpoint: Endpoint, _ type: String) -> ExchangeOutcome {
    guard let there = servers[Self.key(endpoint)] else { return Self.refused }
    guard there == type || there == "both" else {
      return ExchangeOutcome(failure: DriverFailure(.unsupported, "the server answered 404"))
    }
    var reports = DriverReports()
    reports.models = [ModelReport(id: "m")]
    return ExchangeOutcome(reports: reports)
  }

  static func key(_ endpoint: Endpoint) -> String {
    (endpoint.scheme == .https ? "s" : "") + endpoint.authority
  }

  /// The fleet in words: "alpha=up http://127.0.0.1:8080 restricted".
  var fleet: [String] {
    state.records.map { record in
      let backend = record.backend
      return "\(backend.name)=\(record.health.state.rawValue) \(backend.endpoint.url)"
        + " \(backend.zone.rawValue)"
    }
  }

  /// An announcement of a server.
  static func service(
    _ name: String, _ address: String, _ port: UInt16, host: String? = nil, interface: Int32 = 2,
    type: String = "_alpha._tcp", text: [String: String] = [:], isOwn: Bool = false
  ) -> ResolvedService {
    ResolvedService(
      instance: ServiceInstance(
        interface: interface, isIPv6: address.contains(":"), name: name, type: type,
        domain: "local"),
      host: host ?? "\(name).local", address: address, port: port, text: text, isOwn: isOwn)
  }
}

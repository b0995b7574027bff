import HTTP

@testable import Config
@testable import Control
@testable import Drivers
@testable import Fleet

/// A conversation with a `FleetState` about backends by name, with a clock that the test turns.
struct FleetDialogue {
  var state: FleetState
  var now: UInt64 = 0

  private static let driver = FleetFixture.driver(FleetFixture.everything)

  /// Begins with these backends, each up with a model of its own name and the model "m".
  init(_ backends: [Settings.Backend], discovery: DiscoveryPlan = DiscoveryPlan()) {
    let drivers = [Self.driver].compactMap { $0 }
    state = FleetState(catalogue: DriverCatalogue(drivers: drivers), created: 0)
    let plan = FleetPlan(backends: backends.map { Self.backend($0) }, discovery: discovery)
    state.configure(plan, now: 0)
    _ = state.on(.tick, now: 0)
    for backend in backends { _ = answer(backend.name) }
  }

  static func settings(
    _ name: String, port: UInt16? = nil, adjust: (inout Settings.Backend) -> Void = { _ in }
  ) -> Settings.Backend {
    let number = UInt16(name.utf8.first ?? 0)
    var settings = Settings.Backend(
      name: name, endpoint: Endpoint(scheme: .http, host: "10.0.0.1", port: port ?? number),
      type: "fake")
    adjust(&settings)
    return settings
  }

  static func backend(
    _ settings: Settings.Backend, key: String? = nil, source: BackendSource = .configured
  ) -> Backend {
    Backend(
      settings,
      kind: settings.type.flatMap { type in driver.map { BackendKind(type: type, driver: $0) } },
      credential: key.map { Array($0.utf8) }, source: source)
  }

  static func outcome(_ name: String, isUp: Bool = true) -> ExchangeOutcome {
    guard isUp else { return ExchangeOutcome(failure: DriverFailure(.upstreamBroken, "refused")) }
    var reports = DriverReports()
    reports.models = [ModelReport(id: name), ModelReport(id: "m")]
    return ExchangeOutcome(reports: reports)
  }

  func record(_ name: String) -> FleetRecord? {
    state.records.first { $0.backend.name == name }
  }

  /// What follows from an event, in words.
  mutating func on(_ event: FleetState.Event) -> [String] { words(state.on(event, now: now)) }

  /// The survey of the backend of that name has ended.
  mutating func answer(_ name: String, isUp: Bool = true) -> [String] {
    guard let id = record(name)?.id else { return ["no \(name)"] }
    return on(.surveyed(id, Self.outcome(name, isUp: isUp)))
  }

  /// The configuration names these backends from now on.
  mutating func configure(
    _ backends: [Settings.Backend], discovery: DiscoveryPlan = DiscoveryPlan(), key: String? = nil,
    healthCheck: Settings.HealthCheck = .init()
  ) -> [String] {
    on(
      .configured(
        FleetPlan(
          backends: backends.map { Self.backend($0, key: key) }, discovery: discovery,
          healthCheck: healthCheck)))
  }

  /// What a command leads to, or the error's text.
  mutating func command(
    _ body: (inout FleetState, UInt64) throws(FleetError) -> [FleetState.Action]
  ) -> [String] {
    do throws(FleetError) {
      return words(try body(&state, now))
    } catch {
      return ["error: \(error)"]
    }
  }

  func words(_ actions: [FleetState.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .knock(_, let endpoint): "knock \(endpoint.authority)"
      case .resolve(let name): "resolve \(name)"
      case .identify: "identify"
      case .survey(let id, let backend, _): "survey \(backend.name)#\(id.number)"
      case .adopt: "adopt"
      case .publish(let snapshot): "publish " + Self.words(snapshot)
      case .tell(let news): "tell " + String(describing: news).prefix { $0 != "(" }
      }
    }
  }

  static func words(_ snapshot: FleetSnapshot) -> String {
    snapshot.members.map { member in
      let state = member.isDraining ? "draining" : member.state.rawValue
      return "\(member.backend.name)=\(state)"
    }.joined(separator: " ")
  }
}

/// The parts of the program that speak in the log: the one table of them.
///
/// A line's target is "nexus." and the name. Where a component is written as a literal, it must be
/// one of these names.
public enum LogComponent: UInt8, CaseIterable, Sendable {
  /// Requests: attempts, failovers, the access line.
  case api
  /// Where requests go, and why.
  case routing
  /// The backends' models.
  case fleet
  /// Servers found and recognised.
  case discovery
  /// Backends that go up and down.
  case health
  /// Drivers loaded and refused.
  case drivers
  /// The configuration and its reload.
  case config
  /// Start, stop, listening.
  case serve
  /// Commands of the control socket.
  case control
  /// The state directory.
  case state
  /// Requests that wait for a backend.
  case queue
  /// Backends that are avoided for their answers.
  case quality
  /// Money spent.
  case budget
  /// Models brought into memory and out of it.
  case lifecycle
  /// Spans that are sent to a collector.
  case traces
  /// The log itself.
  case log

  /// The name in lines and filters.
  public var name: StaticString {
    switch self {
    case .api: "api"
    case .routing: "routing"
    case .fleet: "fleet"
    case .discovery: "discovery"
    case .health: "health"
    case .drivers: "drivers"
    case .config: "config"
    case .serve: "serve"
    case .control: "control"
    case .state: "state"
    case .queue: "queue"
    case .quality: "quality"
    case .budget: "budget"
    case .lifecycle: "lifecycle"
    case .traces: "traces"
    case .log: "log"
    }
  }

  /// Every name, in the order of the table.
  public static var names: [String] { allCases.map { "\($0.name)" } }

  /// The component of that name in any case, with or without "nexus." before it; nil if there is
  /// none. Names from configurations of the predecessor mean what has become of them.
  public init?(name: String) {
    let name = name.lowercased()
    let bare = name.hasPrefix("nexus.") ? String(name.dropFirst(6)) : name
    switch bare {
    case "agent": self = .drivers
    case "cli": self = .serve
    case "registry": self = .fleet
    default:
      guard let match = Self.allCases.first(where: { "\($0.name)" == bare }) else { return nil }
      self = match
    }
  }
}

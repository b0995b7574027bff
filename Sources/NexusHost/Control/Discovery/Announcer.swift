import Config
import HTTP
import Net
import Telemetry

/// What this gateway says of itself in the local network, so that clients find it by DNS-SD
/// (RFC 6763), and what it tells its own people about that. A value; no I/O but the log.
public struct Announcer: Sendable {
  private let id: GatewayID
  private let port: UInt16
  private let isReachable: Bool
  private let machine: String

  /// Its own type, and the one for all servers of language models.
  static let types = ["_nexus._tcp", "_llm._tcp"]
  /// Most bytes of an instance's name (RFC 6763 §4.1.1).
  private static let longestName = 63

  /// `port`: on which it really listens. `isReachable`: whether it listens on anything but loopback.
  /// `machine`: the name of the machine, with or without its domain.
  public init(id: GatewayID, port: UInt16, isReachable: Bool, machine: String) {
    self.id = id
    self.port = port
    self.isReachable = isReachable
    self.machine = machine
  }

  /// What is announced with these settings; nil for nothing.
  public func announcement(_ settings: Settings.Discovery) -> ServiceAnnouncement? {
    guard settings.enabled, settings.announce, isReachable else { return nil }
    return ServiceAnnouncement(
      name: settings.announceName ?? shortName, types: Self.types, port: port,
      text: [
        ("type", "nexus"), ("version", NexusVersion.text), ("api_path", "/v1"), ("id", id.text),
      ])
  }

  /// The machine's name up to the first dot.
  private var shortName: String {
    let name = machine.prefix { $0 != "." }
    return name.isEmpty || name.utf8.count > Self.longestName ? "nexus" : String(name)
  }

  /// Tells the log what became of the announcement.
  func note(_ event: ServiceEvent, in log: Log) {
    switch event {
    case .announced(let name):
      log.info(
        "discovery", "announced in the local network",
        ["name": name, "types": Self.types.joined(separator: ","), "port": Int(port)])
    case .notAnnounced(let why):
      log.warn(
        "discovery",
        "not announced in the local network; clients need its address, or set"
          + " discovery.announce = false",
        ["reason": why])
    case .available, .unavailable, .found, .lost: break
    }
  }
}

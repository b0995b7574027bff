/// One announcement in the local network, as it is told apart from others (RFC 6763 §4.1): the same
/// server announced on two interfaces, or over IPv4 and IPv6, is two of them.
public struct ServiceInstance: Hashable, Sendable {
  /// Index of the network interface.
  public let interface: Int32
  /// Whether it came over IPv6.
  public let isIPv6: Bool
  /// The instance's name, UTF-8, as people see it.
  public let name: String
  /// "_ollama._tcp".
  public let type: String
  /// "local".
  public let domain: String

  public init(interface: Int32, isIPv6: Bool, name: String, type: String, domain: String) {
    self.interface = interface
    self.isIPv6 = isIPv6
    self.name = name
    self.type = type
    self.domain = domain
  }
}

/// An announcement with where it points. Nothing of it is proven: anybody in the network can say it.
public struct ResolvedService: Equatable, Sendable {
  public let instance: ServiceInstance
  /// Name of the machine, "attic.local".
  public let host: String
  /// Its address as a number; a link-local one of IPv6 with its scope, "fe80::1%2".
  public let address: String
  public let port: UInt16
  /// The TXT record, keys in lower case; of a key that stands twice the first counts
  /// (RFC 6763 §6.4). A key without a value has an empty one.
  public let text: [String: String]
  /// Whether this process announced it.
  public let isOwn: Bool

  public init(
    instance: ServiceInstance, host: String, address: String, port: UInt16,
    text: [String: String] = [:], isOwn: Bool = false
  ) {
    self.instance = instance
    self.host = host
    self.address = address
    self.port = port
    self.text = text
    self.isOwn = isOwn
  }
}

/// What is heard from the local network.
public enum ServiceEvent: Equatable, Sendable {
  /// The daemon is there and browses for us.
  case available
  /// It is not there, or has gone: why, in words. What was found is neither confirmed nor withdrawn.
  case unavailable(String)
  /// An announcement was found, or says something new.
  case found(ResolvedService)
  /// An announcement was withdrawn, or has expired.
  case lost(ServiceInstance)
  /// Our own announcement stands, under that name: another one if ours was taken.
  case announced(name: String)
  /// Our own announcement is refused.
  case notAnnounced(String)
}

/// What a program says of itself in the local network.
public struct ServiceAnnouncement: Equatable, Sendable {
  /// Changed by a number behind it if somebody has it already.
  public let name: String
  /// "_nexus._tcp" …
  public let types: [String]
  public let port: UInt16
  /// Pairs of the TXT record, in order; at most 255 bytes each.
  public let text: [(key: String, value: String)]

  public init(name: String, types: [String], port: UInt16, text: [(key: String, value: String)]) {
    self.name = name
    self.types = types
    self.port = port
    self.text = text
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.types == right.types && left.port == right.port
      && left.text.elementsEqual(right.text) { $0 == $1 }
  }
}

import Config
import Drivers
import HTTP
import Net

/// Where servers are looked for, and how far the looks are: the part of `FleetState` that knows
/// places and not backends. Times in milliseconds of one monotonic clock.
struct DiscoveryState {
  var plan = DiscoveryPlan()
  /// Addresses of this machine.
  var own: Set<NumericAddress> = []
  var announcements = Announcements()
  var scan = AddressScan()
  var looks: [Lead: Look] = [:]
  var rests: [Lead: Rest] = [:]
  /// Host names of named backends with what they stand for.
  var names: [String: ResolvedName] = [:]
  var nextRound: UInt64 = 0
  /// Until when nothing is begun at most, while host names are being resolved for the first time.
  var heldUntil: UInt64?
  private var lastLook = 0

  /// Time between two rounds over this machine's ports. It costs a few system calls, and somebody
  /// who has just started a server waits for it.
  static let round: UInt64 = 2_000

  /// Goes by another plan. Looks that are under way are forgotten, and begun anew where they are
  /// still wanted.
  mutating func follow(_ plan: DiscoveryPlan, now: UInt64) {
    self.plan = plan
    announcements.keep { plan.services[$0.instance.type] != nil }
    looks = [:]
    rests = [:]
    nextRound = now
    scan.follow(plan, now: now)
  }

  /// Looks at addresses that are under way.
  var busy: Int {
    looks.keys.count { if case .scanned = $0 { true } else { false } }
  }

  /// Looks at announced places that are under way at the same time: who announces a thousand servers
  /// does not make this machine knock a thousand times at once.
  static let announcedAtOnce = 32

  /// Whether one more announced place may be looked at.
  var hasRoom: Bool {
    looks.keys.count { if case .announced = $0 { true } else { false } } < Self.announcedAtOnce
  }

  /// What is announced and is to be looked at now, first what has waited longest.
  func dueAnnouncements(_ now: UInt64, isRound: Bool) -> [Lead] {
    var due: [(lead: Lead, since: UInt64)] = []
    for group in announcements.groups {
      let lead = Lead.announced(group.number)
      let since = rests[lead]?.until ?? (isRound ? now : .max)
      if looks[lead] == nil, since <= now { due.append((lead, since)) }
    }
    return due.sorted { $0.since < $1.since }.map(\.lead)
  }

  /// When something is due next; `.max` if nothing is.
  var wake: UInt64 {
    guard plan.isLooking else { return .max }
    if let heldUntil { return heldUntil }
    var wake = min(nextRound, announcements.deadline ?? .max)
    wake = min(wake, scan.wake(busy: busy) ?? .max)
    guard hasRoom else { return wake }
    for (lead, rest) in rests {
      if case .announced = lead, looks[lead] == nil { wake = min(wake, rest.until) }
    }
    return wake
  }

  mutating func newLook(_ lead: Lead, _ ways: [Way]) -> Look {
    lastLook += 1
    let look = Look(
      id: Look.ID(lead: lead, number: lastLook), ways: ways, hint: hint(lead))
    looks[lead] = look
    return look
  }

  /// Whether what the lead says is still to be followed.
  func isWanted(_ lead: Lead) -> Bool {
    switch lead {
    case .port(let port): plan.ports.contains(port)
    case .scanned(let address, let port):
      plan.ports.contains(port) && plan.blocks.contains { $0.contains(address) }
    case .announced(let number): announcements.group(number) != nil
    }
  }
}

// MARK: - Places

extension DiscoveryState {
  func place(_ address: NumericAddress, _ port: UInt16) -> Place {
    let isHere =
      address == .loopback || address == .loopbackIPv6 || own.contains(address.withoutScope)
    return Place(address: isHere ? .loopback : address, port: port)
  }

  /// Where an endpoint is, as far as its name is resolved.
  func places(of endpoint: Endpoint) -> [Place] {
    if let address = NumericAddress(endpoint.host) { return [place(address, endpoint.port)] }
    if endpoint.isLoopback { return [place(.loopback, endpoint.port)] }
    return (names[endpoint.host]?.addresses ?? []).flatMap { address in
      // A machine's own name often stands for 127.0.1.1.
      [place(address, endpoint.port)]
        + (address.isLoopback ? [place(.loopback, endpoint.port)] : [])
    }
  }

  /// The ways to a server, the best first; none to this gateway itself.
  func ways(_ lead: Lead) -> [Way] {
    var ways: [Way] = []
    func add(_ address: NumericAddress, _ endpoint: Endpoint, vouchedBy caFile: String? = nil) {
      let rank = Way.rank(address) - (caFile == nil ? 0 : Way.vouched)
      let way = Way(endpoint: endpoint, place: place(address, endpoint.port), rank: rank)
      guard !isOwn(way.place), !ways.contains(where: { $0.endpoint == endpoint }) else { return }
      ways.append(way)
    }
    let name = announcedName(lead)
    for source in sources(lead) where source.address.isUnicast {
      for file in plan.trust.filter({ $0.fits(name: name, source.address) }).compactMap(\.caFile) {
        for host in [source.address.description, source.host].compactMap({ $0 }) {
          add(source.address, source.endpoint(host, .https, file), vouchedBy: file)
        }
      }
      add(
        source.address,
        source.endpoint(source.address.description, source.isSecure ? .https : .http, nil))
    }
    return ways.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
      .map(\.element)
  }

  private func isOwn(_ place: Place) -> Bool {
    place.port == plan.ownPort
      && (place.address == .loopback || place.address == plan.ownAddress)
  }

  /// An address to which a lead points.
  private struct Source {
    let address: NumericAddress
    let port: UInt16
    var host: String?
    var basePath = ""
    var isSecure = false

    func endpoint(_ host: String, _ scheme: Endpoint.Scheme, _ caFile: String?) -> Endpoint {
      Endpoint(scheme: scheme, host: host, port: port, basePath: basePath, caFile: caFile)
    }
  }

  /// Where machines of clouds are told about themselves, keys included.
  private static let cloudMetadata = NumericAddress("169.254.169.254")

  private func sources(_ lead: Lead) -> [Source] {
    switch lead {
    case .port(let port):
      [.loopback, .loopbackIPv6].map { Source(address: $0, port: port) }
    case .scanned(let address, let port): [Source(address: address, port: port)]
    case .announced(let number):
      (announcements.group(number)?.services ?? []).compactMap { service in
        guard service.port > 0, let address = NumericAddress(service.address) else { return nil }
        // Another machine that announces loopback means our own servers, and has no say there.
        guard !address.isLoopback || service.instance.isOfLoopback else { return nil }
        // No model server is there, and what is there is nobody's business.
        guard address != Self.cloudMetadata else { return nil }
        return Source(
          address: address, port: service.port, host: service.dialledHost,
          basePath: service.basePath, isSecure: service.isSecure)
      }
    }
  }
}

// MARK: - What announcements say

extension DiscoveryState {
  /// The name under which a server is announced: up to the first dot, without what no line of a log
  /// or a listing should hold.
  func announcedName(_ lead: Lead) -> String? {
    guard case .announced(let number) = lead,
      let name = announcements.group(number)?.services.first?.instance.name
    else { return nil }
    var text = ""
    for letter in name.prefix(while: { $0 != "." }).unicodeScalars {
      let isPlain = !letter.properties.isWhitespace && letter != "_"
      switch letter.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned: continue
      default: text.unicodeScalars.append(isPlain ? letter : " ")
      }
    }
    let words = text.split(separator: " ").joined(separator: " ")
    return words.isEmpty ? nil : words
  }

  /// The type that is announced, if some driver knows it and it is no other party's service.
  private func hint(_ lead: Lead) -> String? {
    guard case .announced(let number) = lead,
      let services = announcements.group(number)?.services
    else { return nil }
    for service in services {
      guard let said = service.text["type"]?.lowercased() else { continue }
      let type = said == "llama.cpp" ? "llamacpp" : said
      if plan.types.contains(type) { return type }
    }
    return services.lazy.compactMap { plan.services[$0.instance.type] }
      .first { plan.types.contains($0) }
  }
}

extension ServiceInstance {
  /// Whether it was heard on the interface of this machine alone, which Linux numbers first.
  fileprivate var isOfLoopback: Bool { interface == 1 }
}

extension ResolvedService {
  /// The name of the machine as requests can carry it; nil if it holds anything but the letters of
  /// host names (RFC 952, RFC 1123 §2.1).
  fileprivate var dialledHost: String? {
    var name = host.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    let isPlain = name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
    return isPlain && !name.isEmpty ? name : nil
  }

  /// Requests bring "/v1" along themselves. A path that no URL can hold, or that climbs, is none.
  fileprivate var basePath: String {
    guard let path = text["api_path"], !path.isEmpty,
      !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." })
    else { return "" }
    let slash = path.hasPrefix("/") ? "" : "/"
    return (try? Endpoint.parse("http://host\(slash)\(path)"))?.basePath ?? ""
  }

  fileprivate var isSecure: Bool {
    ["tls", "https"].contains { key in
      text[key].map { ["1", "true", "yes", ""].contains($0.lowercased()) } ?? false
    }
  }
}

/// What a host name stands for.
struct ResolvedName {
  /// Nil until the resolver has answered.
  private(set) var addresses: [NumericAddress]?
  /// When it is asked again; while it is being asked, until when others wait for it.
  private(set) var due: UInt64

  /// In milliseconds.
  private static let patience: UInt64 = 5_000
  private static let age: UInt64 = 300_000
  private static let pauseAfterFailure: UInt64 = 30_000

  /// It is being asked for the first time.
  init(now: UInt64) { due = now + Self.patience }

  init(_ addresses: [NumericAddress], now: UInt64) {
    self.addresses = addresses
    due = now + (addresses.isEmpty ? Self.pauseAfterFailure : Self.age)
  }

  /// It is being asked again; what is known holds meanwhile.
  mutating func ask(now: UInt64) { due = now + Self.age }
}

extension Settings {
  /// `[discovery]`: backends that nobody named.
  public struct Discovery: Equatable, Sendable {
    /// Whether to look for servers at all.
    public var enabled = true
    /// Whether the local network is asked, by DNS-SD over multicast DNS (RFC 6762, RFC 6763).
    public var mdns = true
    /// DNS-SD types that are browsed beside those that drivers declare, such as "_llm._tcp".
    public var serviceTypes = ["_ollama._tcp", "_llm._tcp"]
    /// How long a backend whose announcement was withdrawn stays known.
    public var gracePeriodSeconds = 60
    /// Ports that are looked at beside those that drivers declare.
    public var ports: [UInt16] = []
    /// Addresses, "192.168.1.20", and networks, "192.168.1.0/24", whose ports are looked at too.
    public var scan: [String] = []
    /// Whether this gateway announces itself in the local network. Never while it listens on
    /// loopback alone.
    public var announce = true
    /// What it calls itself there; nil is the name of the machine.
    public var announceName: String?
    /// Which found servers are one's own; the first that fits decides.
    public var trust: [Trust] = []

    public init() {}
  }

  /// `[[discovery.trust]]`: found servers that are one's own. All conditions that are given must hold.
  public struct Trust: Equatable, Sendable {
    /// Pattern of the name under which it was found.
    public var name: String?
    /// Its address, "192.168.1.20", or its network, "192.168.1.0/24".
    public var address: String?
    /// PEM file of the authorities that must vouch for its certificate.
    public var caFile: String?
    public var zone = Zone.restricted
    /// Nil is that of any backend.
    public var priority: Int?
    public var tier: Int?

    public init() {}
  }

  /// `[lifecycle]`: how models are brought into memory and out of it.
  public struct Lifecycle: Equatable, Sendable {
    /// Time that a load of a model of unknown size may take, in milliseconds; larger ones get more.
    public var timeout = 300_000
    /// Share of a backend's memory that stays free, in per cent.
    public var headroomPercent = 20
    /// What a model may need beyond its size, in per cent of the memory.
    public var bufferPercent = 10
    /// Where the memory is unknown: nothing more is loaded while models take more than this, in GB.
    public var heuristicMaxGB = 16
    /// Whether other machines may have models loaded and unloaded over the public address.
    public var remote = false

    public init() {}
  }

  /// `[fleet]`: what the gateway learns from its use about which models to keep where.
  public struct Fleet: Equatable, Sendable {
    /// Whether use is counted by hour and advice is given.
    public var enabled = false
    /// Days of use before there is advice about a model.
    public var minSampleDays = 7
    /// Requests before there is advice about a model.
    public var minRequestCount = 100
    /// Time between two looks at the figures.
    public var analysisIntervalSeconds = 3_600
    /// Pieces of advice at once.
    public var maxRecommendations = 5
    /// Whether models are loaded before the hour in which they are usually wanted.
    public var prewarm = false

    public init() {}
  }
}

import Config

/// What the fleet manager is told at the start.
public struct FleetOptions: Sendable {
  /// Backends that somebody named.
  public var backends: [BackendOption]
  /// Whether to look for servers on loopback ports; only done if no backend is named.
  public var probes: Bool
  /// Address and port on which this gateway listens: never a backend of itself.
  public var ownHost: String
  public var ownPort: UInt16
  /// Time between two looks at a healthy backend, in milliseconds.
  public var interval: UInt64
  /// Unix seconds that stand as `created` in lists of models.
  public var created: Int64

  public init(
    backends: [BackendOption] = [], probes: Bool = false, ownHost: String = "127.0.0.1",
    ownPort: UInt16, interval: UInt64 = 30_000, created: Int64 = 0
  ) {
    self.backends = backends
    self.probes = probes
    self.ownHost = ownHost
    self.ownPort = ownPort
    self.interval = interval
    self.created = created
  }

  /// What `nexus serve` was told, with the port on which it really listens.
  public init(_ options: ServeOptions, ownPort: UInt16, created: Int64) {
    self.init(
      backends: options.backends, probes: options.probes, ownHost: options.host,
      ownPort: ownPort, interval: UInt64(options.surveySeconds) * 1_000, created: created)
  }
}

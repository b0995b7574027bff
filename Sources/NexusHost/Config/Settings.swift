import HTTP

/// Everything that a gateway can be told, with its defaults: what the configuration file, the
/// environment and the command line are merged into. Keys are explained in docs/CONFIGURATION.md.
public struct Settings: Equatable, Sendable {
  public var server = Server()
  public var upstream = Upstream()
  public var plugins = Plugins()
  public var discovery = Discovery()
  public var healthCheck = HealthCheck()
  public var routing = Routing()
  public var queue = Queue()
  public var quality = Quality()
  public var circuit = Circuit()
  public var budget = Budget()
  public var lifecycle = Lifecycle()
  public var fleet = Fleet()
  public var history = History()
  public var dashboard = Dashboard()
  public var traces = Traces()
  public var logging = Logging()
  /// In the order of the file, then of the command line. Names are unique, and so are addresses.
  public var backends: [Backend] = []

  public init() {}

  /// `[server]`: the side of the clients.
  public struct Server: Equatable, Sendable {
    /// Address to listen on; an IPv6 address stands without brackets.
    public var host = "127.0.0.1"
    /// Port to listen on; 0 takes a free one.
    public var port: UInt16 = 8_000
    /// Worker threads, or nil for one per core.
    public var threads: Int?
    /// Time until an answer begins, over all attempts together.
    public var requestTimeoutSeconds = 300
    /// Requests for models that are served at once; further ones hear 503.
    public var maxConcurrentRequests = 1_000
    /// Largest request body in bytes.
    public var maxBody = 10 << 20
    /// Time for a client's request head, in milliseconds.
    public var headerTimeout = 10_000
    /// Longest pause in a client's request body, in milliseconds.
    public var bodyTimeout = 30_000
    /// How long an idle client stays connected, in milliseconds.
    public var idleTimeout = 75_000
    /// How long a stop waits for requests that are under way.
    public var drainTimeoutSeconds = 30
    /// Path of the control socket, or nil for the usual place.
    public var controlSocket: String?
    /// Directory of what outlives a restart, or nil for the usual place.
    public var stateDirectory: String?

    public init() {}
  }

  /// `[upstream]`: the side of the backends. Times in milliseconds.
  public struct Upstream: Equatable, Sendable {
    /// Time to reach a backend, TLS included.
    public var connectTimeout = 5_000
    /// Time until a backend begins to answer.
    public var firstByteTimeout = 600_000
    /// Longest pause inside a backend's answer.
    public var idleTimeout = 120_000

    public init() {}
  }

  /// `[plugins]`: the drivers.
  public struct Plugins: Equatable, Sendable {
    /// Directory of the drivers as given, or nil for the usual place.
    public var directory: String?

    public init() {}
  }

  /// `[health_check]`: how backends are watched.
  public struct HealthCheck: Equatable, Sendable {
    /// Without checks, every backend of a known type counts as up until requests fail.
    public var enabled = true
    /// Time between two looks at a healthy backend.
    public var intervalSeconds = 30
    /// Time that a look may take.
    public var timeoutSeconds = 5
    /// Failures in a row that take a backend down.
    public var failureThreshold = 3
    /// Successes in a row that bring it up again.
    public var recoveryThreshold = 2

    public init() {}
  }

  /// `[routing]`: where requests go.
  public struct Routing: Equatable, Sendable {
    public var strategy = Strategy.smart
    /// Further attempts after the first.
    public var maxRetries = 2
    /// Whether conversations are continued where they were, under `smart`.
    public var affinity = true
    /// Retries that a hundred requests allow, of all clients together.
    public var retryBudgetPercent = 20
    /// Whether a second backend is asked for a whole answer that takes unusually long.
    public var hedging = false
    public var weights = Weights()
    /// Name asked for → name used; globs as names on the left are allowed.
    public var aliases: [String: String] = [:]
    /// Model → models to use instead, in order, when none that has it can answer.
    public var fallbacks: [String: [String]] = [:]
    /// The first that matches a model decides.
    public var policies: [Policy] = []
    /// Model or pattern of models → what it costs where somebody takes money for it.
    public var prices: [String: Price] = [:]

    public init() {}
  }

  /// What a model costs, in US dollars for a million tokens. Written as "1.25/10".
  public struct Price: Equatable, Sendable {
    public var input: Double
    public var output: Double

    public init(input: Double, output: Double) {
      self.input = input
      self.output = output
    }
  }

  /// How the backends that may answer are put in order.
  public enum Strategy: String, CaseIterable, Sendable {
    case smart
    case roundRobin = "round_robin"
    case priorityOnly = "priority_only"
    case random
  }

  /// `[routing.weights]`: what counts how much under `smart`. Only their proportions matter.
  public struct Weights: Equatable, Sendable {
    public var priority = 50
    public var load = 30
    public var latency = 20

    public init() {}
  }

  /// `[[routing.policies]]`: rules for the models of a pattern.
  public struct Policy: Equatable, Sendable {
    public var modelPattern = "*"
    /// Nil is unrestricted: any zone will do.
    public var privacy: Zone?
    public var minTier: Int?
    /// Most that a request may cost, by its estimate; backends without a price cost nothing.
    public var maxCostPerRequest: Double?
    /// Whether the fallback chain may be used.
    public var fallbackAllowed = true

    public init() {}
  }

  /// Where the prompts of a backend go; later cases may receive what is more sensitive.
  public enum Zone: String, CaseIterable, Comparable, Sendable {
    /// Another party's machines.
    case open
    case `internal`
    case confidential
    /// Machines that may see everything.
    case restricted

    /// From the least trusted to the most trusted.
    public static func < (left: Zone, right: Zone) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .open: 0
      case .internal: 1
      case .confidential: 2
      case .restricted: 3
      }
    }
  }

  /// `[queue]`: requests that wait for a backend.
  public struct Queue: Equatable, Sendable {
    public var enabled = true
    /// Requests that may wait at once; 0 turns the queue off.
    public var maxSize = 100
    public var maxWaitSeconds = 30

    public init() {}
  }

  /// `[dashboard]`: the live view, for people and programs.
  public struct Dashboard: Equatable, Sendable {
    /// Whether there is one.
    public var enabled = true
    /// Web pages of other places that may read it, such as "https://home.example".
    public var origins: [String] = []
    /// How many may watch at once.
    public var maxViewers = 1_000

    public init() {}
  }

  /// `[history]`: the requests of the past.
  public struct History: Equatable, Sendable {
    /// How many are remembered; 0 for none.
    public var size = 100

    public init() {}
  }

  /// `[quality]`: how backends that answer badly are avoided.
  public struct Quality: Equatable, Sendable {
    /// Share of failed requests, 0 to 1, from which a backend is left out; 1 never does.
    public var errorRateThreshold = 0.5
    /// Time to first token in milliseconds above which a backend is put behind others; 0 never.
    public var ttftPenaltyThreshold = 3_000
    /// Time between two looks at the figures.
    public var metricsIntervalSeconds = 30
    /// Tokens in a second below which a stream counts as failed; 0 never does.
    public var minTokensPerSecond = 0.0

    public init() {}
  }

  /// `[circuit]`: when backends that fail are left alone.
  public struct Circuit: Equatable, Sendable {
    /// Failures in a row from which nothing is sent for a while.
    public var failureThreshold = 3
    /// How long that lasts at first.
    public var openSeconds = 1
    /// How long it lasts at most.
    public var maxOpenSeconds = 60

    public init() {}
  }

  /// `[routing.budget]`: what may be spent in a calendar month.
  public struct Budget: Equatable, Sendable {
    /// Nil or 0: no limit.
    public var monthlyLimitUSD: Double?
    /// Share of the limit, in per cent, from which local backends are preferred.
    public var softLimitPercent = 75.0
    public var hardLimitAction = HardLimitAction.warn

    public init() {}
  }

  /// What happens when a month's budget is spent.
  public enum HardLimitAction: String, CaseIterable, Sendable {
    case warn
    case blockCloud = "block_cloud"
    case blockAll = "block_all"
  }

  /// `[logging]`.
  public struct Logging: Equatable, Sendable {
    public var level = LogLevel.info
    public var format = LogFormat.pretty
    /// Component → level.
    public var componentLevels: [String: LogLevel] = [:]
    /// Whether the first words of prompts appear in the log.
    public var enableContentLogging = false
    /// Whether every request leaves a line.
    public var access = true

    public init() {}
  }

  /// `[[backends]]`: a server to route to.
  public struct Backend: Equatable, Sendable {
    public var name: String
    /// Scheme, host, port and CA; without path.
    public var endpoint: Endpoint
    /// Nil to find it out by asking the server.
    public var type: String?
    /// Lower is preferred.
    public var priority = 50
    /// Environment variable with the key, or nil.
    public var keyVariable: String?
    /// File with the key, or nil.
    public var keyFile: String?
    /// Nil takes what the type and the address suggest.
    public var zone: Zone?
    /// How capable its models are, 1 to 5.
    public var tier = 1
    /// Requests that it gets at once, or nil for as many as come.
    public var maxConcurrent: Int?
    /// What becomes of a request there whose client has gone; nil as its driver says.
    public var cancel: Cancel?
    /// How long `drain` reads on; nil as its driver says.
    public var cancelDrainSeconds: Int?
    /// Only these models are used, or nil for all that it lists.
    public var models: [String]?
    /// Header fields that go up with every request, in order.
    public var headers: [Header] = []
    /// Memory that its models have together, in GB of 10^9 bytes; nil as the server says.
    public var memoryGB: Double?
    /// Patterns of models that are kept in memory there.
    public var keepWarm: [String] = []
    /// Patterns of models that are never brought into memory there.
    public var neverLoad: [String] = []

    public init(name: String, endpoint: Endpoint, type: String? = nil) {
      self.name = name
      self.endpoint = endpoint
      self.type = type
    }
  }

  /// What becomes of a request at a backend whose client has gone.
  public enum Cancel: String, CaseIterable, Sendable {
    /// The connection is closed at once.
    case abort
    /// The answer is read on for a while.
    case drain
  }

  /// A header field that goes up with every request.
  public struct Header: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }
}

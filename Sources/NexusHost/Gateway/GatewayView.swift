import Config
import Control
import Fleet
import HTTP
import Routing

/// What a worker goes by: the fleet and the rules that belong to it. Immutable, and handed over as
/// one, so that no request sees a new fleet with old rules or the other way round.
public final class GatewayView: Sendable {
  public let fleet: FleetSnapshot
  public let rules: GatewayRules

  public init(fleet: FleetSnapshot, rules: GatewayRules) {
    self.fleet = fleet
    self.rules = rules
  }
}

/// What can be changed without a restart, ready for use by workers.
public final class GatewayRules: Sendable {
  public let routing: RoutingPolicy
  /// Limits and times of the clients' side; a connection keeps those with which it began.
  public let server: ServerSettings
  /// Times of the backends' side.
  public let timeouts: UpstreamTimeouts
  /// Limits of requests for models.
  public let limits: RequestLimits
  /// How backends that answer badly are avoided.
  public let quality: Settings.Quality
  /// When backends that fail are left alone.
  public let circuit: CircuitRules
  /// What may be spent.
  public let budget: BudgetRules
  /// What is learned from use about which models to keep where.
  public let fleet: Settings.Fleet
  /// Whether other machines may load and unload models over the public address.
  public let acceptsRemoteOrders: Bool
  /// How much memory stays free when a model is loaded.
  public let memory: MemoryEstimate.Rules
  /// How many requests of the past are remembered.
  public let historySize: Int
  /// Who may watch.
  public let dashboard: DashboardRules
  /// What the log says about requests.
  public let access: AccessRules
  /// Which requests are traced; nil if none are.
  public let traces: TraceRules?

  public init(
    routing: RoutingPolicy, server: ServerSettings, timeouts: UpstreamTimeouts,
    limits: RequestLimits = RequestLimits(), access: AccessRules = AccessRules(),
    quality: Settings.Quality = .init(), circuit: CircuitRules = CircuitRules(),
    budget: BudgetRules = BudgetRules(), fleet: Settings.Fleet = .init(),
    acceptsRemoteOrders: Bool = false,
    memory: MemoryEstimate.Rules = .init(Settings.Lifecycle()),
    historySize: Int = Settings.History().size,
    dashboard: DashboardRules = DashboardRules(), traces: TraceRules? = nil
  ) {
    self.dashboard = dashboard
    self.traces = traces
    self.historySize = historySize
    self.acceptsRemoteOrders = acceptsRemoteOrders
    self.fleet = fleet
    self.memory = memory
    self.circuit = circuit
    self.quality = quality
    self.budget = budget
    self.routing = routing
    self.server = server
    self.timeouts = timeouts
    self.limits = limits
    self.access = access
  }

  /// What was configured, made ready.
  public convenience init(_ settings: Settings) {
    var server = ServerSettings()
    server.maxBody = settings.server.maxBody
    server.headTimeout = UInt64(settings.server.headerTimeout)
    server.bodyTimeout = UInt64(settings.server.bodyTimeout)
    server.idleTimeout = UInt64(settings.server.idleTimeout)
    var timeouts = UpstreamTimeouts()
    timeouts.connect = UInt64(settings.upstream.connectTimeout)
    timeouts.firstByte = UInt64(settings.upstream.firstByteTimeout)
    timeouts.idle = UInt64(settings.upstream.idleTimeout)
    self.init(
      routing: RoutingPolicy(settings.routing, quality: settings.quality), server: server,
      timeouts: timeouts,
      limits: RequestLimits(settings), access: AccessRules(settings.logging),
      quality: settings.quality, circuit: CircuitRules(settings.circuit),
      budget: BudgetRules(settings.budget), fleet: settings.fleet,
      acceptsRemoteOrders: settings.lifecycle.remote,
      memory: MemoryEstimate.Rules(settings.lifecycle),
      historySize: max(0, settings.history.size),
      dashboard: DashboardRules(settings.dashboard), traces: TraceRules(settings.traces))
  }
}

/// Limits of requests for models.
public struct RequestLimits: Sendable {
  /// Time until an answer begins, over all attempts together, in milliseconds.
  public var timeout: UInt64
  /// Requests that are served at once, by all workers together.
  public var concurrent: Int
  /// Retries that a hundred requests earn; 0 for none at all.
  public var retryPercent: Int
  /// Whether a second backend is asked for a whole answer that takes unusually long.
  public var hedges: Bool
  /// How long requests may go on once the gateway stops, in milliseconds.
  public var drain: UInt64
  /// Requests that may wait for a backend, of all workers together; 0 if none may.
  public var queueSize: Int
  /// How long one may wait, in milliseconds.
  public var queueWait: UInt64
  /// Seconds after which backends have been looked at again.
  public var healthInterval: Int

  public init(_ settings: Settings = .init()) {
    timeout = UInt64(max(1, settings.server.requestTimeoutSeconds)) * 1_000
    concurrent = max(1, settings.server.maxConcurrentRequests)
    retryPercent = max(0, settings.routing.retryBudgetPercent)
    hedges = settings.routing.hedging
    drain = UInt64(max(0, settings.server.drainTimeoutSeconds)) * 1_000
    queueSize = settings.queue.enabled ? max(0, settings.queue.maxSize) : 0
    queueWait = UInt64(max(1, settings.queue.maxWaitSeconds)) * 1_000
    healthInterval = max(1, settings.healthCheck.intervalSeconds)
  }
}

extension CircuitRules {
  /// What was configured.
  init(_ settings: Settings.Circuit) {
    self.init(
      threshold: settings.failureThreshold, open: UInt64(max(1, settings.openSeconds)) * 1_000,
      longest: UInt64(max(1, settings.maxOpenSeconds)) * 1_000)
  }
}

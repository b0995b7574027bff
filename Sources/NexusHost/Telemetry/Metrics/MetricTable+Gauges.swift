// What is told of the fleet, the queue, the budget and the process.
extension MetricTable {
  // MARK: Fleet

  public static let backends = MetricFamily.gauge(
    "nexus_backends_total", "Backends that are known")
  public static let healthyBackends = MetricFamily.gauge(
    "nexus_backends_healthy", "Backends that requests are routed to")
  public static let modelsAvailable = MetricFamily.gauge(
    "nexus_models_available", "Distinct models on healthy backends")
  public static let backendsBySource = MetricFamily.gauge(
    "nexus_backends_by_source", "Backends by how they came to be known", labels: ["source"])
  public static let backendUp = MetricFamily.gauge(
    "nexus_backend_up", "Whether requests are routed to a backend", labels: ["backend"])
  public static let pending = MetricFamily.gauge(
    "nexus_pending_requests", "Requests in flight per backend", labels: ["backend"])
  public static let backendLatency = MetricFamily.histogram(
    "nexus_backend_latency_seconds", "Health probe round trip", labels: ["backend"], digits: 9,
    bounds: requestDuration.bounds)
  public static let circuits = MetricFamily.gauge(
    "nexus_circuits", "Circuits by what they guard and by state", labels: ["scope", "state"])
  public static let circuitState = MetricFamily.gauge(
    "nexus_circuit_state", "Circuit of a backend: 0 closed, 1 on trial, 2 open",
    labels: ["backend"])
  public static let circuitsOpened = MetricFamily.counter(
    "nexus_circuits_opened_total", "Circuits of backends and their models opened by requests",
    labels: ["backend", "cause"])
  public static let errorRate = MetricFamily.gauge(
    "nexus_agent_error_rate", "Share of requests that failed of late, 0 to 1",
    labels: ["agent_id", "backend"], digits: 6)
  public static let successRate = MetricFamily.gauge(
    "nexus_agent_success_rate_24h", "Share of requests that succeeded in the last 24 hours, 0 to 1",
    labels: ["agent_id", "backend"], digits: 6)
  public static let requestCount = MetricFamily.gauge(
    "nexus_agent_request_count_1h", "Requests that ended in the last hour",
    labels: ["agent_id", "backend"])
  public static let qualityLook = MetricFamily.histogram(
    "nexus_quality_recompute_duration_seconds", "Time to work out the quality of all backends",
    digits: 9, bounds: pipeline.bounds)
  public static let jobs = MetricFamily.gauge(
    "nexus_lifecycle_jobs", "Orders to load, unload and move models that are remembered, by state",
    labels: ["state"])

  public static let discoveryEvents = MetricFamily.counter(
    "nexus_discovery_events_total", "What has become of servers that nobody named",
    labels: ["event"])
  public static let discoveryHearing = MetricFamily.gauge(
    "nexus_discovery_network_up",
    "Whether the local network is listened to for servers, through the avahi daemon")

  static let fleetFamilies = [
    backends, healthyBackends, modelsAvailable, backendsBySource, backendUp, pending,
    backendLatency, circuits, circuitState, circuitsOpened, errorRate, successRate, requestCount,
    qualityLook, jobs, discoveryEvents, discoveryHearing,
  ]

  // MARK: Queue

  public static let queueDepth = MetricFamily.gauge(
    "nexus_queue_depth", "Requests waiting for a free backend")
  public static let queueLimit = MetricFamily.gauge(
    "nexus_queue_limit", "Requests that may wait at once; 0 if none may")
  public static let queueEntered = MetricFamily.counter(
    "nexus_queue_enqueued_total", "Requests that began to wait for a free backend")
  public static let queueTimeouts = MetricFamily.counter(
    "nexus_queue_timeout_total", "Requests that waited as long as they may")
  public static let queueDrained = MetricFamily.counter(
    "nexus_queue_drained_total", "Requests that got a place after a wait")
  public static let queueRefused = MetricFamily.counter(
    "nexus_queue_refused_total", "Requests turned away since too many waited")
  public static let queueWait = MetricFamily.histogram(
    "nexus_queue_wait_seconds", "How long requests waited, whatever came of it", digits: 9,
    bounds: requestDuration.bounds)

  static let queueFamilies = [
    queueDepth, queueLimit, queueEntered, queueTimeouts, queueDrained, queueRefused, queueWait,
  ]

  // MARK: Budget

  public static let spending = MetricFamily.gauge(
    "nexus_budget_spending_usd", "Spent in the month", labels: ["billing_month"], digits: 6)
  public static let reserved = MetricFamily.gauge(
    "nexus_budget_reserved_usd", "Reserved for requests that are under way", digits: 6)
  public static let utilization = MetricFamily.gauge(
    "nexus_budget_utilization_percent", "Share of the limit that is spent or reserved",
    labels: ["billing_month"], digits: 4)
  public static let budgetStatus = MetricFamily.gauge(
    "nexus_budget_status", "0 normal, 1 soft limit reached, 2 hard limit reached",
    labels: ["billing_month"])
  public static let budgetLimit = MetricFamily.gauge(
    "nexus_budget_limit_usd", "Limit of a month; 0 for none", digits: 6)
  public static let budgetEvents = MetricFamily.counter(
    "nexus_budget_events_total", "What has happened to the budget", labels: ["event_type"])

  static let budgetFamilies = [
    spending, reserved, utilization, budgetStatus, budgetLimit, budgetEvents,
  ]

  // MARK: Process

  public static let buildInfo = MetricFamily.gauge(
    "nexus_build_info", "Always 1; the version is a label", labels: ["version"])
  public static let drivers = MetricFamily.gauge(
    "nexus_drivers", "Drivers that are loaded, and files in their directory that were refused",
    labels: ["state"])
  public static let uptime = MetricFamily.gauge(
    "nexus_uptime_seconds", "How long the gateway has been running")
  public static let loopLag = MetricFamily.gauge(
    "nexus_event_loop_lag_seconds",
    "How long a thread took to turn to a message; the one that serves this page included",
    labels: ["loop"], digits: 9)
  public static let clientConnections = MetricFamily.gauge(
    "nexus_client_connections", "Open connections of clients")
  public static let upstreamConnections = MetricFamily.gauge(
    "nexus_upstream_connections", "Open connections to backends, with a request or idle",
    labels: ["state"])
  public static let upstreamOpened = MetricFamily.counter(
    "nexus_upstream_connections_opened_total", "Connections to backends that were made")
  public static let upstreamReused = MetricFamily.counter(
    "nexus_upstream_connections_reused_total", "Requests sent on a connection that was there")
  public static let upstreamFailed = MetricFamily.counter(
    "nexus_upstream_connection_failures_total", "Connections to backends that could not be made")
  public static let viewers = MetricFamily.gauge(
    "nexus_live_viewers", "WebSockets over which somebody watches the gateway")
  public static let viewersDropped = MetricFamily.counter(
    "nexus_live_viewers_dropped_total", "WebSockets closed since nobody took what they carried")
  public static let logDropped = MetricFamily.counter(
    "nexus_log_dropped_total", "Lines of the log that nobody took in time")
  public static let spansExported = MetricFamily.counter(
    "nexus_trace_spans_exported_total", "Spans that the collector of traces has taken")
  public static let spansDropped = MetricFamily.counter(
    "nexus_trace_spans_dropped_total", "Spans that were not delivered, and why", labels: ["reason"])
  public static let processCPU = MetricFamily.counter(
    "process_cpu_seconds_total", "Processor time used, in seconds", digits: 6)
  public static let processMemory = MetricFamily.gauge(
    "process_resident_memory_bytes", "Memory in use, in bytes")
  public static let processDescriptors = MetricFamily.gauge(
    "process_open_fds", "Open file descriptors")
  public static let processMostDescriptors = MetricFamily.gauge(
    "process_max_fds", "Most file descriptors that may be open")
  public static let processStart = MetricFamily.gauge(
    "process_start_time_seconds", "When the process began, in seconds since 1970", digits: 3)

  static let processFamilies = [
    buildInfo, drivers, uptime, loopLag, clientConnections, upstreamConnections, upstreamOpened,
    upstreamReused, upstreamFailed, viewers, viewersDropped, logDropped, spansExported,
    spansDropped, processCPU, processMemory, processDescriptors, processMostDescriptors,
    processStart,
  ]
}

/// All families of metrics, in the order in which the page tells them. What is rendered and
/// docs/METRICS.md come from here.
public enum MetricTable {
  /// Groups of families, each under a heading of the documentation.
  public static let groups: [(title: String, families: [MetricFamily])] = [
    ("Requests", requestFamilies),
    ("Attempts, retries and failover", attemptFamilies),
    ("Tokens and speed", tokenFamilies),
    ("Routing", routingFamilies),
    ("Fleet", fleetFamilies),
    ("Queue", queueFamilies),
    ("Budget", budgetFamilies),
    ("Gateway and process", processFamilies),
  ]

  public static var all: [MetricFamily] { groups.flatMap(\.families) }

  // MARK: Bounds

  /// From 0.1 s to 5 min.
  private static let durations: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000,
  ].map { $0 * 1_000_000 }
  /// From 50 µs to 10 ms.
  private static let instants: [UInt64] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
  ].map { $0 * 1_000 }
  private static let tokenCounts: [UInt64] = [
    10, 50, 100, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000,
  ]

  // MARK: Requests

  public static let requests = MetricFamily.counter(
    "nexus_requests_total", "Requests answered, by model, backend and HTTP status",
    labels: ["model", "backend", "status"])
  public static let requestDuration = MetricFamily.histogram(
    "nexus_request_duration_seconds", "Time from request received to answer complete",
    labels: ["model", "backend"], digits: 9, bounds: durations)
  public static let errors = MetricFamily.counter(
    "nexus_errors_total", "Failed attempts and rejected requests by cause",
    labels: ["error_type", "model"])
  public static let fallbacks = MetricFamily.counter(
    "nexus_fallbacks_total", "Requests served by a fallback model",
    labels: ["from_model", "to_model"])
  public static let embeddings = MetricFamily.counter(
    "nexus_embeddings_requests_total", "Requests for embeddings answered, by model and HTTP status",
    labels: ["model", "status"])
  public static let requestBytes = MetricFamily.counter(
    "nexus_request_body_bytes_total", "Bytes of request bodies for models, by model and backend",
    labels: ["model", "backend"])
  public static let responseBytes = MetricFamily.counter(
    "nexus_response_body_bytes_total", "Bytes of answers of backends, by model and backend",
    labels: ["model", "backend"])
  public static let requestsInFlight = MetricFamily.gauge(
    "nexus_requests_in_flight", "Requests of clients that are being served")
  public static let openStreams = MetricFamily.gauge(
    "nexus_open_streams", "Requests for a stream that are being served")
  public static let streams = MetricFamily.counter(
    "nexus_streams_total", "Requests for a stream since the start")

  static let requestFamilies = [
    requests, requestDuration, errors, fallbacks, embeddings, requestBytes, responseBytes,
    requestsInFlight, openStreams, streams,
  ]

  // MARK: Attempts

  public static let attemptFailures = MetricFamily.counter(
    "nexus_attempt_failures_total", "Failed attempts by backend and class of failure",
    labels: ["backend", "class"])
  public static let retries = MetricFamily.counter(
    "nexus_retries_total",
    "Further attempts by the class of failure before them; hedge: beside one that took long",
    labels: ["class"])
  public static let failovers = MetricFamily.counter(
    "nexus_failovers_total",
    "Requests tried again before the commit point; preamble: the answer had begun to come",
    labels: ["stage"])
  public static let brokenAnswers = MetricFamily.counter(
    "nexus_broken_answers_total", "Answers that broke off after the commit point, by backend",
    labels: ["backend"])
  public static let retryBudget = MetricFamily.gauge(
    "nexus_retry_budget", "Retries that have been earned and may still be made", digits: 2)
  public static let timeToFirstToken = MetricFamily.histogram(
    "nexus_agent_ttft_seconds", "Time from an attempt's begin to the first content of its answer",
    labels: ["agent_id", "backend"], digits: 9,
    bounds: [50, 100, 500, 1_000, 5_000].map { $0 * 1_000_000 })
  public static let driverCalls = MetricFamily.histogram(
    "nexus_driver_call_duration_seconds",
    "Time of one call of a driver; one call in 32 is measured", labels: ["driver"], digits: 9,
    bounds: [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 10_000].map { $0 * 1_000 })

  static let attemptFamilies = [
    attemptFailures, retries, failovers, brokenAnswers, retryBudget, timeToFirstToken, driverCalls,
  ]

  // MARK: Tokens

  public static let tokens = MetricFamily.histogram(
    "nexus_tokens_total", "Tokens per request reported by backends",
    labels: ["model", "backend", "type"], digits: 0, bounds: tokenCounts)
  public static let embeddingTokens = MetricFamily.counter(
    "nexus_embeddings_tokens_total", "Tokens of requests for embeddings, as backends report them",
    labels: ["model"])
  public static let tokensPerSecond = MetricFamily.histogram(
    "nexus_tokens_per_second", "Tokens per second of streams after their first token",
    labels: ["model", "backend"], digits: 3,
    bounds: [1, 2, 5, 10, 20, 35, 50, 75, 100, 200, 500, 1_000].map { $0 * 1_000 })
  public static let interToken = MetricFamily.histogram(
    "nexus_inter_token_latency_seconds",
    "Time between two tokens of a stream, averaged over the stream", labels: ["model", "backend"],
    digits: 9,
    bounds: [1, 2, 5, 10, 15, 20, 30, 50, 100, 200, 500, 1_000].map { $0 * 1_000_000 })
  public static let estimateRatio = MetricFamily.histogram(
    "nexus_prompt_estimate_ratio",
    "Estimated tokens of prompts by those that the backend reported; 1 is exact",
    labels: ["model"], digits: 3,
    bounds: [250, 500, 750, 900, 950, 1_000, 1_050, 1_100, 1_250, 1_500, 2_000, 4_000])
  public static let tokenCountTier = MetricFamily.counter(
    "nexus_token_count_tier_total",
    "Prompts measured before routing: approximation by the model's own scale, or heuristic",
    labels: ["tier", "model"])
  public static let tokenCountDuration = MetricFamily.histogram(
    "nexus_token_count_duration_seconds",
    "Time to read a request and to measure its prompt; one request in 16 is measured",
    labels: ["tier", "model"], digits: 9,
    bounds: [1, 5, 10, 50, 100, 200, 500].map { $0 * 1_000_000 })
  public static let cost = MetricFamily.histogram(
    "nexus_cost_per_request_usd", "Cost of requests to backends that cost anything",
    labels: ["model", "backend_type"], digits: 6,
    bounds: [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000])

  static let tokenFamilies = [
    tokens, embeddingTokens, tokensPerSecond, interToken, estimateRatio, tokenCountTier,
    tokenCountDuration, cost,
  ]

  // MARK: Routing

  public static let pipeline = MetricFamily.histogram(
    "nexus_pipeline_duration_seconds",
    "Time of a whole route decision; one in 16 is measured", digits: 9, bounds: instants)
  public static let reconcilers = MetricFamily.histogram(
    "nexus_reconciler_duration_seconds",
    "Time of a stage over all candidates of a request; one decision in 64 is measured",
    labels: ["reconciler"], digits: 9, bounds: instants)
  public static let exclusions = MetricFamily.counter(
    "nexus_reconciler_exclusions_total", "Candidates that a stage has dropped",
    labels: ["reconciler"])

  static let routingFamilies = [pipeline, reconcilers, exclusions]
}

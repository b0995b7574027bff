extension SettingsTable {
  static let healthCheck: [SettingSpec<Settings>] = [
    .init(
      "health_check.enabled", .flag, \.healthCheck.enabled, variable: "NEXUS_HEALTH_CHECK",
      flag: .off("--no-health-check", "take backends for healthy until requests fail"),
      """
      Whether backends are looked at regularly. If not, they count as healthy until requests to \
      them fail.
      """),
    .init(
      "health_check.interval_seconds", .whole(1...86_400), \.healthCheck.intervalSeconds,
      flag: .value("--survey-interval", "SECONDS", "time between looks at a backend"),
      "Time between two looks at a healthy backend, in seconds."),
    .init(
      "health_check.timeout_seconds", .whole(1...3_600), \.healthCheck.timeoutSeconds,
      "Time that a look may take, in seconds."),
    .init(
      "health_check.failure_threshold", .whole(1...1_000), \.healthCheck.failureThreshold,
      "Failures in a row that take a backend down."),
    .init(
      "health_check.recovery_threshold", .whole(1...1_000), \.healthCheck.recoveryThreshold,
      "Successes in a row that bring a backend up again."),
  ]

  static let quality: [SettingSpec<Settings>] = [
    .init(
      "quality.error_rate_threshold", .number(0...1), \.quality.errorRateThreshold,
      """
      Share of failed requests from which a backend is left out, as long as others can answer; \
      1.0 never leaves one out.
      """),
    .init(
      "quality.ttft_penalty_threshold_ms", .whole(0...86_400_000),
      \.quality.ttftPenaltyThreshold,
      """
      Time to the first token in milliseconds above which a backend is put behind others; 0 never \
      does.
      """),
    .init(
      "quality.metrics_interval_seconds", .whole(1...86_400), \.quality.metricsIntervalSeconds,
      synonyms: ["update_interval"],
      "Time between two looks at the figures, in seconds."),
    .init(
      "quality.min_tokens_per_second", .number(0...1_000_000), \.quality.minTokensPerSecond,
      """
      Tokens in a second below which a stream counts as a failure of its backend, taken over ten \
      seconds; 0 never does. The stream itself goes on.
      """),
  ]

  static let circuit: [SettingSpec<Settings>] = [
    .init(
      "circuit.failure_threshold", .whole(1...1_000), \.circuit.failureThreshold,
      """
      Requests that fail in a row by the fault of a backend before others are preferred for a \
      while. If no connection comes about, one is enough.
      """),
    .init(
      "circuit.open_seconds", .whole(1...3_600), \.circuit.openSeconds,
      """
      How long that lasts at first, in seconds; then a single request is a trial. Each time that \
      one fails it lasts twice as long.
      """),
    .init(
      "circuit.max_open_seconds", .whole(1...86_400), \.circuit.maxOpenSeconds,
      "How long it lasts at most, in seconds."),
  ]

  static let queue: [SettingSpec<Settings>] = [
    .init(
      "queue.enabled", .flag, \.queue.enabled,
      "Whether a request waits when every backend that could answer has all it can take."),
    .init(
      "queue.max_size", .whole(0...1_000_000), \.queue.maxSize, synonyms: ["max_queue_size"],
      "Requests that may wait at once; 0 turns the queue off."),
    .init(
      "queue.max_wait_seconds", .whole(1...86_400), \.queue.maxWaitSeconds,
      synonyms: ["default_timeout_seconds"], "Longest time that a request waits, in seconds."),
  ]

  static let logging: [SettingSpec<Settings>] = [
    .init(
      "logging.level", .word(levels), variable: "NEXUS_LOG_LEVEL",
      flag: .value(
        "--log-level", short: "-l", "LEVEL", "error … trace, or such as info,routing=debug",
        as: .levels),
      "How much the log says; each level includes those before it.",
      get: { $0.logging.level.settingValue },
      set: { (settings, value) throws(SettingFault) in
        guard case .text(let filter) = value else { throw SettingFault("give a level") }
        try settings.logging.apply(filter)
      }),
    .init(
      "logging.format", .word(LogFormat.allCases.map(\.rawValue)),
      \.logging.format, live: false, variable: "NEXUS_LOG_FORMAT",
      flag: .value("--log-format", "FORMAT", "pretty or json"),
      "`pretty` is for people, `json` writes an object a line."),
    .init(
      "logging.component_levels", .map(.word(levels)),
      example: "{ routing = \"debug\", health = \"warn\" }",
      """
      Levels of single components, which go before `level`. The variable NEXUS_LOG sets both: \
      `info,routing=debug`.
      """,
      get: { $0.logging.componentLevels.settingValue },
      set: { (settings, value) throws(SettingFault) in
        guard let levels = [String: LogLevel](value) else { throw SettingFault("give levels") }
        do throws(UsageError) {
          _ = try LogLevels(.info, named: levels)
        } catch {
          throw SettingFault(error)
        }
        settings.logging.componentLevels = levels
      }),
    .init(
      "logging.access", .flag, \.logging.access, "Whether every request leaves a line."),
    .init(
      "logging.enable_content_logging", .flag, \.logging.enableContentLogging,
      "Whether the first words of prompts appear in the log. Think of the privacy of your users."),
  ]

  private static let levels = LogLevel.allCases.map(\.rawValue)
}

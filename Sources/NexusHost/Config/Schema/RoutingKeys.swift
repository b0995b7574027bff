extension SettingsTable {
  static let routing: [SettingSpec<Settings>] = [
    .init(
      "routing.strategy", .word(Settings.Strategy.allCases.map(\.rawValue)), \.routing.strategy,
      variable: "NEXUS_ROUTING_STRATEGY",
      """
      How the backends that could answer are put in order: `smart` weighs priority, load and \
      speed, `round_robin` takes turns, `priority_only` follows `backends[].priority`, `random` \
      draws lots.
      """),
    .init(
      "routing.max_retries", .whole(0...100), \.routing.maxRetries,
      variable: "NEXUS_ROUTING_MAX_RETRIES",
      """
      Further attempts after the first. Each goes to the next backend that could answer, and none \
      is made once a word of the answer has been sent.
      """),
    .init(
      "routing.affinity", .flag, \.routing.affinity,
      """
      Whether `smart` continues a conversation on the backend that has its beginning in the cache, \
      unless that is so busy that another answers sooner.
      """),
    .init(
      "routing.retry_budget_percent", .whole(0...100), \.routing.retryBudgetPercent,
      """
      Retries that a hundred requests allow, of all clients together, so that failures do not \
      multiply the traffic; 0 allows none. A few are always allowed.
      """),
    .init(
      "routing.hedging", .flag, \.routing.hedging,
      """
      Whether a request whose answer is not streamed and takes longer than nineteen of twenty is \
      sent to a second backend as well; the first answer counts. Only where neither costs anything, \
      and within `routing.retry_budget_percent`.
      """),
    .init(
      "routing.aliases", .map(.text), \.routing.aliases,
      example: "{ \"gpt-4\" = \"llama3:70b\", \"gpt-3.5-turbo\" = \"mistral:7b\" }",
      """
      Other names of models: name asked for = name used. A name on the left may be a pattern. An \
      alias may lead to another alias, over at most three steps.
      """),
    .init(
      "routing.fallbacks", .map(.list), \.routing.fallbacks,
      example: "{ \"llama3:70b\" = [\"qwen2:72b\", \"mixtral:8x7b\"] }",
      "Models to use instead, in order, when no backend that has a model can answer."),
    .init(
      "routing.weights.priority", weight, \.routing.weights.priority,
      "Weight of `backends[].priority`."),
    .init(
      "routing.weights.load", weight, \.routing.weights.load, "Weight of what a backend has to do."),
    .init(
      "routing.weights.latency", weight, \.routing.weights.latency,
      "Weight of the time until a backend answers."),
    .init(
      "routing.prices", .map(.text),
      example: "{ \"gpt-5*\" = \"1.25/10\", \"my-tuned-model\" = \"0/0\" }",
      """
      What models cost on backends that take money, in US dollars for a million tokens of prompt \
      and of answer, instead of the list that comes with the program. A name on the left may be a \
      pattern. What is free costs `0/0`.
      """,
      get: { $0.routing.prices.settingValue },
      set: { (settings, value) throws(SettingFault) in
        guard let prices = [String: Settings.Price](value) else {
          throw SettingFault(
            "give two prices with a slash between them, for a million tokens of prompt and of"
              + " answer, such as \"1.25/10\"")
        }
        settings.routing.prices = prices
      }),
  ]

  private static let weight = SettingKind.whole(0...1_000_000)

  static let budget: [SettingSpec<Settings>] = [
    .init(
      "routing.budget.monthly_limit_usd", .number(0...1_000_000_000), \.budget.monthlyLimitUSD,
      absence: "no limit", example: "100.0",
      "What may be spent on backends with a price in a month, in US dollars; 0 sets no limit."),
    .init(
      "routing.budget.soft_limit_percent", .number(0...100), \.budget.softLimitPercent,
      "Share of the limit, in per cent, from which backends without a price are preferred."),
    .init(
      "routing.budget.hard_limit_action", .word(Settings.HardLimitAction.allCases.map(\.rawValue)),
      \.budget.hardLimitAction,
      """
      What happens when the limit is reached: `warn` only logs, `block_cloud` refuses backends \
      with a price, `block_all` refuses every request.
      """),
  ]

  static let policy: [SettingSpec<Settings.Policy>] = [
    .init(
      "routing.policies[].model_pattern", .glob, \.modelPattern, required: true,
      example: "\"gpt-4*\"",
      """
      Models for which the policy holds: `*`, `?`, `[a-z]` and `{a,b}` are understood, `*` also \
      matches `/` and `:`.
      """),
    .init(
      "routing.policies[].privacy",
      .word(
        ["unrestricted", "internal", "confidential", "restricted"],
        synonyms: ["open": "unrestricted"]),
      """
      The least trusted zone that may see the requests: `restricted` keeps them on backends of \
      that zone, whatever fails.
      """,
      get: { .text($0.privacy?.rawValue ?? "unrestricted") },
      set: { (policy, value) throws(SettingFault) in
        guard case .text(let word) = value else { throw SettingFault("give a zone") }
        policy.privacy = Settings.Zone(rawValue: word)
      }),
    .init(
      "routing.policies[].min_tier", .whole(1...5), \.minTier, absence: "any tier", example: "3",
      "Least `backends[].tier` of a backend."),
    .init(
      "routing.policies[].max_cost_per_request", .number(0...1_000_000), \.maxCostPerRequest,
      absence: "no limit", example: "0.05",
      """
      Most that a request may cost by its estimate, in US dollars. Backends without a price cost \
      nothing.
      """),
    .init(
      "routing.policies[].fallback_allowed", .flag, \.fallbackAllowed,
      "Whether `routing.fallbacks` may be used."),
  ]
}

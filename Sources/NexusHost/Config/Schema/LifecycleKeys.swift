extension SettingsTable {
  static let lifecycle: [SettingSpec<Settings>] = [
    .init(
      "lifecycle.timeout_ms", .whole(1_000...86_400_000), \.lifecycle.timeout,
      """
      Time that loading a model may take, in milliseconds. Models that are large get more, by their \
      size.
      """),
    .init(
      "lifecycle.vram_headroom_percent", .whole(0...100), \.lifecycle.headroomPercent,
      "Share of a backend's memory that stays free when a model is loaded, in per cent."),
    .init(
      "lifecycle.vram_buffer_percent", .whole(0...100), \.lifecycle.bufferPercent,
      """
      Further share of the memory that a model may need beyond its size, for prompts and the like, \
      in per cent.
      """),
    .init(
      "lifecycle.vram_heuristic_max_gb", .whole(0...1_000_000), \.lifecycle.heuristicMaxGB,
      """
      Where nobody knows how much memory a backend has: no further model is loaded while those that \
      are loaded take more than this, in GB.
      """),
    .init(
      "lifecycle.remote", .flag, \.lifecycle.remote,
      """
      Whether other machines may load, unload and move models over the public address, where nobody \
      proves who he is. If not, only requests from this machine may, and `nexus models`.
      """),
  ]

  static let history: [SettingSpec<Settings>] = [
    .init(
      "history.size", .whole(0...10_000), \.history.size,
      "Requests that `GET /v1/history` remembers; 0 turns it off. Each takes a kilobyte or two.")
  ]

  static let fleet: [SettingSpec<Settings>] = [
    .init(
      "fleet.enabled", .flag, \.fleet.enabled,
      """
      Whether the use of models is counted by the hour, kept over restarts, and made into advice \
      about what to keep in memory where (`nexus advice`).
      """),
    .init(
      "fleet.min_sample_days", .whole(1...30), \.fleet.minSampleDays,
      "Days of use that advice about a model needs."),
    .init(
      "fleet.min_request_count", .whole(1...1_000_000_000), \.fleet.minRequestCount,
      "Requests that advice about a model needs."),
    .init(
      "fleet.analysis_interval_seconds", .whole(1...86_400), \.fleet.analysisIntervalSeconds,
      "Time between two looks at the figures, in seconds."),
    .init(
      "fleet.max_recommendations", .whole(1...100), \.fleet.maxRecommendations,
      "Pieces of advice at once."),
    .init(
      "fleet.prewarm", .flag, \.fleet.prewarm,
      """
      Whether models are loaded shortly before the hour in which they are usually wanted. What is in \
      use is never thrown out for that.
      """),
  ]
}

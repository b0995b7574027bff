/// Keys that other versions know. They are told apart from typing errors, and nobody is left to
/// believe that they do something.
enum UnusedKeys {
  /// A section stands for all its keys.
  static let paths = [
    "lifecycle", "fleet", "discovery.service_types", "discovery.grace_period_seconds",
    "routing.budget.reconciliation_interval_secs", "quality.enabled", "quality.window_1h",
    "quality.window_24h", "queue.priority_header",
  ]

  static func contains(_ path: String) -> Bool { paths.contains(path) }
}

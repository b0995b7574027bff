/// Keys that do nothing. They are told apart from typing errors, and nobody is left to believe that
/// they do something.
enum UnusedKeys {
  /// Keys that this version does not know at all. A section stands for all its keys.
  static let unknown = [
    "routing.budget.reconciliation_interval_secs", "quality.enabled", "quality.window_1h",
    "quality.window_24h", "queue.priority_header",
  ]
}

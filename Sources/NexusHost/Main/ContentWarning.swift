import Config
import Telemetry

/// What people have to know who let the log hold words of prompts.
enum ContentWarning {
  /// Said at the start, and when a reload switches it on.
  static func tell(_ logging: Settings.Logging, to log: Log) {
    guard logging.enableContentLogging else { return }
    log.warn(
      "log",
      "content is logged: the first words of prompts and what backends say about failures;"
        + " switch it off with logging.enable_content_logging = false")
  }
}

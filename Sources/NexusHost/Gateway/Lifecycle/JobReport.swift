import Config
import Control
import Drivers
import Fleet
import Text

/// Jobs as the API, the control socket and the commands show them.
enum JobReport {
  /// The body of a list of jobs.
  static func list(_ jobs: [ModelJob], _ fleet: FleetSnapshot) -> [UInt8] {
    JSONText.object { text in
      text.array("jobs") { list in
        for job in jobs { list.object { append(job, fleet, to: &$0) } }
      }
    }
  }

  /// One job.
  static func json(_ job: ModelJob, _ fleet: FleetSnapshot) -> [UInt8] {
    JSONText.object { append(job, fleet, to: &$0) }
  }

  /// The answer to an order that was carried out or has begun, with the members that the order had.
  static func answer(_ job: ModelJob, _ fleet: FleetSnapshot) -> [UInt8] {
    JSONText.object { text in
      text.member("operation_id", job.id)
      text.member("model_id", job.model)
      switch job.kind {
      case .load: text.member("backend_id", fleet.identifier(of: job.target))
      case .unload:
        let place = job.source ?? job.target
        text.member("backend_id", fleet.identifier(of: place))
        let free = job.state == .completed ? fleet.freeMemory(of: place) : 0
        text.member("vram_free_bytes", free)
        text.member("vram_free_gb", Double(free / 10_000_000) / 100)
      case .migrate:
        text.member("source_backend_id", fleet.identifier(of: job.source))
        text.member("target_backend_id", fleet.identifier(of: job.target))
        text.member(
          "message",
          "The model is being loaded on '\(job.target ?? "")'; '\(job.source ?? "")' serves it until"
            + " it is there.")
      }
      text.member("status", job.state.rawValue)
    }
  }

  static func append(_ job: ModelJob, _ fleet: FleetSnapshot, to text: inout JSONText) {
    text.member("operation_id", job.id)
    text.member("operation_type", job.kind.rawValue)
    text.member("model_id", job.model)
    text.member("source_backend_id", fleet.identifier(of: job.source))
    text.member("target_backend_id", fleet.identifier(of: job.target))
    text.member("status", job.state.rawValue)
    text.member("progress_percent", job.state == .completed ? 100 : job.permille.map { $0 / 10 })
    text.member("eta_ms", job.state.isOver ? nil : job.remaining)
    text.member("initiated_at", UTCTime(unixSeconds: job.started / 1_000).text)
    text.member("completed_at", job.finished.map { UTCTime(unixSeconds: $0 / 1_000).text })
    text.member("error_details", job.failure)
    text.member("cause", job.cause.rawValue)
    text.member("detail", job.detail)
    text.array("unloaded") { for model in job.unloaded { $0.value(model) } }
  }

  /// The word of `X-Nexus-Lifecycle-Status`.
  static func headerWord(_ job: ModelJob) -> String {
    guard !job.state.isOver else { return job.state.rawValue }
    return switch job.kind {
    case .load: "loading"
    case .unload: "unloading"
    case .migrate: "migrating"
    }
  }
}

extension FleetSnapshot {
  /// The id of a backend; its name if it is gone.
  fileprivate func identifier(of name: String?) -> String? {
    guard let name else { return nil }
    return members.first { $0.backend.name == name }?.backend.id ?? name
  }

  /// Bytes of memory that are free there; 0 unknown.
  fileprivate func freeMemory(of name: String?) -> UInt64 {
    guard let member = members.first(where: { $0.backend.name == name }) else { return 0 }
    return ModelSizes().estimate(of: member).free ?? 0
  }
}

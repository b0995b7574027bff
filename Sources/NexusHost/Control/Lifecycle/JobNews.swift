import Telemetry

/// Something about jobs that people want to know.
enum JobNews: Equatable {
  case refused(ModelJob.Kind, model: String, backend: String, cause: ModelJob.Cause, why: String)
  case waits(ModelJob)
  case started(ModelJob)
  /// Of a job whose load takes models away: one of them goes.
  case makesRoom(ModelJob, victim: String)
  case completed(ModelJob, milliseconds: UInt64)
  case failed(ModelJob)
  case cancelled(ModelJob)

  /// Writes it as a line of the log.
  func write(to log: Log) {
    switch self {
    case .refused(let kind, let model, let backend, let cause, let why):
      log.warn(
        "lifecycle", "\(kind.rawValue) refused",
        ["model": model, "backend": backend, "cause": cause.rawValue, "reason": why])
    case .waits(let job): write(job, "waits", to: log)
    case .started(let job): write(job, "started", to: log)
    case .makesRoom(let job, let victim):
      log.info(
        "lifecycle", "model leaves for another one",
        [
          "operation_id": job.id, "model": victim, "backend": job.target,
          "for": job.model,
        ])
    case .completed(let job, let milliseconds):
      log.info(
        "lifecycle", "\(job.kind.rawValue) done",
        [
          "operation_id": job.id, "model": job.model, "source": job.source,
          "target": job.target, "detail": job.detail,
          "duration_ms": Int(clamping: milliseconds),
        ])
    case .failed(let job):
      log.error(
        "lifecycle", "\(job.kind.rawValue) failed",
        [
          "operation_id": job.id, "model": job.model, "source": job.source,
          "target": job.target, "cause": job.cause.rawValue, "reason": job.failure,
        ])
    case .cancelled(let job): write(job, "cancelled", to: log)
    }
  }

  private func write(_ job: ModelJob, _ what: String, to log: Log) {
    log.info(
      "lifecycle", "\(job.kind.rawValue) \(what)",
      [
        "operation_id": job.id, "model": job.model, "source": job.source, "target": job.target,
        "cause": job.cause.rawValue,
      ])
  }
}

import Config
import Net
import Synchronization
import Telemetry

/// What is loaded ahead of time: the plan, and what of it is under way.
struct PrewarmState {
  var plan: PrewarmPlan?
  /// By id of its job.
  var underWay: [String: Prewarm] = [:]
}

extension FleetAdvisor {
  /// Seconds for which a model that somebody unloaded is left alone.
  private static let respect: Int64 = 3_600

  /// Loads what will probably be wanted soon. On the control loop.
  func warmUp(
    _ lifecycle: LifecycleManager, _ view: View, _ jobs: [ModelJob], _ sizes: ModelSizes
  ) async {
    let now = MonotonicClock.unixSeconds()
    let loads = work.withLock { work -> [Prewarm] in
      guard !work.isOver, work.meter != nil, let history = work.keeper?.history else { return [] }
      var plan = work.prewarm.plan?.with(view.memory) ?? PrewarmPlan(view.memory)
      defer { work.prewarm.plan = plan }
      for job in jobs where job.state.isOver {
        guard let prewarm = work.prewarm.underWay.removeValue(forKey: job.id) else { continue }
        plan.ended(prewarm, succeeded: job.state == .completed, at: now)
      }
      let respect = max(Self.respect, Int64(view.settings.analysisIntervalSeconds))
      return plan.next(
        history,
        WarmPlace.places(
          view.fleet, jobs, sizes, since: work.began, at: MonotonicClock.milliseconds()),
        unloaded: jobs.unloaded(after: now - respect), at: now)
    }
    for load in loads { await carryOut(load, lifecycle) }
  }

  private func carryOut(_ prewarm: Prewarm, _ lifecycle: LifecycleManager) async {
    do {
      let job = try await lifecycle.load(
        prewarm.model, on: prewarm.backend, makeRoom: false, cause: .prewarm)
      work.withLock { $0.prewarm.underWay[job.id] = prewarm }
      log.info(
        "lifecycle", "a model is loaded because it is usually wanted at this time",
        [
          "model": prewarm.model, "backend": prewarm.backend,
          "likelihood": (prewarm.likelihood * 100).rounded() / 100, "job": job.id,
        ])
    } catch {
      let now = MonotonicClock.unixSeconds()
      work.withLock { $0.prewarm.plan?.ended(prewarm, succeeded: false, at: now) }
      log.info(
        "lifecycle", "a model cannot be loaded ahead of time",
        ["model": prewarm.model, "backend": prewarm.backend, "reason": "\(error)"])
    }
  }
}

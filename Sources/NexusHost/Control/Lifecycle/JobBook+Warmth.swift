import Config
import Drivers
import Fleet

// `keep_warm`: models that are loaded whenever they are not.
extension JobBook {
  /// Loads what should be in memory and is not, one model at a time at each backend.
  mutating func keepWarm(_ now: UInt64) {
    for member in fleet.members where !member.backend.settings.keepWarm.isEmpty {
      guard member.isRoutable, member.backend.kind?.supports(.load) == true else {
        continue
      }
      for model in member.models where isWanted(model, on: member, now) {
        guard !entries.contains(where: { $0.concerns(member.backend) }) else { break }
        do throws(LifecycleError) {
          _ = try load(
            model.id, on: member.backend.name, makeRoom: true, cause: .keepWarm, now)
        } catch {
          warm.failed(
            WarmKeeping.Place(backend: member.backend.name, model: model.id), at: now)
        }
      }
    }
  }

  private func isWanted(_ model: Model, on member: FleetMember, _ now: UInt64) -> Bool {
    let residency = model.report.residency
    guard residency == .unloaded || residency == .failed, !model.report.isRemote,
      // A request has the server load it already.
      !model.account.speed.isLoading(at: now)
    else { return false }
    let place = WarmKeeping.Place(backend: member.backend.name, model: model.id)
    return warm.mayLoad(place, at: now) && member.backend.keepsWarm(model)
      && !member.backend.neverLoads(model)
  }

  /// Draws what follows from a job that is over.
  mutating func noteWarmth(_ job: ModelJob, _ now: UInt64) {
    if let target = job.target {
      let place = WarmKeeping.Place(backend: target, model: job.model)
      if job.state == .completed { warm.loaded(place) }
      if job.state == .cancelled { warm.hold(place) }
      if job.state == .failed, job.cause == .keepWarm { warm.failed(place, at: now) }
    }
    if let source = job.source, job.state == .completed, job.cause == .command {
      warm.hold(WarmKeeping.Place(backend: source, model: job.model))
    }
  }
}

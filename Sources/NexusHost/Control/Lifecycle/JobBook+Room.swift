import Config
import Drivers
import Fleet

// Whether there is memory for a model, and what leaves for it.
extension JobBook {
  /// How long a model must not have been answered before it leaves for another one, in
  /// milliseconds: whoever gives a command knows what is wanted, but requests must not take away
  /// what the last one has just loaded, and what is only kept warm throws out nothing that is used.
  private static func rest(_ cause: ModelJob.Cause) -> UInt64 {
    switch cause {
    case .command, .room: 0
    case .request: 10_000
    case .keepWarm, .prewarm: 60_000
    }
  }

  /// The ids of models that must leave before `model` is loaded; none if it fits as it is.
  func room(
    for model: Model, on member: FleetMember, _ makesRoom: Bool, _ cause: ModelJob.Cause,
    _ now: UInt64
  ) throws(LifecycleError) -> [String] {
    let estimate = sizes.estimate(of: member)
    let need = sizes.need(of: model, on: member.backend)
    guard let why = estimate.refusal(of: need, rules) else { return [] }
    let candidates = removable(for: model, on: member, cause, now)
    let chosen = Eviction.choose(candidates) {
      estimate.freeing($0).refusal(of: need, rules) == nil
    }
    if makesRoom, let chosen { return chosen }
    throw .noRoom(
      model.id, backend: member.backend.name, why: why, removable: makesRoom ? [] : chosen ?? [])
  }

  var rules: MemoryEstimate.Rules { MemoryEstimate.Rules(settings) }

  private func removable(
    for model: Model, on member: FleetMember, _ cause: ModelJob.Cause, _ now: UInt64
  ) -> [Eviction.Candidate] {
    guard member.backend.kind?.supports(.unload) == true else { return [] }
    var candidates: [Eviction.Candidate] = []
    for other in member.models where other.isHeld && other.id != model.id {
      let account = other.account
      let last = max(account.speed.lastLesson, start)
      let idle = now > last ? now - last : 0
      let wasUsed = account.speed.lastLesson > 0
      guard requests(for: other, on: member) == 0, !member.backend.keepsWarm(other),
        !wasUsed || idle >= Self.rest(cause)
      else { continue }
      let bytes = sizes.need(of: other, on: member.backend).bytes
      candidates.append(
        Eviction.Candidate(
          id: other.id, bytes: bytes, load: Double(loadTime(of: other, bytes, now)), idle: idle,
          requests: account.requests.total, known: now > start ? now - start : 0))
    }
    return candidates
  }

  /// What loading a model takes, in milliseconds: as it was learned, else a gigabyte in a second.
  func loadTime(of model: Model, _ bytes: UInt64, _ now: UInt64) -> UInt64 {
    let learned = model.account.speed.speed(at: now).load
    if learned > 0 { return UInt64(min(learned, 86_400_000)) }
    return bytes > 0 ? max(3_000, bytes / 1_000_000) : 15_000
  }

  /// How long a load may take, in milliseconds: as configured, and the time in which a slow disk
  /// reads it, at 100 MB a second.
  func limit(_ bytes: UInt64) -> UInt64 {
    UInt64(max(1_000, settings.timeout)) + min(bytes / 100_000, 86_400_000)
  }

  /// How long an unload may take.
  var unloadLimit: UInt64 { min(UInt64(max(1_000, settings.timeout)), 60_000) }
}

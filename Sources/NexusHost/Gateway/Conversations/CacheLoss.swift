import Drivers
import Fleet
import Routing

/// That a backend lost what it had in its caches: all of them, or that for a model.
struct CacheLoss: Equatable {
  let backend: UInt64
  var model: UInt64?

  /// What was lost between two snapshots: all of a backend that is no longer up or was taken away,
  /// and what was cached of a model that is no longer in memory.
  static func all(from old: FleetSnapshot, to new: FleetSnapshot) -> [CacheLoss] {
    var losses: [CacheLoss] = []
    for (index, before) in old.members.enumerated() {
      // Most members are the same object, and nearly all are at the same place.
      if index < new.members.count, new.members[index] === before { continue }
      let key = before.backend.key
      guard let after = new.members.first(where: { $0.backend.key == key }) else {
        losses.append(CacheLoss(backend: key))
        continue
      }
      if after === before { continue }
      if before.state == .up, after.state != .up {
        losses.append(CacheLoss(backend: key))
        continue
      }
      for (place, model) in before.models.enumerated() where model.report.residency == .loaded {
        guard !isLoaded(model, after, place) else { continue }
        for name in [model.id, model.alias] where !name.isEmpty {
          losses.append(CacheLoss(backend: key, model: PromptCache.key(ofModel: name)))
        }
      }
    }
    return losses
  }

  private static func isLoaded(_ model: Model, _ member: FleetMember, _ place: Int) -> Bool {
    let models = member.models
    let same =
      place < models.count && models[place].id == model.id
      ? models[place] : models.first { $0.id == model.id }
    guard let same else { return false }
    return same.report.residency == .loaded || same.report.residency == .unknown
  }
}

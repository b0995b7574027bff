import Drivers
import Fleet
import Routing
import Synchronization
import Text

/// Which backends hold which conversations in their caches, for all workers together. Hashes only,
/// whose seed is new in each process. Any thread; a lock is held for microseconds at most.
public final class Affinity: Sendable {
  let hasher: ByteHash
  private let table = Mutex(PrefixTable())

  public init(seed: UInt64 = .random(in: 0...UInt64.max)) { hasher = ByteHash(seed: seed) }

  /// Where a conversation is best continued, in bytes of the prompt as routing counts them.
  func places(
    for conversation: Conversation, of model: UInt64, prompt: PromptSize, now: UInt64
  ) -> WarmPlaces {
    let found = table.withLock { $0.places(for: conversation, of: model, now: now) }
    return found.isEmpty ? found : found.scaled(from: conversation.chain.bytes, to: prompt)
  }

  /// A backend has begun to answer, so that the prompt is in its cache.
  func record(_ conversation: Conversation, in cache: PromptCache, keeps: Int, now: UInt64) {
    table.withLock { $0.record(conversation, in: cache, keeps: keeps, now: now) }
  }

  /// Forgets what backends lost between two snapshots: all of one that went down or was taken away,
  /// and what was cached of a model that is no longer in memory.
  public func follow(from old: FleetSnapshot, to new: FleetSnapshot) {
    let losses = Self.losses(from: old, to: new)
    guard !losses.isEmpty else { return }
    table.withLock { table in
      for loss in losses { table.forget(backend: loss.backend, model: loss.model) }
    }
  }

  /// What is forgotten: a backend's cache for a model, or all of its caches.
  struct Loss: Equatable {
    let backend: UInt64
    var model: UInt64?
  }

  static func losses(from old: FleetSnapshot, to new: FleetSnapshot) -> [Loss] {
    var losses: [Loss] = []
    for (index, before) in old.members.enumerated() {
      // Most members are the same object, and nearly all are at the same place.
      if index < new.members.count, new.members[index] === before { continue }
      let key = before.backend.key
      guard let after = new.members.first(where: { $0.backend.key == key }) else {
        losses.append(Loss(backend: key))
        continue
      }
      if after === before { continue }
      if before.state == .up, after.state != .up {
        losses.append(Loss(backend: key))
        continue
      }
      for (place, model) in before.models.enumerated() where model.report.residency == .loaded {
        guard !isLoaded(model, after, place) else { continue }
        for name in [model.id, model.alias] where !name.isEmpty {
          losses.append(Loss(backend: key, model: PromptCache.key(ofModel: name)))
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
